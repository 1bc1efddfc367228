import FlowCore
import Glibc

/// One growing file, read from where the last look ended.
struct LogFile {
  let path: String
  private var offset: Int64 = 0
  private var splitter = LineSplitter()

  init(path: String) { self.path = path }

  func openForAppend() throws(OrchestratorError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw OrchestratorError("can not open '\(path)': \(String(cString: strerror(errno)))") }
    return descriptor
  }

  /// The last lines of a file from before, and when it changed; later looks go on behind them.
  mutating func prime() -> (lines: [String], time: Instant) {
    var info = stat()
    guard stat(path, &info) == 0 else { return ([], Instant(milliseconds: 0)) }
    offset = max(0, Int64(info.st_size) - Int64(LogFile.readBytesMax))
    let isCut = offset > 0
    let time = Instant(milliseconds: Int64(info.st_mtim.tv_sec) * 1000 + Int64(info.st_mtim.tv_nsec) / 1_000_000)
    let lines = take(ended: false)
    // The first line of a part begins in its middle.
    return (Array(lines.dropFirst(isCut ? 1 : 0)), time)
  }

  private static let readBytesMax = 1 << 20

  /// All lines taken so far that the file and its older part still hold.
  func history() -> [String] {
    var past = LineSplitter()
    var lines: [String] = []
    for (path, end) in [(path + ".1", Int64.max), (path, offset)] { LogFile.read(path, upTo: end) { past.split($0, into: &lines) } }
    // A last line without an end is one only when it was taken as such.
    if splitter.isEmpty { past.flush(into: &lines) }
    return lines
  }

  /// A file that is not there has no bytes.
  private static func read(_ path: String, upTo end: Int64, _ each: (ArraySlice<UInt8>) -> Void) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: readBytesMax)
    var at: Int64 = 0
    while at < end {
      let count = pread(descriptor, &buffer, Int(min(Int64(buffer.count), end - at)), off_t(at))
      guard count > 0 else { return }
      each(buffer[..<count])
      at += Int64(count)
    }
  }

  /// New whole lines, of at most 8 MiB; what is left comes with the next look.
  mutating func take(ended: Bool) -> [String] {
    var lines: [String] = []
    for _ in 0..<8 {
      let bytes = readNew()
      splitter.split(bytes[...], into: &lines)
      if bytes.count < LogFile.readBytesMax { break }
    }
    if ended { splitter.flush(into: &lines) }
    return lines
  }

  private mutating func readNew() -> [UInt8] {
    var info = stat()
    guard stat(path, &info) == 0, Int64(info.st_size) != offset else { return [] }
    if Int64(info.st_size) < offset { offset = 0 }
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let wanted = min(Int64(info.st_size) - offset, Int64(LogFile.readBytesMax))
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(wanted)) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, Int(wanted), off_t(offset)))
    }
    offset += Int64(bytes.count)
    // Not before all of it was read: what is in the older part is not looked at again.
    if offset >= Int64(Limits.logFileBytes), offset >= Int64(info.st_size) { rotate(descriptor) }
    return bytes
  }

  /// Copies the file away and empties it. The service keeps its descriptor, so the file can not simply be renamed; what it
  /// writes in the instant between is lost.
  private mutating func rotate(_ descriptor: Int32) {
    let copy = open(path + ".1", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    if copy >= 0 {
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      var at: off_t = 0
      while at < off_t(4 * Limits.logFileBytes) {
        let count = pread(descriptor, &buffer, buffer.count, at)
        guard count > 0, write(copy, buffer, count) == count else { break }
        at += off_t(count)
      }
      close(copy)
    }
    if ftruncate(descriptor, 0) == 0 { offset = 0 }
  }
}

/// Cuts bytes into lines, of at most `Limits.logLineBytes`.
private struct LineSplitter {
  private var partial: [UInt8] = []

  var isEmpty: Bool { partial.isEmpty }

  mutating func split(_ bytes: ArraySlice<UInt8>, into lines: inout [String]) {
    for byte in bytes {
      if byte != 0x0A { partial.append(byte) }
      if byte == 0x0A || partial.count >= Limits.logLineBytes { cut(into: &lines) }
    }
  }

  /// What is left without an end becomes a line.
  mutating func flush(into lines: inout [String]) {
    if !partial.isEmpty { cut(into: &lines) }
  }

  private mutating func cut(into lines: inout [String]) {
    if partial.last == 0x0D { partial.removeLast() }
    lines.append(String(decoding: partial, as: UTF8.self))
    partial.removeAll(keepingCapacity: true)
  }
}
