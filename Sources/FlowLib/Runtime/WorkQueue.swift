import FlowCore
import Glibc

/// A few threads of our own for work that blocks: parsing files, waiting for answers. The order among jobs is not kept.
package final class WorkQueue: @unchecked Sendable {
  // Safety: `jobs` and `isClosed` are only touched under `mutex`; `threads` by the owner.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [@Sendable () -> Void] = []
  private var isClosed = false
  private var threads: [WorkerThread] = []

  package init(name: String, threads count: Int) {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    threads = (0..<count).map { index in WorkerThread(name: "\(name)-\(index)") { [unowned self] in run() } }
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// - Returns: false when the queue is closed or too much waits; the job is not done then.
  package func async(_ job: @escaping @Sendable () -> Void) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !isClosed, jobs.count < Limits.controlJobs else { return false }
    jobs.append(job)
    pthread_cond_signal(condition)
    return true
  }

  /// Takes no more jobs, drops those that wait, and returns when those that have begun are done.
  package func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    jobs = []
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
    for thread in threads { thread.join() }
    threads = []
  }

  private func run() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while jobs.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
    return jobs.isEmpty ? nil : jobs.removeFirst()
  }
}
