import FlowBPMN
import FlowCommandLine
import FlowCore

enum Lint {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "lint", "Look for what is likely to be a mistake in BPMN files",
    details: """
      Tells what `validate` does, and more: nodes that lead nowhere, branches that are joined by the wrong gateway, cycles without a way out, variables that nothing writes, messages that nobody uses. A clean file says nothing. The exit code is 1 when there is an error, with --strict also when there is a warning; notes never count.
      """,
    options: [
      .flag("strict", configurable: false, help: "warnings count as errors"),
      .flag("rules", configurable: false, help: "list the rules with what they mean, and exit"),
      OptionSpec(
        "ignore", .repeatable, metavar: "RULE", configurable: false, help: "leave out the findings of this rule; may come several times"),
      GlobalOptions.output,
    ],
    positionals: [PositionalSpec("bpmn_spec", minimum: 0, maximum: nil, type: .file, help: "BPMN files; `-` reads standard input")],
    examples: [
      Example("flowctl lint calc.bpmn", "what may be wrong with a file"),
      Example("flowctl lint --strict -o json *.bpmn", "for a build: one JSON object a file"),
      Example("flowctl lint --rules", "what is looked for"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    if context.settings.flag("rules") { return rules(context) }
    let files = context.settings.words("bpmn_spec")
    guard !files.isEmpty else {
      throw Failure(ExitCode.usage, "flowctl lint needs a BPMN file or --rules", hint: "flowctl lint --help")
    }
    let ignored = try ignoredRules(context)
    let checks = files.map { LintCheck(reading: $0, ignoring: ignored) }
    for check in checks { tell(check, context) }
    if context.format == .table { context.print(table(checks)) }
    let worst: Set<Finding.Severity> = context.settings.flag("strict") ? [.error, .warning] : [.error]
    return checks.contains { $0.findings.contains { worst.contains($0.severity) } } ? ExitCode.negative : ExitCode.ok
  }

  private static func ignoredRules(_ context: Context) throws(Failure) -> Set<String> {
    let ignored = Set(context.settings.list("ignore"))
    let known = Set(LintRules.all.map(\.code))
    if let unknown = ignored.subtracting(known).min() {
      throw Failure(ExitCode.usage, "option --ignore: there is no rule '\(Printable.line(unknown))'", hint: "flowctl lint --rules")
    }
    return ignored
  }

  private static func tell(_ check: LintCheck, _ context: Context) {
    switch context.format {
    case .json: context.print(check.json.text + "\n")
    case .yaml: context.print("---\n" + YAMLText.text(check.json))
    case .name: if !check.findings.isEmpty { context.print(Printable.line(check.file) + "\n") }
    case .table: break
    case nil: for finding in check.findings { context.print(FindingText.line(of: finding, check.file) + "\n") }
    }
  }

  private static func table(_ checks: [LintCheck]) -> Table {
    var table = Table([
      Table.Column("FILE", shrinks: true), Table.Column("LINE", right: true), Table.Column("SEVERITY"), Table.Column("RULE"),
      Table.Column("ELEMENT", shrinks: true), Table.Column("MESSAGE", shrinks: true),
    ])
    for check in checks {
      for finding in check.findings {
        table.add(
          Table.Cell(check.file), Table.Cell(finding.line > 0 ? String(finding.line) : "-"), severity(finding.severity),
          Table.Cell(finding.code), Table.Cell(finding.element ?? "-"), Table.Cell(finding.message))
      }
    }
    return table
  }

  private static func severity(_ severity: Finding.Severity) -> Table.Cell {
    switch severity {
    case .error: Table.Cell(severity.rawValue, .red)
    case .warning: Table.Cell(severity.rawValue, .yellow)
    case .note: Table.Cell(severity.rawValue)
    }
  }

  private static func rules(_ context: Context) -> Int32 {
    switch context.format {
    case .json: for rule in LintRules.all { context.print(rule.json.text + "\n") }
    case .yaml: context.print(YAMLText.text(.array(LintRules.all.map(\.json))))
    case .name: for rule in LintRules.all { context.print(rule.code + "\n") }
    case .table, nil:
      for rule in LintRules.all { context.print("\(rule.code) (\(rule.severity.rawValue))\n    \(rule.explanation)\n") }
    }
    return ExitCode.ok
  }
}

/// What `lint` knows of one file.
struct LintCheck: Sendable {
  let file: String
  let ok: Bool
  let findings: [Finding]

  init(reading path: String, ignoring ignored: Set<String>) {
    let check = ModelCheck(reading: path)
    file = path
    ok = check.ok
    let own = check.definitions.map { FlowBPMN.lint($0) + LintVariables.findings(in: $0) } ?? []
    let all = (check.findings + own).filter { !ignored.contains($0.code) }
    findings = Array(all.sorted { ($0.line, $0.code, $0.element ?? "") < ($1.line, $1.code, $1.element ?? "") }.prefix(Limits.findings))
  }

  var json: JSON {
    func count(_ severity: Finding.Severity) -> JSON { .int(Int64(findings.count { $0.severity == severity })) }
    return [
      "file": .string(file), "ok": .bool(ok), "errors": count(.error), "warnings": count(.warning), "notes": count(.note),
      "findings": .array(findings.map(FindingText.json)),
    ]
  }
}

/// How findings are shown.
enum FindingText {
  static func line(of finding: Finding, _ path: String) -> String {
    let place = finding.line > 0 ? "\(path):\(finding.line)" : path
    let element = finding.element.map { " (\($0))" } ?? ""
    let hint = finding.hint.map { "; try: \($0)" } ?? ""
    return Printable.line("\(place): \(finding.severity.rawValue): \(finding.message)\(element)\(hint) [\(finding.code)]")
  }

  static func json(_ finding: Finding) -> JSON {
    [
      "code": .string(finding.code), "severity": .string(finding.severity.rawValue), "line": .int(Int64(finding.line)),
      "element": finding.element.map { .string($0) } ?? .null, "message": .string(finding.message),
      "hint": finding.hint.map { .string($0) } ?? .null,
    ]
  }
}

extension LintRule {
  fileprivate var json: JSON {
    ["code": .string(code), "severity": .string(severity.rawValue), "explanation": .string(explanation)]
  }
}
