import Glibc

/// State behind a lock on whose changes threads can wait with a deadline, which `Mutex` can not do.
// Safety: mutex and condition live at a fixed address from init to deinit and are only used through pthread calls; the state is only
// touched while the mutex is held.
package final class Monitor<State>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  package init(_ state: sending State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Not the wall clock, which may jump.
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

  /// Reads or changes the state, wakes nobody.
  package func withLock<T>(_ body: (inout State) -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Changes the state and wakes who waits for it.
  package func change<T>(_ body: (inout State) -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    pthread_cond_broadcast(condition)
    return body(&state)
  }

  /// Blocks until the body returns something or the time is over; the body is asked at once and after each change.
  package func wait<T>(ms: Int, until body: (inout State) -> T?) -> T? {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let nanoseconds = time.tv_nsec + (max(0, ms) % 1000) * 1_000_000
    time = timespec(tv_sec: time.tv_sec + max(0, ms) / 1000 + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&state) { return result }
      guard pthread_cond_timedwait(condition, mutex, &time) == 0 else { return body(&state) }
    }
  }
}
