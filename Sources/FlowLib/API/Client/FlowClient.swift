import FlowCore
import FlowRPC

/// A blocking client of one daemon, for programs that wait for each answer. Any thread may call; libgrpc is loaded by the first.
///
/// Errors are gRPC's, with a hint where the next step is known.
package final class FlowClient: Sendable {
  package let endpoint: FlowEndpoint
  private let channel: RPCChannel

  package init(_ endpoint: FlowEndpoint) throws(Status) {
    self.endpoint = endpoint
    channel = try endpoint.openChannel()
  }

  /// The original's service.
  private var daemon: FlowProto.FlowDaemonClient { FlowProto.FlowDaemonClient(channel) }
  private var flow: FlowV1.FlowClient { FlowV1.FlowClient(channel) }
  private var health: FlowV1.HealthClient { FlowV1.HealthClient(channel) }

  private func options(_ timeoutMs: Int64? = nil) -> CallOptions { callOptions(timeoutMs: timeoutMs ?? endpoint.timeoutMs) }

  /// Adds what to try to errors that everybody meets.
  private func explained<T>(_ call: () throws(Status) -> T) throws(Status) -> T {
    do throws(Status) {
      return try call()
    } catch {
      throw explained(error)
    }
  }

  private func explained(_ status: Status) -> Status {
    var status = status
    guard status.hint == nil || status.isUnreached else { return status }
    switch status.code {
    // What a server says of itself is not a reason to start it.
    case .unavailable where !status.isUnreached: break
    case .unavailable:
      status.hint = "start \(endpoint.name), or name its address with --\(endpoint.name)-host and --\(endpoint.name)-port"
    case .deadlineExceeded: status.hint = "a longer --request-timeout"
    case .unauthenticated: status.hint = "--cert and --key with a certificate that \(endpoint.name) accepts"
    case .resourceExhausted: status.hint = "again later"
    case .unimplemented: status.hint = "another version of \(endpoint.name)"
    case .ok, .cancelled, .unknown, .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition, .aborted,
      .outOfRange, .internal, .dataLoss:
      break
    }
    return status
  }
}

extension Status {
  /// The connection failed: UNAVAILABLE is then the client's word, and else the server's own.
  package var isUnreached: Bool { code == .unavailable && message.hasPrefix(ConnectionFailure.prefix) }
}

// MARK: - FlowDaemon

extension FlowClient {
  package func applyWorkflow(xml: String, stopped: Bool) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.applyWorkflow(.init(bpmnXML: xml, stopped: stopped), options: options()) }
  }

  package func deleteWorkflow(_ kind: FlowProto.RequestKind, ids: [String]) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.deleteWorkflow(.init(kind: kind, ids: ids), options: options()) }
  }

  package func psQuery(
    _ kind: FlowProto.RequestKind, ids: [String], includeKubernetes: Bool = false, metadata: [FlowProto.StringPair] = []
  ) throws(Status) -> EnvelopeReply {
    let request = FlowProto.PSRequest(kind: kind, ids: ids, includeKubernetes: includeKubernetes, metadata: metadata)
    return try envelope { () throws(Status) in try daemon.psQuery(request, options: options()) }
  }

  package func probeWorkflow(ids: [String]) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.probeWorkflow(.init(ids: ids), options: options()) }
  }

  package func runWorkflow(_ request: FlowProto.RunRequest) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.runWorkflow(request, options: options()) }
  }

  package func startWorkflow(_ kind: FlowProto.RequestKind, ids: [String]) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.startWorkflow(.init(kind: kind, ids: ids), options: options()) }
  }

  package func stopWorkflow(_ kind: FlowProto.RequestKind, ids: [String], force: Bool) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.stopWorkflow(.init(kind: kind, ids: ids, force: force), options: options()) }
  }

  package func updateWorkflow(spec: String) throws(Status) -> EnvelopeReply {
    try envelope { () throws(Status) in try daemon.updateWorkflow(.init(updateSpec: spec), options: options()) }
  }

  package func validateWorkflow(xml: String, includeKubernetes: Bool) throws(Status) -> EnvelopeReply {
    let request = FlowProto.ValidateRequest(bpmnXML: xml, includeKubernetes: includeKubernetes)
    return try envelope { () throws(Status) in try daemon.validateWorkflow(request, options: options()) }
  }

  private func envelope(_ call: () throws(Status) -> FlowProto.FlowdResult) throws(Status) -> EnvelopeReply {
    EnvelopeReply(try explained(call))
  }
}

// MARK: - flow.v1.Flow

extension FlowClient {
  package func apply(_ request: FlowV1.ApplyRequest) throws(Status) -> FlowV1.ApplyResponse {
    try explained { () throws(Status) in try flow.apply(request, options: options()) }
  }

  /// All pages.
  ///
  /// - Parameter timeoutMs: of each page; nil takes the endpoint's.
  package func listDeployments(names: [String] = [], timeoutMs: Int64? = nil) throws(Status) -> [FlowV1.Deployment] {
    var request = FlowV1.ListDeploymentsRequest(names: names)
    var all: [FlowV1.Deployment] = []
    repeat {
      let page = try explained { () throws(Status) in try flow.listDeployments(request, options: options(timeoutMs)) }
      all += page.deployments
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return all
  }

  package func createInstance(_ request: FlowV1.CreateInstanceRequest) throws(Status) -> FlowV1.CreateInstanceResponse {
    try explained { () throws(Status) in try flow.createInstance(request, options: options()) }
  }

  package func listInstances(_ request: FlowV1.ListInstancesRequest, timeoutMs: Int64? = nil) throws(Status) -> FlowV1.ListInstancesResponse
  {
    try explained { () throws(Status) in try flow.listInstances(request, options: options(timeoutMs)) }
  }

  package func getInstance(_ request: FlowV1.GetInstanceRequest) throws(Status) -> FlowV1.GetInstanceResponse {
    try explained { () throws(Status) in try flow.getInstance(request, options: options()) }
  }

  package func reportProbes(_ request: FlowV1.ReportProbesRequest) throws(Status) -> FlowV1.ReportProbesResponse {
    try explained { () throws(Status) in try flow.reportProbes(request, options: options()) }
  }

  /// Hands over each event until `each` says false or the stream ends.
  ///
  /// - Parameter timeoutMs: for the whole watch; nil waits for ever.
  /// - Throws: DEADLINE_EXCEEDED when the time is over.
  package func watchDeployments(timeoutMs: Int64?, _ each: (FlowV1.DeploymentEvent) -> Bool) throws(Status) {
    try drain(flow.watchDeployments(.init(), options: callOptions(timeoutMs: timeoutMs)), each)
  }

  /// As `watchDeployments`.
  package func watchInstances(
    _ request: FlowV1.WatchInstancesRequest, timeoutMs: Int64?, _ each: (FlowV1.InstanceEvent) -> Bool
  ) throws(Status) {
    try drain(flow.watchInstances(request, options: callOptions(timeoutMs: timeoutMs)), each)
  }

  /// Hands over each line; with `follow` there is no end but the caller's.
  package func logs(_ request: FlowV1.LogsRequest, _ each: (FlowV1.LogLine) -> Bool) throws(Status) {
    try drain(flow.logs(request, options: callOptions(timeoutMs: request.follow ? nil : endpoint.timeoutMs)), each)
  }

  /// Hands over the chunks of a copy of the store, however long it takes.
  package func backup(_ each: (FlowV1.BackupChunk) -> Bool) throws(Status) {
    try drain(flow.backup(.init(), options: callOptions(timeoutMs: nil)), each)
  }

  private func drain<Q, P>(_ stream: ClientStream<Q, P>, _ each: (P) -> Bool) throws(Status) {
    try explained { () throws(Status) in
      while let message = try stream.nextMessage() {
        if each(message) { continue }
        stream.abandon()
        return
      }
    }
  }
}

// MARK: - flow.v1.Health

extension FlowClient {
  package func probe(deployments: [String]) throws(Status) -> FlowV1.ProbeResponse {
    try explained { () throws(Status) in try health.probe(.init(deployments: deployments), options: options()) }
  }

  package func healthReport() throws(Status) -> FlowV1.ReportResponse {
    try explained { () throws(Status) in try health.report(.init(), options: options()) }
  }

  package func watchHealth(_ each: (FlowV1.DeploymentHealth) -> Bool) throws(Status) {
    try drain(health.watch(.init(), options: callOptions(timeoutMs: nil)), each)
  }
}
