import FlowCore
import Glibc

/// Log lines in the original's form: `<time>|<program>|<level>|<file>:<line>|<message>`, and as JSON.
package enum LogText {
  package enum Form: String, Sendable, CaseIterable {
    case text, json
  }

  /// `2026-11-20 23:35:14,123|flowctl|INFO|Apply.swift:12|Got response: 0, "Ok", {}`, without a line feed.
  package static func line(
    program: String, _ level: LogLevel, _ message: String, at time: Instant, file: StaticString = #fileID, line: UInt = #line
  ) -> String {
    "\(localTime(time))|\(program)|\(level.name)|\(fileName(file)):\(line)|\(Printable.line(message))"
  }

  package static func line(program: String, _ entry: LogEntry, at time: Instant) -> String {
    let metadata = entry.metadata.map { " \($0.name)=\(plainOrQuoted($0.value))" }.joined()
    return line(program: program, entry.level, "\(entry.message)" + metadata, at: time, file: entry.file, line: entry.line)
  }

  package static func json(program: String, _ entry: LogEntry, at time: Instant) -> String {
    var object: JSON.Object = [
      "time": .string(time.rfc3339), "level": .string(entry.level.name), "program": .string(program),
      "source": .string("\(fileName(entry.file)):\(entry.line)"), "message": .string("\(entry.message)"),
    ]
    for (name, value) in entry.metadata { object[name] = .string(value) }
    return JSON.object(object).text
  }

  /// A log that writes whole lines to stderr.
  package static func log(program: String, threshold: LogLevel, form: Form) -> Log {
    Log(threshold: threshold) { entry in
      switch form {
      case .text: Output.write(line(program: program, entry, at: .now) + "\n", to: STDERR_FILENO)
      case .json: Output.write(json(program: program, entry, at: .now) + "\n", to: STDERR_FILENO)
      }
    }
  }

  private static func plainOrQuoted(_ text: String) -> String {
    text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) ? JSON.quote(text) : text
  }

  private static func fileName(_ file: StaticString) -> Substring { "\(file)".split(separator: "/").last ?? "" }

  /// Python's `asctime`: local time with milliseconds behind a comma.
  package static func localTime(_ time: Instant) -> String {
    let (seconds, ms) = time.milliseconds.floorDivided(by: 1000)
    var clock = time_t(seconds)
    var parts = tm()
    guard localtime_r(&clock, &parts) != nil else { return time.rfc3339 }
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let date = "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let fraction = "\(1000 + ms)".dropFirst()
    return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)),\(fraction)"
  }
}

extension Instant {
  /// The machine's clock; for programs, never for the engine.
  package static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
