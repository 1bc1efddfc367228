import FlowStorage
import Glibc
import Synchronization

/// Lets a bounded number in, and tells when all have left. A failure opens it for good.
final class Gate: @unchecked Sendable {
  // Safety: `inside` and `why` are only touched under `mutex`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let limit: Int
  private var inside = 0
  private var why: String?

  init(_ limit: Int) {
    self.limit = limit
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  var failure: String? { locked { why } }

  /// Waits for room, and goes in. Wakes when half has left: a wake for each would be what is measured.
  func enter() {
    locked {
      if inside >= limit { while inside > limit / 2, why == nil { pthread_cond_wait(changed, mutex) } }
      inside += 1
    }
  }

  func leave() {
    locked {
      inside -= 1
      if inside == limit / 2 || inside == 0 { pthread_cond_signal(changed) }
    }
  }

  func waitUntilEmpty() {
    locked { while inside > 0, why == nil { pthread_cond_wait(changed, mutex) } }
  }

  func fail(_ what: String) {
    locked {
      why = why ?? what
      pthread_cond_broadcast(changed)
    }
  }
}

/// The last position that was told.
final class Reached: Sendable {
  private let held = Mutex(Position.start)

  var position: Position {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }
}
