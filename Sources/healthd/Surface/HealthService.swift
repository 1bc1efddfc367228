import FlowCore
import FlowRPC
import Synchronization

/// `flow.v1.Health`: what is known, what is seen now, and each change.
final class HealthService: FlowV1.HealthService {
  private let monitor: HealthMonitor

  init(_ monitor: HealthMonitor) { self.monitor = monitor }

  func probe(_ call: UnaryCall<FlowV1.ProbeRequest, FlowV1.ProbeResponse>) {
    let names = call.request.deployments
    let (ids, unknown) = monitor.read { state -> ([String], [String]) in
      if names.isEmpty { return (state.allHealth.map(\.deploymentID), []) }
      let found = names.compactMap { state.resolve($0) }
      return (found, names.filter { state.resolve($0) == nil })
    }
    monitor.probeNow(ids) { seen in call.respond(FlowV1.ProbeResponse(deployments: seen, unknown: unknown)) }
  }

  func watch(_ call: ServerStreamCall<FlowV1.WatchHealthRequest, FlowV1.DeploymentHealth>) {
    monitor.watchers.add(call) { [monitor] in monitor.read(\.allHealth) }
  }

  func report(_ call: UnaryCall<FlowV1.ReportRequest, FlowV1.ReportResponse>) {
    call.respond(
      monitor.read { state in
        FlowV1.ReportResponse(deployments: state.allHealth, live: state.link.isLive, lastContactMs: state.link.lastContactMs)
      })
  }
}

/// Who watches health. A deployment that is gone is told without elements and without a state.
final class HealthWatchers: Sendable {
  typealias Call = ServerStreamCall<FlowV1.WatchHealthRequest, FlowV1.DeploymentHealth>

  private struct Watcher: Sendable {
    let call: Call
    let all: @Sendable () -> [FlowV1.DeploymentHealth]
    /// It reads slowly: what it misses meanwhile is told as a whole once it has caught up.
    var isBehind = false
  }

  private let watchers = Mutex<[ObjectIdentifier: Watcher]>([:])

  func add(_ call: Call, all: @escaping @Sendable () -> [FlowV1.DeploymentHealth]) {
    let id = ObjectIdentifier(call.context)
    watchers.withLock { $0[id] = Watcher(call: call, all: all) }
    call.context.onCancel { [weak self] in self?.forget(id) }
    for health in all() { tell(health, id) }
  }

  func tell(_ health: FlowV1.DeploymentHealth) {
    for id in watchers.withLock({ Array($0.keys) }) { tell(health, id) }
  }

  private func tell(_ health: FlowV1.DeploymentHealth, _ id: ObjectIdentifier) {
    guard let watcher = watchers.withLock({ $0[id] }), !watcher.isBehind else { return }
    switch watcher.call.send(health) {
    case .queued: break
    case .ended: forget(id)
    case .full:
      watchers.withLock { $0[id]?.isBehind = true }
      watcher.call.whenReady { [weak self] in self?.catchUp(id) }
    }
  }

  private func catchUp(_ id: ObjectIdentifier) {
    let watcher = watchers.withLock { watchers in
      watchers[id]?.isBehind = false
      return watchers[id]
    }
    for health in watcher?.all() ?? [] { tell(health, id) }
  }

  private func forget(_ id: ObjectIdentifier) { _ = watchers.withLock { $0.removeValue(forKey: id) } }
}
