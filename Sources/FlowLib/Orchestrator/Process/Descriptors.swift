import FlowCore
import Glibc

/// Wakes a thread that polls.
final class WakePair: Sendable {
  let descriptor: Int32
  private let writer: Int32

  init() throws(OrchestratorError) {
    var pair: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
      throw OrchestratorError("no descriptor left: \(String(cString: strerror(errno)))")
    }
    descriptor = pair[0]
    writer = pair[1]
  }

  deinit {
    close(descriptor)
    close(writer)
  }

  /// A full buffer is a wake-up already.
  func wake() {
    var byte: UInt8 = 1
    _ = send(writer, &byte, 1, Int32(MSG_NOSIGNAL))
  }

  func drain() {
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }
}

/// Tells that files in some folders were written to.
final class FileChanges: Sendable {
  let descriptor: Int32

  init() throws(OrchestratorError) {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { throw OrchestratorError("no inotify instance left: \(String(cString: strerror(errno)))") }
  }

  deinit { close(descriptor) }

  /// Watching a folder again changes nothing.
  func watch(_ folder: String) { inotify_add_watch(descriptor, folder, UInt32(IN_MODIFY)) }

  func drain() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }
}

/// The time of day, for people; nothing is decided by it.
enum WallClock {
  static func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
