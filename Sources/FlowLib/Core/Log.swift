/// Severity of a log line, with the numbers that Python's logging (and so the original's `--log_level`) gives them.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
  case debug = 10, info = 20, warning = 30, error = 40

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

  /// `DEBUG`, `INFO`, `WARNING`, `ERROR`.
  public var name: String {
    switch self {
    case .debug: "DEBUG"
    case .info: "INFO"
    case .warning: "WARNING"
    case .error: "ERROR"
    }
  }
}

/// One line: a static sentence, and what varies as metadata with dotted names (`flow.instance`).
public struct LogEntry: Sendable {
  public let level: LogLevel
  public let message: StaticString
  public let metadata: [(name: String, value: String)]
  public let file: StaticString
  public let line: UInt
}

/// The port to which the house logs. The program that owns the process brings the sink.
public struct Log: Sendable {
  public let threshold: LogLevel
  private let sink: @Sendable (LogEntry) -> Void

  public init(threshold: LogLevel = .info, sink: @escaping @Sendable (LogEntry) -> Void) {
    self.threshold = threshold
    self.sink = sink
  }

  /// Drops every line; for tests and libraries used alone.
  public static let none = Log(threshold: .error) { _ in }

  public func debug(
    _ message: StaticString, _ metadata: KeyValuePairs<String, String> = [:], file: StaticString = #fileID, line: UInt = #line
  ) { write(.debug, message, metadata, file, line) }

  public func info(
    _ message: StaticString, _ metadata: KeyValuePairs<String, String> = [:], file: StaticString = #fileID, line: UInt = #line
  ) { write(.info, message, metadata, file, line) }

  public func warning(
    _ message: StaticString, _ metadata: KeyValuePairs<String, String> = [:], file: StaticString = #fileID, line: UInt = #line
  ) { write(.warning, message, metadata, file, line) }

  public func error(
    _ message: StaticString, _ metadata: KeyValuePairs<String, String> = [:], file: StaticString = #fileID, line: UInt = #line
  ) { write(.error, message, metadata, file, line) }

  private func write(
    _ level: LogLevel, _ message: StaticString, _ metadata: KeyValuePairs<String, String>, _ file: StaticString, _ line: UInt
  ) {
    guard level >= threshold else { return }
    sink(LogEntry(level: level, message: message, metadata: metadata.map { ($0.key, $0.value) }, file: file, line: line))
  }
}
