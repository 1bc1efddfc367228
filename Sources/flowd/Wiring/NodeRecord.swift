import FlowCore
import Glibc
import Synchronization

/// What a node keeps of itself in its data directory: its id, and the lease under which it takes part in elections, so that after a
/// crash it ends that lease at once. The file is locked as long as the process lives.
final class NodeRecord: Sendable {
  private static let maxBytes = 512

  let id: String
  /// The lease of the process before; 0 when there was none.
  let previousLease: Int64
  private let file: Int32
  private let kept: Mutex<Int64>

  /// - Parameter name: the id that was asked for; "" takes the one that was kept, or makes one.
  init(_ directory: String, name: String) throws(StartFailure) {
    let path = directory + "/node"
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StartFailure("open \(path): \(String(cString: strerror(errno)))") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      throw StartFailure("the data directory '\(directory)' is in use by another flowd; stop that process, or choose another --data-dir")
    }
    var bytes = [UInt8](repeating: 0, count: NodeRecord.maxBytes)
    let words = String(decoding: bytes[..<max(0, pread(file, &bytes, bytes.count, 0))], as: UTF8.self).split { $0 == " " || $0 == "\n" }
    let known = words.count == 2 ? String(words[0]) : ""
    let lease = words.count == 2 ? Int64(words[1], radix: 16) ?? 0 : 0
    var generator = SystemRandomNumberGenerator()
    id = !name.isEmpty ? name : !known.isEmpty ? known : "node-" + String(generator.next() as UInt64, radix: 16)
    previousLease = lease
    kept = Mutex(lease)
    write(lease)
  }

  deinit { close(file) }

  /// Remembers a lease; nothing happens when it is the same. Failing only costs the wait for the lease's end.
  func keep(lease: Int64) {
    let isNew = kept.withLock { kept in
      defer { kept = lease }
      return kept != lease
    }
    if isNew { write(lease) }
  }

  private func write(_ lease: Int64) {
    let bytes = Array("\(id) \(String(lease, radix: 16))\n".utf8)
    if pwrite(file, bytes, bytes.count, 0) == bytes.count { _ = ftruncate(file, bytes.count) }
  }
}
