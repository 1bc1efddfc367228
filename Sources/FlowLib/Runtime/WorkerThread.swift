import Glibc

/// A thread of our own, for work that blocks. Ends when its body returns; `join` waits for that.
package final class WorkerThread: @unchecked Sendable {
  // Safety: `thread` is written once before the object is shared, and joined once by its owner.
  private var thread = pthread_t()

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// - Parameter name: at most 15 bytes are shown by the system.
  package init(name: String, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(
      Body {
        WorkerThread.nameCurrentThread(name)
        body()
      })
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        // Balances the passRetained of `init`.
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard code == 0 else { preconditionFailure("no thread for \(name): \(String(cString: strerror(code)))") }
  }

  /// Shown by `top -H`. Through /proc, because pthread_setname_np is hidden behind a feature macro; a name is a courtesy, so no error.
  private static func nameCurrentThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = name.utf8CString.withUnsafeBytes { write(file, $0.baseAddress, min($0.count - 1, 15)) }
    close(file)
  }

  package func join() { pthread_join(thread, nil) }
}
