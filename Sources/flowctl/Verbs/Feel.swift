import FlowCommandLine
import FlowCore

enum Feel {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "feel", "Evaluate a FEEL expression, or run a file of cases",
    details: "Needs no server. The value is printed as JSON, or as -o says. With --cases the last line is `N passed, N failed`.",
    options: [
      OptionSpec("context", metavar: "JSON", configurable: false, help: "variables of the expression, as a JSON object; @FILE reads a file"),
      OptionSpec("input", metavar: "JSON", configurable: false, help: "evaluate as unary tests against this value"),
      OptionSpec("cases", type: .file, metavar: "FILE", configurable: false, help: "run the cases of a JSON lines file"), GlobalOptions.output,
    ],
    positionals: [PositionalSpec("expr", minimum: 0, help: "the expression")],
    examples: [
      Example("flowctl feel '1 + 2 * x' --context '{\"x\": 3}'", "evaluate an expression"),
      Example("flowctl feel '> 5' --input 7", "evaluate unary tests"), Example("flowctl feel --cases cases.jsonl", "run a file of cases"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    if let path = context.settings.optional("cases") { return try runCases(path, context) }
    guard let expression = context.settings.word("expr") else {
      throw Failure(ExitCode.usage, "flowctl feel needs an expression or --cases", hint: "flowctl feel --help")
    }
    let variables = try json("context", context) ?? .object([:])
    guard variables.object != nil else { throw Failure(ExitCode.usage, "option --context: a JSON object is needed", hint: "flowctl feel --help") }
    let value = try FeelEvaluation.value(of: expression, context: variables, input: try json("input", context))
    if context.format == .yaml { context.print(YAMLText.text(value)) } else { context.print(value.text + "\n") }
    return ExitCode.ok
  }

  private static func json(_ option: String, _ context: Context) throws(Failure) -> JSON? {
    guard let text = context.settings.optional(option) else { return nil }
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = text.hasPrefix("@") ? try FileText.read(String(text.dropFirst()), limit: Limits.payloadBytes) : Array(text.utf8)
    } catch {
      throw Failure(error, exitCode: ExitCode.usage)
    }
    do throws(JSONError) {
      return try JSON(parsing: bytes)
    } catch {
      throw Failure(ExitCode.usage, "option --\(option): \(error)", hint: "quote it for the shell: '{\"x\": 1}'")
    }
  }

  private static func runCases(_ path: String, _ context: Context) throws(Failure) -> Int32 {
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try FileText.read(path, limit: Limits.caseFileBytes)
    } catch {
      throw Failure(error, exitCode: ExitCode.negative)
    }
    var passed = 0
    var failed = 0
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() where !isBlank(line) {
      if let problem = problem(Array(line)) {
        failed += 1
        context.print("FAIL \(path):\(number + 1) \(Printable.line(problem))\n")
      } else {
        passed += 1
      }
    }
    context.print("\(passed) passed, \(failed) failed\n")
    return failed == 0 ? ExitCode.ok : ExitCode.negative
  }

  private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }

  /// Why a case fails; nil when it passes.
  private static func problem(_ line: [UInt8]) -> String? {
    do {
      let json = try JSON(parsing: line)
      return FeelEvaluation.problem(ofCase: json).map { (json["id"]?.string ?? "") + ": " + $0 }
    } catch {
      return "\(error)"
    }
  }
}
