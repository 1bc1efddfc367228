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
      try client.logs(request) { line in Output.write(text(line, context), to: STDOUT_FILENO) }
      return ExitCode.ok
    } catch {
      var failure = Failure(error, doing: "can not show logs of \(deployment)")
      if error.message.hasPrefix("no deployment") { failure.hint = IDs.suggestion(for: deployment, .deployments, context) ?? failure.hint }
      throw failure
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
