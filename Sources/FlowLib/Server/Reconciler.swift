import FlowRuntime
import Synchronization

/// Carries the newest deployments from the partition's thread to where starting and probing is done, at most one run at a time.
final class Reconciler: Sendable {
  private struct State {
    var newest: [DeploymentStatus]?
    var isRunning = false
    var work: DeploymentWork?
    var queue: WorkQueue?
  }

  private let state = Mutex(State())

  func begin(_ work: DeploymentWork, on queue: WorkQueue) {
    state.withLock {
      $0.work = work
      $0.queue = queue
    }
  }

  /// Called on the partition's thread; does not wait.
  func changed(_ deployments: [DeploymentStatus]) {
    let queue = state.withLock { state -> WorkQueue? in
      state.newest = deployments
      guard !state.isRunning, let queue = state.queue else { return nil }
      state.isRunning = true
      return queue
    }
    guard let queue else { return }
    if !queue.async({ [self] in run() }) { state.withLock { $0.isRunning = false } }
  }

  private func run() {
    while let (work, deployments) = next() { work.reconcile(deployments) }
  }

  private func next() -> (DeploymentWork, [DeploymentStatus])? {
    state.withLock { state in
      guard let work = state.work, let newest = state.newest else {
        state.isRunning = false
        return nil
      }
      state.newest = nil
      return (work, newest)
    }
  }
}
