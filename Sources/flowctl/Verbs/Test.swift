import FlowCommandLine
import FlowCore
import FlowScenario
import Glibc

enum Test {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "test", "Run scenario files against the engine, without a server",
    details: """
      A scenario deploys models, does what workers and users would do, and says what must be seen. It runs here, in memory, on the engine of flowd with a clock of its own; models are looked for beside the scenario, in ../models and in models. A folder stands for all .json files below it.
      The exit code is 0 when all passed, 1 when one failed. The last line is `N passed, N failed`.
      """,
    options: [
      OptionSpec(
        "filter", metavar: "TEXT", configurable: false, help: "only scenarios with TEXT in path, id, title or what they cover"),
      OptionSpec(
        "jobs", short: "j", type: .integer(1...256), metavar: "N", configurable: false, help: "scenarios at once (default: one a processor)"
      ),
      OptionSpec(
        "timeout", type: .duration, metavar: "TIME", preset: "60s", configurable: false,
        help: "longest time of one scenario; then it has failed"),
      .flag("fail-fast", configurable: false, help: "begin no scenario any more after one that failed"),
      .flag("verbose", configurable: false, help: "show the path of every scenario"),
      .flag("coverage", configurable: false, help: "show which elements of the models were entered"),
      .flag("tap", group: "form", configurable: false, help: "print TAP version 14 instead of text"),
      OptionSpec("junit", type: .file, metavar: "FILE", configurable: false, help: "write JUnit XML to FILE; `-` is stdout"),
      OptionSpec(
        "output", short: "o", .optionalValue(bare: "json", words: ["json", "yaml"]), metavar: "FORMAT", group: "form",
        configurable: false, help: "data on stdout as json (when no word follows) or yaml"),
    ],
    positionals: [PositionalSpec("file", maximum: nil, type: .file, help: "scenario files, or folders of them")],
    examples: [
      Example("flowctl test scenarios/", "run all scenarios of a folder"),
      Example("flowctl test --filter timer --verbose scenarios/", "some of them, with their paths"),
      Example("flowctl test --junit report.xml --coverage scenarios/", "for a build server"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let files: [String]
    do throws(FileProblem) {
      files = try ScenarioFiles.find(context.settings.words("file"))
    } catch {
      throw Failure(error, exitCode: ExitCode.usage)
    }
    let form = Form(context)
    let suite = ScenarioSuite(files, options: options(context), engine: ScenarioEngines.make)
    let all = suite.run { form.tell($0) }
    let results = form.hasFilter ? all.filter { $0.hasPassed || $0.hasFailed } : all
    guard !results.isEmpty else {
      throw Failure(ExitCode.usage, "no scenario has '\(context.settings.text("filter"))' in path, id, title or tags")
    }
    form.finish(results)
    if let path = context.settings.optional("junit") { try write(JUnitText.text(results), to: path, context) }
    return results.contains { $0.hasFailed } ? ExitCode.negative : ExitCode.ok
  }

  private static func options(_ context: Context) -> ScenarioSuite.Options {
    var options = ScenarioSuite.Options()
    options.threads = context.settings.integer("jobs") ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    options.filter = context.settings.optional("filter")
    options.timeoutMs = max(1, context.settings.milliseconds("timeout") ?? options.timeoutMs)
    options.failsFast = context.settings.flag("fail-fast")
    return options
  }

  private static func write(_ text: String, to path: String, _ context: Context) throws(Failure) {
    if path == "-" { return context.print(text) }
    do throws(FileProblem) { try FileText.write(Array(text.utf8), to: path) } catch {
      throw Failure(error, exitCode: ExitCode.negative)
    }
  }
}

/// What `test` prints, and where: data alone on stdout when data was asked for, text for people otherwise.
private struct Form {
  private let context: Context
  private let output: String?
  private let isTAP: Bool
  private let isVerbose: Bool
  private let hasCoverage: Bool
  private let isJUnitOnStdout: Bool
  let hasFilter: Bool

  init(_ context: Context) {
    self.context = context
    output = context.settings.optional("output")
    isTAP = context.settings.flag("tap")
    isVerbose = context.settings.flag("verbose")
    hasCoverage = context.settings.flag("coverage")
    isJUnitOnStdout = context.settings.optional("junit") == "-"
    hasFilter = context.settings.optional("filter") != nil
  }

  private var isText: Bool { output == nil && !isTAP }

  func tell(_ result: ScenarioResult) {
    if isText { say(ScenarioText.line(result, isVerbose: isVerbose)) }
  }

  func finish(_ results: [ScenarioResult]) {
    if let output {
      let document = ScenarioJSON.document(results, withCoverage: hasCoverage)
      return say(output == "yaml" ? YAMLText.text(document) : document.text + "\n")
    }
    if isTAP { return say(TAPText.text(results)) }
    for result in results where result.hasFailed { say("\n" + ScenarioText.details(result)) }
    if hasCoverage { say("\n" + ScenarioText.coverage(results)) }
    say("\n" + ScenarioText.summary(results) + "\n")
  }

  private func say(_ text: String) {
    if isJUnitOnStdout { Output.write(text, to: STDERR_FILENO) } else { context.print(text) }
  }
}
