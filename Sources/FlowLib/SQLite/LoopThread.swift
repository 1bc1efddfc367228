import Glibc
import Synchronization

/// A thread that runs its body when woken, and at least once every interval; ends with a last run when stopped.
package final class LoopThread: Sendable {
  // Safety: mutex and condition live at a fixed address from init to deinit and are only used through pthread calls;
  // the flags are only touched while the mutex is held.
  private final class Shared: @unchecked Sendable {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    var woken = false
    var stopped = false
    let intervalMs: Int
    let body: @Sendable () -> Void

    init(intervalMs: Int, body: @escaping @Sendable () -> Void) {
      self.intervalMs = intervalMs
      self.body = body
      pthread_mutex_init(mutex, nil)
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    }

    deinit {
      pthread_cond_destroy(condition)
      pthread_mutex_destroy(mutex)
      condition.deallocate()
      mutex.deallocate()
    }

    func run() {
      while true {
        let last = wait()
        body()
        if last { return }
      }
    }

    private func wait() -> Bool {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      var until = deadline()
      while !woken && !stopped {
        if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { break }
      }
      woken = false
      return stopped
    }

    private func deadline() -> timespec {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      let nanoseconds = time.tv_nsec + (intervalMs % 1000) * 1_000_000
      return timespec(tv_sec: time.tv_sec + intervalMs / 1000 + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    }

    func change(_ body: (Shared) -> Void) {
      pthread_mutex_lock(mutex)
      body(self)
      pthread_cond_signal(condition)
      pthread_mutex_unlock(mutex)
    }
  }

  private let shared: Shared
  private let thread: Mutex<pthread_t?>

  /// - Parameter name: for the message when no thread can be made.
  package init(_ name: String, intervalMs: Int, _ body: @escaping @Sendable () -> Void) {
    let shared = Shared(intervalMs: intervalMs, body: body)
    self.shared = shared
    var handle = pthread_t()
    let context = Unmanaged.passRetained(shared).toOpaque()
    let rc = pthread_create(&handle, nil, { raw in
      guard let raw else { return nil }
      Unmanaged<Shared>.fromOpaque(raw).takeRetainedValue().run()
      return nil
    }, context)
    precondition(rc == 0, "no thread for \(name): \(rc)")
    thread = Mutex(handle)
  }

  package func wake() { shared.change { $0.woken = true } }

  /// Runs the body a last time and waits for its end; the second call does nothing. Not from the thread itself.
  package func stop() {
    guard let handle = thread.withLock({ $0.take() }) else { return }
    shared.change { $0.stopped = true }
    pthread_join(handle, nil)
  }

  deinit {
    guard let handle = thread.withLock({ $0.take() }) else { return }
    shared.change { $0.stopped = true }
    pthread_detach(handle)
  }
}
