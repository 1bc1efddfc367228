import Synchronization

/// The service is there before the driver that it tells of its calls.
final class Relay: Sendable {
  private let held = Mutex<LoadDriver?>(nil)

  var driver: LoadDriver? {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }
}
