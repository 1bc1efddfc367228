import Glibc

/// A value behind a mutex with a condition to wait on; `Synchronization.Mutex` has no condition.
package final class Monitor<State>: @unchecked Sendable {
  // Safety: `state` is only touched while `mutex` is held; the two C objects live at fixed addresses until deinit.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  package init(_ state: sending State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Time-outs must not move when someone sets the wall clock.
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

  /// Changes the state without waking anyone.
  package func withLock<T>(_ body: (inout State) -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Changes the state and wakes all that wait.
  package func change<T>(_ body: (inout State) -> T) -> T {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until `body` gives a value, at most until `deadlineMs` of the monotonic clock (nil: for ever).
  ///
  /// - Returns: nil when the time is over.
  package func wait<T>(untilMs deadlineMs: Int64?, for body: (inout State) -> T?) -> T? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value = body(&state) { return value }
      guard let deadlineMs else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      guard MonotonicClock.milliseconds() < deadlineMs else { return nil }
      var time = timespec(tv_sec: Int(deadlineMs / 1000), tv_nsec: Int(deadlineMs % 1000) * 1_000_000)
      pthread_cond_timedwait(condition, mutex, &time)
    }
  }
}

extension Monitor {
  /// The same with a time from now.
  package func wait<T>(ms: Int64, for body: (inout State) -> T?) -> T? {
    wait(untilMs: MonotonicClock.milliseconds() + max(0, ms), for: body)
  }
}

/// Milliseconds that only go forward, since an arbitrary point.
package enum MonotonicClock {
  package static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
