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
  /// Lines seen so far, also those that are no longer in memory.
  private(set) var seen = 0

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

  /// The last lines, oldest first: what is no longer in memory is read from the files again, and has the time of the oldest line
  /// that is, since nobody knows its own.
  func tail(_ count: Int) -> [LogLine] {
    guard count > lines.count else { return Array(lines.suffix(max(0, count))) }
    let errors = lines.count(where: \.isError)
    let time = lines.first?.time ?? Instant(milliseconds: 0)
    let older =
      out.history().dropLast(lines.count - errors).map { LogLine(time: time, isError: false, text: $0) }
      + error.history().dropLast(errors).map { LogLine(time: time, isError: true, text: $0) }
    return older.suffix(count - lines.count) + lines
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
    seen += fresh.count
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
