import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC
import Glibc

enum Logs {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "logs", "Show what the services of a deployment wrote",
    options: [
      .flag("follow", short: "f", configurable: false, help: "go on with lines to come"),
      OptionSpec(
        "tail", short: "n", type: .integer(1...Limits.logTailLines), metavar: "N", preset: "1000", configurable: false,
        help: "begin with the last N lines"),
      .flag("timestamps", short: "t", configurable: false, help: "put each line's time in front"),
    ],
    positionals: [
      PositionalSpec("deployment", type: .dynamic("deployments"), help: "a deployment's id, or any part of it that names one"),
      PositionalSpec("service", minimum: 0, help: "a task or service; all when there is none"),
    ],
    examples: [
      Example("flowctl logs calc", "the last 1000 lines of all services"),
      Example("flowctl logs -f --tail 20 calc", "the last 20, and those to come"),
      Example("flowctl logs calc calc-service", "of one service"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let deployment = settings.word("deployment") ?? ""
    let request = FlowV1.LogsRequest(
      deployment: deployment, service: settings.word("service") ?? "", tail: UInt32(settings.integer("tail") ?? 1000),
      follow: settings.flag("follow"))
    let client = try context.flowd()
    do throws(Status) {
      if request.follow, context.hasSeveralFlowd {
        try follow(request, client, context)
      } else {
        try client.logs(request) { line in Output.write(text(line, context), to: STDOUT_FILENO) }
      }
      return ExitCode.ok
    } catch {
      var failure = Failure(error, doing: "can not show logs of \(deployment)")
      if error.message.hasPrefix("no deployment") { failure.hint = IDs.suggestion(for: deployment, .deployments, context) ?? failure.hint }
      throw failure
    }
  }

  /// Goes on with the flowd that takes over. Logs lie where the services run, so what it has is its own from then on.
  private static func follow(_ first: FlowV1.LogsRequest, _ client: FlowClient, _ context: Context) throws(Status) {
    var shown = ShownLines()
    var request = first
    var wasThere = false
    func isThere(_ end: Status) -> Bool {
      // One that was taken and then broke off.
      wasThere = wasThere || end.untaken == nil
      if wasThere { request.tail = UInt32(Limits.logTailLines) }
      return wasThere
    }
    try Waiting.repeating(client, until: nil, context, wasThere: isThere) { _ throws(Status) in
      var isOpen = true
      var hasBegun = false
      try client.logs(request) { line in
        // Who answers is known from the first line on.
        if !hasBegun { shown.beginAgain(at: client.address) }
        (hasBegun, wasThere) = (true, true)
        for line in shown.take(line) { isOpen = isOpen && Output.write(text(line, context), to: STDOUT_FILENO) }
        return isOpen
      }
      return !isOpen
    }
  }

  /// The service's name stands in front when lines of several are shown.
  private static func text(_ line: FlowV1.LogLine, _ context: Context) -> String {
    let colour = context.stdout.colour
    var out = ""
    if context.settings.flag("timestamps") {
      out += Style.dim.applied(to: Instant(milliseconds: line.timeMs).rfc3339, colour: colour) + " "
    }
    if context.settings.word("service") == nil { out += Style.blue.applied(to: Printable.line(line.service), colour: colour) + " | " }
    let text = context.stdout.isTerminal ? Printable.line(line.text) : line.text
    return out + (line.isError ? Style.yellow.applied(to: text, colour: colour) : text) + "\n"
  }
}

/// Which lines of logs that are read again have been shown.
///
/// Lines from before a flowd's start have the time of their file's last change, so that time alone does not tell: at the same flowd what
/// was shown is looked for in order. Another one has logs of its own, of which what is older has been missed for good.
struct ShownLines {
  private struct Origin: Hashable {
    let service: String
    let isError: Bool
  }

  private struct Reading {
    /// Shown at this flowd and not met again yet.
    var shown: ArraySlice<String>
    /// Of the last line that was shown.
    var timeMs: Int64
    var hasMet = false
    /// Older than all that is in `shown`, or newer.
    var held: [FlowV1.LogLine] = []
  }

  private var address = ""
  private var texts: [Origin: [String]] = [:]
  private var times: [Origin: Int64] = [:]
  private var readings: [Origin: Reading] = [:]

  mutating func beginAgain(at address: String) {
    if address != self.address { texts = [:] }
    self.address = address
    readings = [:]
    for (origin, time) in times { readings[origin] = Reading(shown: texts[origin]?[...] ?? [], timeMs: time) }
  }

  /// - Returns: what is to be shown now.
  mutating func take(_ line: FlowV1.LogLine) -> [FlowV1.LogLine] {
    let origin = Origin(service: line.service, isError: line.isError)
    guard var reading = readings[origin] else { return show([line], origin) }
    guard line.timeMs >= reading.timeMs else { return [] }
    if let index = reading.shown.firstIndex(of: line.text) {
      reading.shown = reading.shown[(index + 1)...]
      (reading.hasMet, reading.held) = (true, [])
      readings[origin] = reading
      return []
    }
    // All old lines of a file have one time.
    let isLive = reading.held.first.map { $0.timeMs != line.timeMs } ?? false
    guard reading.hasMet || reading.shown.isEmpty || isLive else {
      readings[origin]?.held.append(line)
      return []
    }
    readings[origin] = nil
    return show(reading.held + [line], origin)
  }

  private mutating func show(_ lines: [FlowV1.LogLine], _ origin: Origin) -> [FlowV1.LogLine] {
    texts[origin, default: []] += lines.map(\.text)
    let extra = (texts[origin]?.count ?? 0) - Limits.logTailLines
    if extra > 0 { texts[origin]?.removeFirst(extra) }
    times[origin] = lines.last?.timeMs
    return lines
  }
}
