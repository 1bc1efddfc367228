import FlowCore
import Glibc

/// A queue between many senders and one thread that takes all that is there at once.
///
/// Measured: a mutex and a condition variable beat streams and actors by far for a single consumer (reference/stack.md, section 10).
final class Mailbox<Message: Sendable>: @unchecked Sendable {
  // Safety: `lanes`, `isClosed` and `isWaiting` are only touched under `mutex`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var lanes: [[Message]]
  private let bounds: [Int]
  private var isClosed = false
  private var isWaiting = false

  /// - Parameter bounds: messages that may wait, per lane; lanes are taken in this order.
  init(bounds: [Int]) {
    self.bounds = bounds
    lanes = bounds.map { _ in [] }
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

  enum Outcome { case sent, full, closed }

  func send(_ message: Message, lane: Int) -> Outcome {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if isClosed { return .closed }
    if lanes[lane].count >= bounds[lane] { return .full }
    lanes[lane].append(message)
    if isWaiting { pthread_cond_signal(condition) }
    return .sent
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for messages and takes all of them, lane by lane.
  ///
  /// - Returns: an empty array when the time is over; nil when closed and nothing is left.
  func take(waitingMs: Int64) -> [Message]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if isEmpty, !isClosed, waitingMs > 0 {
      isWaiting = true
      var deadline = timespec()
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let nanoseconds = Int64(deadline.tv_nsec) + waitingMs % 1000 * 1_000_000
      deadline.tv_sec += Int(waitingMs / 1000 + nanoseconds / 1_000_000_000)
      deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
      while isEmpty, !isClosed, pthread_cond_timedwait(condition, mutex, &deadline) == 0 {}
      isWaiting = false
    }
    if isEmpty { return isClosed ? nil : [] }
    var all: [Message] = []
    for lane in lanes.indices where !lanes[lane].isEmpty {
      if all.isEmpty {
        swap(&all, &lanes[lane])
      } else {
        all += lanes[lane]
        lanes[lane].removeAll(keepingCapacity: true)
      }
    }
    return all
  }

  private var isEmpty: Bool { lanes.allSatisfy(\.isEmpty) }
}
