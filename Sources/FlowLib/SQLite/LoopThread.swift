import Glibc
import Synchronization

/// A thread that runs its body when woken, and at least once every interval; ends with a last run when stopped.
package final class LoopThread: Sendable {
  private struct Signals {
    var woken = false
    var stopped = false
  }

  private final class Loop: Sendable {
    let signals = Monitor(Signals())
    let intervalMs: Int
    let body: @Sendable () -> Void

    init(intervalMs: Int, body: @escaping @Sendable () -> Void) {
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
    func pause(ms: Int) -> Bool {
      _ = signals.wait(ms: ms) { $0.woken || $0.stopped ? true : nil }
      return signals.withLock { signals in
        signals.woken = false
        return signals.stopped
      }
    }
  }

  private let loop: Loop
  private let thread: Mutex<pthread_t?>

  package init(_ name: String, intervalMs: Int, _ body: @escaping @Sendable () -> Void) {
    let loop = Loop(intervalMs: intervalMs, body: body)
    self.loop = loop
    var handle = pthread_t()
    let context = Unmanaged.passRetained(loop).toOpaque()
    let rc = pthread_create(
      &handle, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Loop>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, context)
    precondition(rc == 0, "no thread for \(name): \(rc)")
    thread = Mutex(handle)
  }

  package func wake() { loop.signals.change { $0.woken = true } }

  /// For the body: waits this long, or until woken or stopped.
  package func nap(ms: Int) { _ = loop.pause(ms: ms) }

  /// Runs the body a last time and waits for its end; the second call does nothing. Not from the thread itself.
  package func stop() {
    guard let handle = thread.withLock({ $0.take() }) else { return }
    loop.signals.change { $0.stopped = true }
    pthread_join(handle, nil)
  }

  deinit {
    guard let handle = thread.withLock({ $0.take() }) else { return }
    loop.signals.change { $0.stopped = true }
    pthread_detach(handle)
  }
}
