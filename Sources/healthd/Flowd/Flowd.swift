import FlowCore
import FlowRPC
import Synchronization

/// The wires to flowd: two streams that are watched, and single calls for pages and reports.
final class Flowd: Sendable {
  /// What the streams bring; on a thread that must not block.
  struct Listener: Sendable {
    let deployment: @Sendable (FlowV1.DeploymentEvent) -> Void
    let instance: @Sendable (FlowV1.InstanceEvent) -> Void
    let ended: @Sendable (Status) -> Void
  }

  private struct State {
    var search: LeaderSearch
    var channels: [String: RPCChannel] = [:]
    /// Why the last watch ended; nil when it was given up.
    var ended: Status?
    var generation = 0
    var cancels: [@Sendable () -> Void] = []
  }

  private let tls: ClientTLS?
  private let state: Mutex<State>

  /// Longest time of one attempt to connect and between two: the next address may be the one that leads.
  private static let reconnectMs: Int32 = 2_000
  /// For pages: a person waits.
  static let pageTimeoutMs: Int64 = 2_000
  static let reportTimeoutMs: Int64 = 3_000
  static let newestInstances: UInt32 = 60

  /// - Parameter addresses: gRPC addresses of those that share a store; never empty.
  init(_ addresses: [String], tls: ClientTLS?) throws(RPCError) {
    self.tls = tls
    state = Mutex(State(search: LeaderSearch(addresses)))
    for address in addresses { try open(address) }
  }

  /// The address in use.
  var address: String { state.withLock { $0.search.current } }

  private func open(_ address: String) throws(RPCError) {
    let channel = try RPCChannel(
      address, tls: tls, authority: tls == nil ? "flowd:9001" : nil, keepaliveMs: 10_000, reconnectMs: Flowd.reconnectMs)
    state.withLock { $0.channels[address] = channel }
  }

  private var channel: RPCChannel? { state.withLock { $0.channels[$0.search.current] } }

  /// Opens both streams. After the first time at whom the last one named as the leader, else at the next address. What an earlier watch
  /// had open ends.
  func watch(generation: Int, _ listener: Listener) {
    disconnect()
    guard let channel = next(generation) else { return listener.ended(Status(.unavailable, "\(address) is no address")) }
    let deployments = channel.stream(FlowV1.FlowMethods.watchDeployments, FlowV1.WatchDeploymentsRequest())
    let instances = channel.stream(FlowV1.FlowMethods.watchInstances, FlowV1.WatchInstancesRequest(newest: Flowd.newestInstances))
    state.withLock { $0.cancels = [{ deployments.cancel() }, { instances.cancel() }] }
    deployments.forEach { [weak self] received in
      switch received {
      case .message(let event):
        self?.state.withLock { $0.search.found() }
        listener.deployment(event)
      case .end(let status):
        self?.note(status, generation)
        listener.ended(status)
      }
    }
    instances.forEach { [weak self] received in
      switch received {
      case .message(let event): listener.instance(event)
      // Without it pages are only less lively.
      case .end(let status) where status.code == .unimplemented: break
      case .end(let status):
        self?.note(status, generation)
        listener.ended(status)
      }
    }
  }

  /// The first end of a watch says why; the others follow from it.
  private func note(_ status: Status, _ generation: Int) {
    state.withLock { state in
      if state.generation == generation, state.ended == nil { state.ended = status }
    }
  }

  private func next(_ generation: Int) -> RPCChannel? {
    let (address, isKnown) = state.withLock { state in
      if state.generation > 0 { _ = state.search.goOn(after: state.ended?.untaken ?? .unsent) }
      (state.generation, state.ended) = (generation, nil)
      return (state.search.current, state.channels[state.search.current] != nil)
    }
    if !isKnown { openNamed(address) }
    return channel
  }

  /// Of those that nobody gave us one is kept, the one that a standby has named.
  private func openNamed(_ address: String) {
    let old = state.withLock { state in
      let old = state.channels.filter { !state.search.given.contains($0.key) }
      for name in old.keys { state.channels[name] = nil }
      return Array(old.values)
    }
    for channel in old { channel.close() }
    do throws(RPCError) { try open(address) } catch {
      // Papers that were good for the others are good for it; it is passed over, and the next try is another's.
      state.withLock { $0.ended = Status(.unavailable, "\(error)") }
    }
  }

  func disconnect() {
    let cancels = state.withLock { state in
      defer { state.cancels = [] }
      return state.cancels
    }
    for cancel in cancels { cancel() }
  }

  /// One call; `then` runs on a thread that must not block.
  func call<Q, P>(
    _ method: RPCMethod<Q, P>, _ request: Q, timeoutMs: Int64 = pageTimeoutMs, then: @escaping @Sendable (Result<P, Status>) -> Void
  ) {
    guard let channel else { return then(.failure(Status(.unavailable, "\(address) is no address"))) }
    channel.start(method, request, options: CallOptions(timeoutMs: timeoutMs)) { (result: Result<Reply<P>, Status>) in
      then(result.map(\.message))
    }
  }

  func close() {
    disconnect()
    for channel in state.withLock({ Array($0.channels.values) }) { channel.close() }
  }
}
