import FlowClient
import FlowCore
import FlowRPC
import Synchronization
import TestSupport

/// A server that answers as it is told, on a port of its own.
final class FakeDaemon: Sendable {
  struct Answers: Sendable {
    /// Answers of FlowDaemon by RPC name; `{}` where there is none.
    var envelopes: [String: FlowProto.FlowdResult] = [:]
    var apply: @Sendable (FlowV1.ApplyRequest) -> Result<FlowV1.ApplyResponse, Status> = { _ in
      .success(.init(deploymentID: "calc-1a2b3c4d"))
    }
    var deployments: [FlowV1.Deployment] = []
    var instances: [FlowV1.Instance] = []
    var deploymentEvents: [FlowV1.DeploymentEvent] = []
    var instanceEvents: [FlowV1.InstanceEvent] = []
    var logs: [FlowV1.LogLine] = []
    var chunks: [FlowV1.BackupChunk] = []
    var health: [FlowV1.DeploymentHealth] = []
    var unknown: [String] = []
  }

  let port: Int
  private let server: RPCServer
  private let gate = RPCSwitch(Status(.unavailable, "starting"))
  private let leading: [RPCService]
  private let calls: Calls

  /// What was asked, `Rpc: words`.
  final class Calls: Sendable {
    private let list = Mutex<[String]>([])
    func add(_ call: String) { list.withLock { $0.append(call) } }
    var all: [String] { list.withLock { $0 } }
  }

  init(_ change: (inout Answers) -> Void = { _ in }) throws {
    var answers = Answers()
    change(&answers)
    calls = Calls()
    leading = [Daemon(answers: answers, calls: calls).service, Flow(answers: answers, calls: calls).service]
    gate.open(leading)
    let services = [
      gate.standIn("FlowDaemon", FlowProto.file), gate.standIn("flow.v1.Flow", FlowV1.file), Health(answers: answers, calls: calls).service,
    ]
    server = try RPCServer(services: services, listeners: [.init("127.0.0.1:0")])
    port = server.boundPorts[0]
    try server.start()
  }

  deinit { server.shutdown(graceMs: 0) }

  /// From now on it is a standby.
  func stand(leader: String?) {
    let refusal = Status(.unavailable, "this flowd is a standby", untaken: .standby(leader: leader))
    gate.close(refusal)
    server.endStreams(of: ["flow.v1.Flow"], refusal)
  }

  func lead() { gate.open(leading) }

  var address: String { "127.0.0.1:\(port)" }

  var asked: [String] { calls.all }

  func client() throws -> FlowClient { try FlowClient(FlowEndpoint(host: "127.0.0.1", port: port, timeoutMs: 5000)) }
}

private struct Daemon: FlowProto.FlowDaemonService {
  let answers: FakeDaemon.Answers
  let calls: FakeDaemon.Calls

  private func answer<Q>(_ name: String, _ call: UnaryCall<Q, FlowProto.FlowdResult>, _ words: String) {
    calls.add("\(name): \(words)")
    call.respond(answers.envelopes[name] ?? .init(status: 0, message: "Ok", data: "{}"))
  }

  func applyWorkflow(_ call: UnaryCall<FlowProto.ApplyRequest, FlowProto.FlowdResult>) {
    answer("apply", call, "\(call.request.bpmnXML) \(call.request.stopped)")
  }
  func deleteWorkflow(_ call: UnaryCall<FlowProto.DeleteRequest, FlowProto.FlowdResult>) {
    answer("delete", call, "\(call.request.kind.name) \(call.request.ids)")
  }
  func psQuery(_ call: UnaryCall<FlowProto.PSRequest, FlowProto.FlowdResult>) {
    let pairs = call.request.metadata.map { "\($0.key)=\($0.value)" }
    answer("ps", call, "\(call.request.kind.name) \(call.request.ids) \(call.request.includeKubernetes) \(pairs)")
  }
  func probeWorkflow(_ call: UnaryCall<FlowProto.ProbeRequest, FlowProto.FlowdResult>) { answer("probe", call, "\(call.request.ids)") }
  func runWorkflow(_ call: UnaryCall<FlowProto.RunRequest, FlowProto.FlowdResult>) {
    answer("run", call, "\(call.request.workflowID) \(call.request.args) \(call.request.startEventID)")
  }
  func startWorkflow(_ call: UnaryCall<FlowProto.StartRequest, FlowProto.FlowdResult>) {
    answer("start", call, "\(call.request.kind.name) \(call.request.ids)")
  }
  func stopWorkflow(_ call: UnaryCall<FlowProto.StopRequest, FlowProto.FlowdResult>) {
    answer("stop", call, "\(call.request.kind.name) \(call.request.ids) \(call.request.force)")
  }
  func updateWorkflow(_ call: UnaryCall<FlowProto.UpdateRequest, FlowProto.FlowdResult>) { answer("update", call, call.request.updateSpec) }
  func validateWorkflow(_ call: UnaryCall<FlowProto.ValidateRequest, FlowProto.FlowdResult>) {
    answer("validate", call, "\(call.request.includeKubernetes)")
  }
}

private struct Flow: FlowV1.FlowService {
  let answers: FakeDaemon.Answers
  let calls: FakeDaemon.Calls

  func apply(_ call: UnaryCall<FlowV1.ApplyRequest, FlowV1.ApplyResponse>) {
    calls.add("v1.apply: \(call.request.resourceName) \(call.request.stopped)")
    switch answers.apply(call.request) {
    case .success(let response): call.respond(response)
    case .failure(let status): call.fail(status)
    }
  }

  func listDeployments(_ call: UnaryCall<FlowV1.ListDeploymentsRequest, FlowV1.ListDeploymentsResponse>) {
    call.respond(.init(deployments: answers.deployments))
  }
  func listInstances(_ call: UnaryCall<FlowV1.ListInstancesRequest, FlowV1.ListInstancesResponse>) {
    call.respond(.init(instances: answers.instances))
  }
  func getInstance(_ call: UnaryCall<FlowV1.GetInstanceRequest, FlowV1.GetInstanceResponse>) { call.fail(Status(.notFound, "no instance")) }
  func createInstance(_ call: UnaryCall<FlowV1.CreateInstanceRequest, FlowV1.CreateInstanceResponse>) {
    call.respond(.init(instanceID: "flow-1"))
  }
  func reportProbes(_ call: UnaryCall<FlowV1.ReportProbesRequest, FlowV1.ReportProbesResponse>) { call.respond(.init()) }

  /// Watches stay open, as flowd's do.
  func watchDeployments(_ call: ServerStreamCall<FlowV1.WatchDeploymentsRequest, FlowV1.DeploymentEvent>) {
    for event in answers.deploymentEvents { call.send(event) }
  }
  func watchInstances(_ call: ServerStreamCall<FlowV1.WatchInstancesRequest, FlowV1.InstanceEvent>) {
    for event in answers.instanceEvents { call.send(event) }
  }
  func logs(_ call: ServerStreamCall<FlowV1.LogsRequest, FlowV1.LogLine>) {
    calls.add("logs: \(call.request.deployment) \(call.request.service) \(call.request.tail)")
    for line in answers.logs { call.send(line) }
    call.finish()
  }
  func backup(_ call: ServerStreamCall<FlowV1.BackupRequest, FlowV1.BackupChunk>) {
    for chunk in answers.chunks { call.send(chunk) }
    call.finish()
  }
}

private struct Health: FlowV1.HealthService {
  let answers: FakeDaemon.Answers
  let calls: FakeDaemon.Calls

  func probe(_ call: UnaryCall<FlowV1.ProbeRequest, FlowV1.ProbeResponse>) {
    calls.add("v1.probe: \(call.request.deployments)")
    call.respond(.init(deployments: answers.health, unknown: answers.unknown))
  }
  func report(_ call: UnaryCall<FlowV1.ReportRequest, FlowV1.ReportResponse>) {
    call.respond(.init(deployments: answers.health, live: true))
  }
  func watch(_ call: ServerStreamCall<FlowV1.WatchHealthRequest, FlowV1.DeploymentHealth>) {
    for health in answers.health { call.send(health) }
  }
}
