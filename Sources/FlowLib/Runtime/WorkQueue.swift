import FlowCore
import FlowThreads

/// A few threads of our own for work that blocks: parsing files, waiting for answers. The order among jobs is not kept.
package final class WorkQueue: @unchecked Sendable {
  // Safety: `state` guards itself; `threads` belongs to the owner, who makes and closes the queue.
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let state = Monitor(State())
  private var threads: [WorkerThread] = []

  package init(name: String, threads count: Int) {
    threads = (0..<count).map { index in WorkerThread(name: "\(name)-\(index)") { [unowned self] in run() } }
  }

  /// - Returns: false when the queue is closed or too much waits; the job is not done then.
  package func async(_ job: @escaping @Sendable () -> Void) -> Bool {
    state.change { state in
      guard !state.isClosed, state.jobs.count < Limits.controlJobs else { return false }
      state.jobs.append(job)
      return true
    }
  }

  /// Takes no more jobs, drops those that wait, and returns when those that have begun are done.
  package func close() {
    let dropped = state.change { state in
      state.isClosed = true
      defer { state.jobs = [] }
      return state.jobs
    }
    // What the jobs hold may call back when it goes, so it goes outside of the lock.
    withExtendedLifetime(dropped) {}
    for thread in threads { thread.join() }
    threads = []
  }

  private func run() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    let job = state.wait(untilMs: nil) { state -> (@Sendable () -> Void)?? in
      if state.isClosed { return .some(nil) }
      return state.jobs.isEmpty ? nil : .some(state.jobs.removeFirst())
    }
    return job ?? nil
  }
}
