import FlowCore
import Glibc

/// One line that a service wrote.
package struct LogLine: Sendable, Equatable {
  /// When flowd saw it; lines from before flowd's start have the time of the file's last change.
  package let time: Instant
  package let isError: Bool
  package let text: String
}

/// What a service writes: two files that the service itself appends to, so that nothing is lost when flowd dies, and the
/// last lines in memory.
struct ServiceLog {
  /// Lines and bytes kept in memory for a service; enough to see why it failed.
  private static let linesMax = 1_000
  private static let bytesMax = 1 << 20

  private var out: LogFile
  private var error: LogFile
  private(set) var lines: [LogLine] = []
  private var bytes = 0

  /// - Parameter folder: exists.
  init(folder: String, name: String) {
    out = LogFile(path: "\(folder)/\(name).out.log")
    error = LogFile(path: "\(folder)/\(name).err.log")
    let old = [(out.prime(), false), (error.prime(), true)]
    for (part, isError) in old {
      keep(part.lines.map { LogLine(time: part.time, isError: isError, text: $0) })
    }
    lines.sort { $0.time < $1.time }
  }

  /// Opens both files for a service that starts.
  func openForService() throws(OrchestratorError) -> (out: Int32, error: Int32) {
    let descriptor = try out.openForAppend()
    do {
      return (descriptor, try error.openForAppend())
    } catch {
      close(descriptor)
      throw error
    }
  }

  /// Takes what was written since the last look.
  ///
  /// - Parameter ended: the service has ended, so that a line without an end is one too.
  mutating func observe(now: Instant, ended: Bool = false) -> [LogLine] {
    let fresh =
      out.take(ended: ended).map { LogLine(time: now, isError: false, text: $0) }
      + error.take(ended: ended).map { LogLine(time: now, isError: true, text: $0) }
    keep(fresh)
    return fresh
  }

  private mutating func keep(_ fresh: [LogLine]) {
    lines += fresh
    bytes += fresh.reduce(0) { $0 + $1.text.utf8.count }
    var dropped = max(0, lines.count - ServiceLog.linesMax)
    bytes -= lines[..<dropped].reduce(0) { $0 + $1.text.utf8.count }
    while bytes > ServiceLog.bytesMax, dropped < lines.count {
      bytes -= lines[dropped].text.utf8.count
      dropped += 1
    }
    lines.removeFirst(dropped)
  }

  /// A file name of its own for any text: what is not plain is written as `%` and two digits.
  static func fileName(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF")
    return text.utf8.enumerated().map { index, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        return String(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where index > 0: return "."
      default: return "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
      }
    }.joined()
  }
}

/// One growing file, read from where the last look ended.
struct LogFile {
  let path: String
  private var offset: Int64 = 0
  private var partial: [UInt8] = []

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

  /// New whole lines, of at most 8 MiB; what is left comes with the next look.
  mutating func take(ended: Bool) -> [String] {
    var lines: [String] = []
    for _ in 0..<8 {
      let bytes = readNew()
      for byte in bytes {
        if byte != 0x0A { partial.append(byte) }
        if byte == 0x0A || partial.count >= Limits.logLineBytes { flush(into: &lines) }
      }
      if bytes.count < LogFile.readBytesMax { break }
    }
    if ended, !partial.isEmpty { flush(into: &lines) }
    return lines
  }

  private mutating func flush(into lines: inout [String]) {
    if partial.last == 0x0D { partial.removeLast() }
    lines.append(String(decoding: partial, as: UTF8.self))
    partial.removeAll(keepingCapacity: true)
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
    if Int64(info.st_size) >= Int64(Limits.logFileBytes) { rotate(descriptor) }
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
