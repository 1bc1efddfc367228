import FlowCore
import FlowThreads

/// Calls back at points in time, from one thread of its own. A key has at most one timer; setting it again moves it.
package final class TimerQueue: @unchecked Sendable {
  // Safety: `due` belongs to the timer thread; everybody else sends messages.
  private enum Message: Sendable {
    case set(Key, at: Instant, @Sendable () -> Void)
    case clear(Key)
  }

  package typealias Key = String

  private let mailbox = Mailbox<Message>(bounds: [Int.max])
  private let world: World
  private var due: [Key: (at: Instant, fire: @Sendable () -> Void)] = [:]
  private var thread: WorkerThread?

  package init(world: World) {
    self.world = world
    thread = WorkerThread(name: "timers") { [unowned self] in run() }
  }

  package func set(_ key: Key, at: Instant, _ fire: @escaping @Sendable () -> Void) { _ = mailbox.send(.set(key, at: at, fire), lane: 0) }
  package func clear(_ key: Key) { _ = mailbox.send(.clear(key), lane: 0) }

  package func stop() {
    mailbox.close()
    thread?.join()
    thread = nil
  }

  /// The longest sleep, so that a clock that was set forward is noticed.
  private static let longestWaitMs: Int64 = 1_000

  private func run() {
    while let messages = mailbox.take(waitingMs: waitMs) {
      for message in messages {
        switch message {
        case .set(let key, let at, let fire): due[key] = (at, fire)
        case .clear(let key): due[key] = nil
        }
      }
      let now = world.now()
      for (key, timer) in due.filter({ $0.value.at <= now }).sorted(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) {
        due[key] = nil
        timer.fire()
      }
    }
  }

  private var waitMs: Int64 {
    guard let next = due.values.map(\.at).min() else { return TimerQueue.longestWaitMs }
    return max(0, min(TimerQueue.longestWaitMs, next - world.now()))
  }
}
