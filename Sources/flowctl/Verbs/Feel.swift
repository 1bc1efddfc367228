import FlowCommandLine
import FlowCore

enum Feel {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "feel", "Evaluate a FEEL expression, or run a file of cases",
    details: "Needs no server. The value is printed as JSON, or as -o says. With --cases the last line is `N passed, N failed`.",
    options: [
      OptionSpec(
        "context", metavar: "JSON", configurable: false, help: "variables of the expression, as a JSON object; @FILE reads a file"),
      OptionSpec("input", metavar: "JSON", configurable: false, help: "evaluate as unary tests against this value"),
      .flag("explain", configurable: false, help: "show under each note where in the expression a value became null"),
      .flag("strict", configurable: false, help: "fail with exit code 1, and print no value, when a part of the expression became null"),
      OptionSpec("cases", type: .file, metavar: "FILE", configurable: false, help: "run the cases of a JSON lines file"),
      GlobalOptions.output,
    ],
    positionals: [PositionalSpec("expr", minimum: 0, help: "the expression")],
    examples: [
      Example("flowctl feel '1 + 2 * x' --context '{\"x\": 3}'", "evaluate an expression"),
      Example("flowctl feel --explain 'order.totl > 5' --context @order.json", "see why a value is null"),
      Example("flowctl feel '> 5' --input 7", "evaluate unary tests"), Example("flowctl feel --cases cases.jsonl", "run a file of cases"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    if let path = context.settings.optional("cases") { return try runCases(path, context) }
    guard let expression = context.settings.word("expr") else {
      throw Failure(ExitCode.usage, "flowctl feel needs an expression or --cases", hint: "flowctl feel --help")
    }
    let variables = try json("context", context) ?? .object([:])
    guard variables.object != nil else {
      throw Failure(ExitCode.usage, "option --context: a JSON object is needed", hint: "flowctl feel --help")
    }
    let input = try json("input", context)
    let answer: FeelEvaluation.Answer
    do throws(FeelEvaluation.Problem) {
      answer = try FeelEvaluation.value(of: expression, context: variables, input: input)
    } catch {
      if context.settings.flag("explain") { context.note(FeelEvaluation.pointer(to: error.offset, in: expression)) }
      throw error.failure
    }
    return try tell(answer, of: expression, context)
  }

  private static func tell(_ answer: FeelEvaluation.Answer, of expression: String, _ context: Context) throws(Failure) -> Int32 {
    let isExplained = context.settings.flag("explain")
    for note in answer.notes {
      context.note("note:  \(Printable.line(note.description))")
      if isExplained { context.note(FeelEvaluation.pointer(to: note.offset, in: expression)) }
    }
    if !answer.notes.isEmpty { for hint in answer.hints { context.note("try:   \(Printable.line(hint))") } }
    if context.settings.flag("strict"), !answer.notes.isEmpty {
      let why = "\(answer.notes.count) of its parts became null; the notes above say why"
      throw Failure(ExitCode.negative, "the expression has an error", why: why, hint: "get or else(…, …) where a value may be missing")
    }
    let value = answer.value
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
    let (failed, lines) = FeelEvaluation.run(cases: String(decoding: bytes, as: UTF8.self))
    for line in lines { context.print(Printable.line(line) + "\n") }
    return failed == 0 ? ExitCode.ok : ExitCode.negative
  }
}
