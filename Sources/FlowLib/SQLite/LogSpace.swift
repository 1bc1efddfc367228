import Glibc

/// Keeps zeros ahead of where a write-ahead log grows. A sync of blocks that are there already need not sync the file's new length,
/// which is a second write of the disk: commits take as long in a log's first round as in all later ones, which overwrite it.
struct LogSpace {
  private let path: String
  /// The file is known to be this long.
  private var bytes = 0

  /// Bytes that are added at once: what one sync bears in addition, every few dozen commits.
  private static let step = 1 << 20
  private static let frameBytes = 4096 + 24

  init(_ path: String) { self.path = path }

  /// The log was cut.
  mutating func forget() { bytes = 0 }

  /// Room for a batch behind this many frames. Only a help: when the disk is full, the log grows as it can.
  mutating func reserve(behind frames: Int, batchBytes: Int) {
    let needed = (frames + batchBytes / 4096 + 8) * LogSpace.frameBytes
    if needed > bytes { bytes = LogSpace.extend(path, to: needed + LogSpace.step) }
  }

  /// - Returns: the bytes up to which there is nothing more to do.
  private static func extend(_ path: String, to wanted: Int) -> Int {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return wanted }
    defer { close(descriptor) }
    let size = fileSize(descriptor)
    guard size < wanted else { return size }
    let zeros = [UInt8](repeating: 0, count: wanted - size)
    if pwrite(descriptor, zeros, zeros.count, off_t(size)) != zeros.count { ftruncate(descriptor, off_t(size)) }
    return wanted
  }
}
