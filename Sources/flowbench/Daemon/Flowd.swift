import FlowCommandLine
import FlowCore
import FlowRPC
import Glibc

/// A flowd of our own: the binary beside this program, on free ports, with its work in a place of the workspace.
final class Flowd {
  let channel: RPCChannel
  let place: Place
  /// From the start of the process until it listens; with etcd, until it leads.
  let readyMs: Double
  private let child: ChildProcess

  /// - Parameter serviceAddress: where the models' host `bench` answers.
  init(_ bench: Bench, in place: Place, serviceAddress: String = "127.0.0.1:9", keepsJournal: Bool = false) throws(BenchFailure) {
    self.place = place
    let endpoints = place.directory + "/endpoints.json"
    unlink(endpoints)
    var words = [
      Workspace.programFolder + "/flowd", "--store", place.flag, "--data-dir", place.directory, "--grpc-address", "127.0.0.1:0",
      "--http-address",
      "127.0.0.1:0", "--zeebe-address", "127.0.0.1:0", "--orchestrators", "none", "--resolve", "bench=\(serviceAddress)", "--log-level",
      "warning",
    ]
    if keepsJournal { words.append("--keep-journal") }
    let begun = Gauge.nanoseconds
    child = try ChildProcess(words, showsErrors: true)
    let address = try Flowd.awaitAddress(in: endpoints, of: child)
    // Of an embedded store it has taken possession by then; in an election it has yet to win.
    let listeningMs = milliseconds(Gauge.nanoseconds - begun)
    channel = try BenchFailure.explain("connect to flowd") { () throws(RPCError) in try RPCChannel(address) }
    if place.etcd != nil { try Flowd.awaitLead(FlowV1.FlowClient(channel)) }
    readyMs = place.etcd == nil ? listeningMs : milliseconds(Gauge.nanoseconds - begun)
    if !bench.pidFile.isEmpty { try Flowd.note(child.pid, in: bench.pidFile) }
  }

  /// flowd writes its addresses when it listens on all of them.
  private static func awaitAddress(in path: String, of child: ChildProcess) throws(BenchFailure) -> String {
    let until = Gauge.nanoseconds + 60_000_000_000
    while Gauge.nanoseconds < until {
      if access(path, R_OK) == 0 {
        let endpoints = try BenchFailure.explain(path) { () throws(JSONError) in try JSON(parsing: ProcFile.read(path)) }
        if let address = endpoints["grpc"]?.string { return address }
      }
      if child.status() != nil { throw BenchFailure("flowd ended before it was ready") }
      usleep(200)
    }
    throw BenchFailure("flowd was not ready in 60 s")
  }

  private static func awaitLead(_ client: FlowV1.FlowClient) throws(BenchFailure) {
    let until = Gauge.nanoseconds + 30_000_000_000
    while true {
      do throws(Status) {
        _ = try client.listDeployments(.init(names: []))
        return
      } catch {
        guard error.code == .unavailable, Gauge.nanoseconds < until else { throw BenchFailure("flowd does not lead: \(error)") }
      }
      Gauge.sleep(ms: 2)
    }
  }

  private static func note(_ pid: pid_t, in path: String) throws(BenchFailure) {
    try BenchFailure.explain("pid file") { () throws(FileProblem) in try FileText.write(Array("\(pid)\n".utf8), to: path) }
  }

  var pid: pid_t { child.pid }
  var cpu: Int64 { Gauge.cpu(of: pid) }
  var residentBytes: Int { Gauge.residentBytes(of: pid) }
  var client: FlowV1.FlowClient { FlowV1.FlowClient(channel) }

  /// Deploys a model, and returns its id when it is RUNNING.
  func deploy(_ model: String) throws(BenchFailure) -> String {
    let client = client
    let applied = try BenchFailure.explain("apply") { () throws(Status) in
      try client.apply(FlowV1.ApplyRequest(bpmnXML: Array(model.utf8), resourceName: "bench.bpmn"))
    }
    guard !applied.deploymentID.isEmpty else { throw BenchFailure("apply: \(applied.findings.map(\.message))") }
    let until = Gauge.nanoseconds + 30_000_000_000
    while Gauge.nanoseconds < until {
      if case .running? = try deployment(applied.deploymentID)?.state { return applied.deploymentID }
      Gauge.sleep(ms: 5)
    }
    throw BenchFailure("\(applied.deploymentID) was not RUNNING in 30 s")
  }

  func deployment(_ id: String) throws(BenchFailure) -> FlowV1.Deployment? {
    let client = client
    return try BenchFailure.explain("list deployments") { () throws(Status) in try client.listDeployments(.init(names: [id])) }.deployments
      .first
  }

  /// Counts the instances in a state, page by page. Waits until readers have seen all that is durable.
  func count(_ state: FlowV1.InstanceState, of deployment: String) throws(BenchFailure) -> Int {
    let client = client
    var request = FlowV1.ListInstancesRequest()
    (request.deploymentID, request.state, request.pageSize) = (deployment, state, UInt32(Limits.pageRows))
    var count = 0
    while true {
      let asked = request
      let page = try BenchFailure.explain("list instances") { () throws(Status) in
        try client.listInstances(asked, options: CallOptions(timeoutMs: 120_000))
      }
      count += page.instances.count
      if page.nextPageToken.isEmpty { return count }
      request.pageToken = page.nextPageToken
    }
  }

  func stop(_ signal: Int32 = SIGTERM) {
    channel.close()
    child.end(signal)
  }
}
