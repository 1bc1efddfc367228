import FlowCore
import FlowRPC

/// A blocking client of one daemon, for programs that wait for each answer. Any thread may call; libgrpc is loaded by the first.
///
/// Errors are gRPC's, with a hint where the next step is known.
package final class FlowClient: Sendable {
  package let endpoint: FlowEndpoint
  private let leader: LeaderChannel

  /// - Parameter whenWaiting: told once in a call that has to wait until one of several addresses leads.
  package init(_ endpoint: FlowEndpoint, whenWaiting: @escaping @Sendable () -> Void = {}) throws(Status) {
    self.endpoint = endpoint
    leader = try LeaderChannel(endpoint, whenWaiting: whenWaiting)
  }

  /// The address that answers, as far as it is known.
  package var address: String { leader.address }

  /// Where a call failed: at one address, or at all that were asked.
  package func place(of failure: Status) -> String {
    failure.untaken == nil ? address : endpoint.addresses.joined(separator: ", ")
  }

  private typealias Original = FlowProto.FlowDaemonClient

  /// A unary call of the original's service.
  private func daemon(
    _ repeats: LeaderChannel.Repeats, _ call: (Original, CallOptions) throws(Status) -> FlowProto.FlowdResult
  ) throws(Status) -> EnvelopeReply {
    EnvelopeReply(try unary(repeats) { channel, options throws(Status) in try call(Original(channel), options) })
  }

  /// A unary call of ours.
  func flow<T>(
    _ repeats: LeaderChannel.Repeats, timeoutMs: Int64? = nil, _ call: (FlowV1.FlowClient, CallOptions) throws(Status) -> T
  ) throws(Status) -> T {
    try unary(repeats, timeoutMs: timeoutMs) { channel, options throws(Status) in try call(FlowV1.FlowClient(channel), options) }
  }

  /// - Parameter timeoutMs: nil takes the endpoint's.
  private func unary<T>(
    _ repeats: LeaderChannel.Repeats, timeoutMs: Int64? = nil, _ call: (RPCChannel, CallOptions) throws(Status) -> T
  ) throws(Status) -> T {
    let timeoutMs = timeoutMs ?? endpoint.timeoutMs
    return try explained { () throws(Status) in
      try leader.call(timeoutMs: timeoutMs, repeats: repeats) { channel throws(Status) in
        try call(channel, callOptions(timeoutMs: timeoutMs))
      }
    }
  }

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
  package var isUnreached: Bool { code == .unavailable && (untaken == .unsent || message.hasPrefix(ConnectionFailure.prefix)) }
}

// MARK: - FlowDaemon

extension FlowClient {
  package func applyWorkflow(xml: String, stopped: Bool) throws(Status) -> EnvelopeReply {
    try daemon(.never) { daemon, options throws(Status) in try daemon.applyWorkflow(.init(bpmnXML: xml, stopped: stopped), options: options)
    }
  }

  package func deleteWorkflow(_ kind: FlowProto.RequestKind, ids: [String]) throws(Status) -> EnvelopeReply {
    try daemon(.never) { daemon, options throws(Status) in try daemon.deleteWorkflow(.init(kind: kind, ids: ids), options: options) }
  }

  package func psQuery(
    _ kind: FlowProto.RequestKind, ids: [String], includeKubernetes: Bool = false, metadata: [FlowProto.StringPair] = []
  ) throws(Status) -> EnvelopeReply {
    let request = FlowProto.PSRequest(kind: kind, ids: ids, includeKubernetes: includeKubernetes, metadata: metadata)
    return try daemon(.harmless) { daemon, options throws(Status) in try daemon.psQuery(request, options: options) }
  }

  package func probeWorkflow(ids: [String]) throws(Status) -> EnvelopeReply {
    try daemon(.harmless) { daemon, options throws(Status) in try daemon.probeWorkflow(.init(ids: ids), options: options) }
  }

  package func runWorkflow(_ request: FlowProto.RunRequest) throws(Status) -> EnvelopeReply {
    try daemon(.never) { daemon, options throws(Status) in try daemon.runWorkflow(request, options: options) }
  }

  package func startWorkflow(_ kind: FlowProto.RequestKind, ids: [String]) throws(Status) -> EnvelopeReply {
    try daemon(.never) { daemon, options throws(Status) in try daemon.startWorkflow(.init(kind: kind, ids: ids), options: options) }
  }

  package func stopWorkflow(_ kind: FlowProto.RequestKind, ids: [String], force: Bool) throws(Status) -> EnvelopeReply {
    try daemon(.never) { daemon, options throws(Status) in
      try daemon.stopWorkflow(.init(kind: kind, ids: ids, force: force), options: options)
    }
  }

  package func updateWorkflow(spec: String) throws(Status) -> EnvelopeReply {
    try daemon(.never) { daemon, options throws(Status) in try daemon.updateWorkflow(.init(updateSpec: spec), options: options) }
  }

  package func validateWorkflow(xml: String, includeKubernetes: Bool) throws(Status) -> EnvelopeReply {
    let request = FlowProto.ValidateRequest(bpmnXML: xml, includeKubernetes: includeKubernetes)
    return try daemon(.harmless) { daemon, options throws(Status) in try daemon.validateWorkflow(request, options: options) }
  }

}

// MARK: - flow.v1.Flow

extension FlowClient {
  package func apply(_ request: FlowV1.ApplyRequest) throws(Status) -> FlowV1.ApplyResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.apply(request, options: options) }
  }

  /// All pages.
  ///
  /// - Parameter timeoutMs: of each page; nil takes the endpoint's.
  package func listDeployments(names: [String] = [], timeoutMs: Int64? = nil) throws(Status) -> [FlowV1.Deployment] {
    var request = FlowV1.ListDeploymentsRequest(names: names)
    var all: [FlowV1.Deployment] = []
    repeat {
      let page = try flow(.harmless, timeoutMs: timeoutMs) { flow, options throws(Status) in
        try flow.listDeployments(request, options: options)
      }
      all += page.deployments
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return all
  }

  package func createInstance(_ request: FlowV1.CreateInstanceRequest) throws(Status) -> FlowV1.CreateInstanceResponse {
    try flow(.never) { flow, options throws(Status) in try flow.createInstance(request, options: options) }
  }

  package func listInstances(_ request: FlowV1.ListInstancesRequest, timeoutMs: Int64? = nil) throws(Status) -> FlowV1.ListInstancesResponse
  {
    try flow(.harmless, timeoutMs: timeoutMs) { flow, options throws(Status) in try flow.listInstances(request, options: options) }
  }

  package func getInstance(_ request: FlowV1.GetInstanceRequest) throws(Status) -> FlowV1.GetInstanceResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.getInstance(request, options: options) }
  }

  package func reportProbes(_ request: FlowV1.ReportProbesRequest) throws(Status) -> FlowV1.ReportProbesResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.reportProbes(request, options: options) }
  }

  /// Hands over each event until `each` says false or the stream ends.
  ///
  /// - Parameter timeoutMs: for the whole watch; nil waits for ever.
  /// - Throws: DEADLINE_EXCEEDED when the time is over.
  package func watchDeployments(timeoutMs: Int64?, _ each: (FlowV1.DeploymentEvent) -> Bool) throws(Status) {
    try drain(timeoutMs, { FlowV1.FlowClient($0).watchDeployments(.init(), options: $1) }, each)
  }

  /// As `watchDeployments`.
  package func watchInstances(
    _ request: FlowV1.WatchInstancesRequest, timeoutMs: Int64?, _ each: (FlowV1.InstanceEvent) -> Bool
  ) throws(Status) {
    try drain(timeoutMs, { FlowV1.FlowClient($0).watchInstances(request, options: $1) }, each)
  }

  /// Hands over each line; with `follow` there is no end but the caller's.
  package func logs(_ request: FlowV1.LogsRequest, _ each: (FlowV1.LogLine) -> Bool) throws(Status) {
    try drain(request.follow ? nil : endpoint.timeoutMs, { FlowV1.FlowClient($0).logs(request, options: $1) }, each)
  }

  /// Hands over the chunks of a copy of the store, however long it takes.
  package func backup(_ each: (FlowV1.BackupChunk) -> Bool) throws(Status) {
    try drain(nil, { FlowV1.FlowClient($0).backup(.init(), options: $1) }, each)
  }

  /// A stream of which something came is not opened again: who reads it knows how to go on.
  ///
  /// - Parameter timeoutMs: for the whole stream, the search for who leads counted in.
  private func drain<Q, P>(
    _ timeoutMs: Int64?, _ open: (RPCChannel, CallOptions) -> ClientStream<Q, P>, _ each: (P) -> Bool
  ) throws(Status) {
    let deadline = timeoutMs.map { ContinuousClock.now + .milliseconds($0) }
    var hasBegun = false
    try explained { () throws(Status) in
      try leader.call(timeoutMs: timeoutMs, repeats: .harmless, hasBegun: { hasBegun }) { channel throws(Status) in
        let stream = open(channel, callOptions(timeoutMs: deadline.map { max(1, Int64(($0 - .now) / .milliseconds(1))) }))
        while let message = try stream.nextMessage() {
          if !hasBegun { leader.hasAnswered(channel) }
          hasBegun = true
          if each(message) { continue }
          stream.abandon()
          return
        }
      }
    }
  }
}

// MARK: - flow.v1.Health

extension FlowClient {
  package func probe(deployments: [String]) throws(Status) -> FlowV1.ProbeResponse {
    try unary(.harmless) { channel, options throws(Status) in
      try FlowV1.HealthClient(channel).probe(.init(deployments: deployments), options: options)
    }
  }

  package func healthReport() throws(Status) -> FlowV1.ReportResponse {
    try unary(.harmless) { channel, options throws(Status) in
      try FlowV1.HealthClient(channel).report(.init(), options: options)
    }
  }

  package func watchHealth(_ each: (FlowV1.DeploymentHealth) -> Bool) throws(Status) {
    try drain(nil, { FlowV1.HealthClient($0).watch(.init(), options: $1) }, each)
  }
}
