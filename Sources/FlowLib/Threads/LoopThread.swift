import Synchronization

/// A thread that runs its body when woken, and at least once every interval; ends with a last run when stopped.
package final class LoopThread: Sendable {
  private struct Signals {
    var woken = false
    var stopped = false
  }

  private final class Loop: Sendable {
    let signals = Monitor(Signals())
    let intervalMs: Int64
    let body: @Sendable () -> Void

    init(intervalMs: Int64, body: @escaping @Sendable () -> Void) {
      self.intervalMs = intervalMs
      self.body = body
    }

    func run() {
      while true {
        let stopped = pause(ms: intervalMs)
        body()
        if stopped { return }
      }
    }

    /// Until woken, stopped or the time is over; true when stopped.
    func pause(ms: Int64) -> Bool {
      _ = signals.wait(ms: ms) { $0.woken || $0.stopped ? true : nil }
      return signals.withLock { signals in
        signals.woken = false
        return signals.stopped
      }
    }
  }

  private let loop: Loop
  private let thread: Mutex<WorkerThread?>

  package init(_ name: String, intervalMs: Int, _ body: @escaping @Sendable () -> Void) {
    let loop = Loop(intervalMs: Int64(intervalMs), body: body)
    self.loop = loop
    thread = Mutex(WorkerThread(name: name) { loop.run() })
  }

  package func wake() { loop.signals.change { $0.woken = true } }

  /// For the body: waits this long, or until woken or stopped.
  package func nap(ms: Int) { _ = loop.pause(ms: Int64(ms)) }

  /// Runs the body a last time and waits for its end; the second call does nothing. Not from the thread itself.
  package func stop() {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    loop.signals.change { $0.stopped = true }
    thread.join()
  }

  deinit {
    guard let thread = thread.withLock({ $0.take() }) else { return }
    loop.signals.change { $0.stopped = true }
    thread.detach()
  }
}
