import FlowClient
import FlowBPMN
import FlowBPMNRead
import FlowCommandLine
import FlowCore

enum Validate {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "validate", "Check BPMN files without a server",
    details: """
      Every finding is told with line, element and what to try. The exit code is 1 when a file could not be deployed.
      `-o json` prints one JSON object a line and file: the original's keys, the file's counts and all findings; its exit code is 1 when a file is no BPMN (`ok` false), since a model that does not run here may be a good one. With a bare `-o` it is 1 when `status` is -1: an element that does not run yet is a finding there, and refused by apply.
      """,
    options: [
      // Bare `-o` is JSON as everywhere, but its exit code tells the original's status.
      OptionSpec(
        "output", short: "o", .optionalValue(bare: "bare", words: OutputFormat.allCases.map(\.rawValue)), metavar: "FORMAT",
        configurable: false,
        help: "data on stdout as json (also when no word follows), yaml, name or table"),
      .flag("include-kubernetes", configurable: false, help: "accepted; this version makes no manifests"),
    ],
    positionals: [GlobalOptions.bpmnFiles("BPMN files; `-` reads standard input")],
    examples: [
      Example("flowctl validate calc.bpmn", "what is wrong with a file"),
      Example("flowctl validate -o json *.bpmn", "one JSON object a file"),
      Example("flowctl validate -o name calc.bpmn", "the id that it would be deployed under"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    if context.settings.flag("include-kubernetes") { context.note("warning: this version makes no Kubernetes manifests") }
    let checks = context.settings.words("bpmn_spec").map(ModelCheck.init(reading:))
    let form = context.settings.text("output")
    for check in checks {
      if form != "json", !context.isForPeople || !context.stderr.isTerminal {
        context.log(check.compiles ? .info : .error, check.envelope.logLine)
      }
      tell(check, form, context)
    }
    if form == "table" || form.isEmpty && context.stdout.isTerminal { context.print(table(checks)) }
    let good = checks.allSatisfy { form == "json" ? $0.ok : form == "bare" ? $0.compiles : $0.isGood }
    return good ? ExitCode.ok : ExitCode.negative
  }

  private static func tell(_ check: ModelCheck, _ form: String, _ context: Context) {
    if form == "json" || form == "bare" {
      context.print(check.json.text + "\n")
    } else if form == "yaml" {
      context.print("---\n" + YAMLText.text(check.json))
    } else if form == "name" {
      if let id = check.deploymentID, check.compiles { context.print(id + "\n") }
    } else {
      for finding in check.findings { context.note(FindingText.line(of: finding, check.file)) }
    }
  }

  private static func table(_ checks: [ModelCheck]) -> Table {
    var table = Table([
      Table.Column("FILE", shrinks: true), Table.Column("RESULT"), Table.Column("ID", shrinks: true), Table.Column("NODES", right: true),
      Table.Column("FLOWS", right: true), Table.Column("ERRORS", right: true), Table.Column("WARNINGS", right: true),
    ])
    for check in checks {
      let errors = check.findings.count { $0.severity == .error }
      table.add(
        Table.Cell(check.file), check.isGood ? Table.Cell("good", .green) : Table.Cell("bad", .red), Table.Cell(check.deploymentID ?? "-"),
        Table.Cell(String(check.counts.flowNodes)), Table.Cell(String(check.counts.sequenceFlows)), Table.Cell(String(errors)),
        Table.Cell(String(check.findings.count - errors)))
    }
    return table
  }
}

/// What `validate` knows of one file.
struct ModelCheck: Sendable {
  let file: String
  /// It is BPMN; whether it runs is another matter.
  let ok: Bool
  let counts: Counts
  let findings: [Finding]
  /// nil when it is not BPMN.
  let definitions: Definitions?
  let deploymentID: String?

  init(reading path: String) {
    file = path
    do throws(FileProblem) {
      let result = readDefinitions(try FileText.read(path, limit: Limits.bpmnFileBytes))
      ok = result.ok
      counts = result.counts
      findings = result.findings + (result.definitions.map(FlowBPMN.validate) ?? [])
      definitions = result.definitions
      deploymentID = result.definitions?.deployable?.deploymentID
    } catch {
      ok = false
      counts = Counts()
      findings = [Finding(.error, "unreadable", error.reason)]
      (definitions, deploymentID) = (nil, nil)
    }
  }

  /// It could be deployed.
  var isGood: Bool { ok && !findings.hasErrors }

  /// The original's status, and that of `ValidateWorkflow`: an element that does not run yet is for apply to refuse.
  var compiles: Bool { ok && deploymentID != nil && refusals.isEmpty || isGood }

  private var refusals: [Finding] { findings.filter { $0.severity == .error && $0.code != "not-executable" } }

  private var message: String {
    guard !compiles else { return "Ok." }
    guard let first = refusals.first ?? findings.first(where: { $0.severity == .error }) else { return "Failed to compile \(file)" }
    return "Failed to compile \(file)" + (first.line > 0 ? ", line \(first.line)" : "") + ": \(first.message)"
  }

  /// `status`, `message` and `wf_id`, as the original has them.
  private var original: JSON.Object {
    var object: JSON.Object = ["status": .int(compiles ? 0 : -1), "message": .string(message)]
    if compiles, let deploymentID { object["wf_id"] = .string(deploymentID) }
    return object
  }

  /// The original's answer, whose envelope is good also when the file is not.
  var envelope: EnvelopeReply { EnvelopeReply(status: 0, message: "Ok", data: JSON.object(original).text) }

  /// The original's keys, and the rest.
  var json: JSON {
    var object = original
    if object["wf_id"] == nil { object["wf_id"] = deploymentID.map { .string($0) } ?? .null }
    object["file"] = .string(file)
    object["ok"] = .bool(ok)
    object["processes"] = .int(Int64(counts.processes))
    object["flow_nodes"] = .int(Int64(counts.flowNodes))
    object["sequence_flows"] = .int(Int64(counts.sequenceFlows))
    object["findings"] = .array(findings.map(FindingText.json))
    return .object(object)
  }
}
