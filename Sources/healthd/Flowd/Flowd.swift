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
    var current = 0
    var cancels: [@Sendable () -> Void] = []
  }

  private let channels: [RPCChannel]
  private let state = Mutex(State())

  /// For pages: a person waits.
  static let pageTimeoutMs: Int64 = 2_000
  static let reportTimeoutMs: Int64 = 3_000
  static let newestInstances: UInt32 = 60

  /// - Parameter addresses: gRPC addresses, tried in turn; never empty.
  init(_ addresses: [String], tls: ClientTLS?) throws(RPCError) {
    var channels: [RPCChannel] = []
    for address in addresses {
      channels.append(try RPCChannel(address, tls: tls, authority: tls == nil ? "flowd:9001" : nil, keepaliveMs: 10_000))
    }
    self.channels = channels
  }

  /// The address in use.
  var address: String { channel.address }

  private var channel: RPCChannel { channels[state.withLock { $0.current }] }

  /// Opens both streams, to the address whose turn it is. What an earlier watch had open ends.
  func watch(generation: Int, _ listener: Listener) {
    disconnect()
    let channel = state.withLock { state in
      state.current = max(0, generation - 1) % channels.count
      return channels[state.current]
    }
    let deployments = channel.stream(FlowV1.FlowMethods.watchDeployments, FlowV1.WatchDeploymentsRequest())
    let instances = channel.stream(FlowV1.FlowMethods.watchInstances, FlowV1.WatchInstancesRequest(newest: Flowd.newestInstances))
    state.withLock { $0.cancels = [{ deployments.cancel() }, { instances.cancel() }] }
    deployments.forEach { received in
      switch received {
      case .message(let event): listener.deployment(event)
      case .end(let status): listener.ended(status)
      }
    }
    instances.forEach { received in
      switch received {
      case .message(let event): listener.instance(event)
      // Without it pages are only less lively.
      case .end(let status) where status.code == .unimplemented: break
      case .end(let status): listener.ended(status)
      }
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
    channel.start(method, request, options: CallOptions(timeoutMs: timeoutMs)) { (result: Result<Reply<P>, Status>) in
      then(result.map(\.message))
    }
  }

  func close() {
    disconnect()
    for channel in channels { channel.close() }
  }
}
