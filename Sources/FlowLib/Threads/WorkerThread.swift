import Glibc

/// A thread of its own, for loops that block in C calls. Joined once, by its owner.
package struct WorkerThread: @unchecked Sendable {
  // Safety: `pthread_t` is a plain number that any thread may use.
  private let thread: pthread_t

  /// Starts `body` on a new thread with all signals blocked, so that they reach the program's own handler.
  ///
  /// - Throws: `WorkerThreadError` when the system has no thread left.
  package init(_ body: @escaping @Sendable () -> Void) throws(WorkerThreadError) {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Body(body))
    let failure = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      box.release()
      throw WorkerThreadError(errno: failure)
    }
    self.thread = thread
  }

  /// For threads without which nothing works.
  ///
  /// - Parameter name: at most 15 bytes are shown by the system.
  package init(name: String, _ body: @escaping @Sendable () -> Void) {
    do throws(WorkerThreadError) {
      try self.init {
        WorkerThread.nameCurrentThread(name)
        body()
      }
    } catch {
      preconditionFailure("no thread for \(name): \(error)")
    }
  }

  /// Shown by `top -H`. Through /proc, because pthread_setname_np is hidden behind a feature macro; a name is a courtesy, so no error.
  private static func nameCurrentThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = name.utf8CString.withUnsafeBytes { write(file, $0.baseAddress, min($0.count - 1, 15)) }
    close(file)
  }

  /// Nobody will wait for its end.
  package func detach() { pthread_detach(thread) }

  /// Waits for the end of the body. Must not be called on the thread itself, nor twice.
  package func join() { pthread_join(thread, nil) }

  package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}

package struct WorkerThreadError: Error, CustomStringConvertible {
  package let errno: Int32
  package var description: String { "can not start a thread: \(String(cString: strerror(errno)))" }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
