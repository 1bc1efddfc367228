import FlowCore
import Synchronization

/// The `grpc.health.v1` service. Who owns a service says how it is.
package final class RPCHealth: GrpcHealthV1.HealthService {
  package typealias ServingStatus = GrpcHealthV1.HealthCheckResponse.ServingStatus
  private typealias WatchCall = ServerStreamCall<GrpcHealthV1.HealthCheckRequest, GrpcHealthV1.HealthCheckResponse>

  private struct State: Sendable {
    var statuses: [String: ServingStatus]
    var watchers: [ObjectIdentifier: WatchCall] = [:]
  }

  private let state: Mutex<State>

  /// - Parameter services: full names; "" is the server as a whole. All begin with this status.
  package init(services: [String], _ status: ServingStatus = .notServing) {
    state = Mutex(State(statuses: Dictionary((services + [""]).map { ($0, status) }) { first, _ in first }))
  }

  /// Changes one service's status and tells those who watch it.
  package func set(_ service: String, _ status: ServingStatus) {
    let watchers = state.withLock { state in
      guard state.statuses.updateValue(status, forKey: service) != status else { return [WatchCall]() }
      return state.watchers.values.filter { $0.request.service == service }
    }
    for watcher in watchers { tell(watcher) }
  }

  /// Changes every service that is known.
  package func setAll(_ status: ServingStatus) {
    for service in state.withLock({ $0.statuses.keys.sorted() }) { set(service, status) }
  }

  package func check(_ call: UnaryCall<GrpcHealthV1.HealthCheckRequest, GrpcHealthV1.HealthCheckResponse>) {
    let service = call.request.service
    guard let status = state.withLock({ $0.statuses[service] }) else {
      return call.fail(Status(.notFound, "no service \(service) is known here"))
    }
    call.respond(GrpcHealthV1.HealthCheckResponse(status: status))
  }

  package func watch(_ call: ServerStreamCall<GrpcHealthV1.HealthCheckRequest, GrpcHealthV1.HealthCheckResponse>) {
    let id = ObjectIdentifier(call.context)
    state.withLock { $0.watchers[id] = call }
    call.context.onCancel { [self] in forget(id) }
    tell(call)
  }

  private func tell(_ watcher: WatchCall) {
    let status = state.withLock { $0.statuses[watcher.request.service] ?? .serviceUnknown }
    switch watcher.send(GrpcHealthV1.HealthCheckResponse(status: status)) {
    case .queued: break
    // A watcher that reads slowly misses what is old by then, never the latest.
    case .full: watcher.whenReady { [self] in tell(watcher) }
    case .ended: forget(ObjectIdentifier(watcher.context))
    }
  }

  private func forget(_ id: ObjectIdentifier) { _ = state.withLock { $0.watchers.removeValue(forKey: id) } }
}
