import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum Apply {
  static let verb = Verb(spec: spec, run: run)

  private static let waitMs: Int64 = 120_000

  private static let spec = CommandSpec(
    "apply", "Deploy the processes of BPMN files",
    details:
      "A process that is deployed already, unchanged, is left as it is: that is no error. With several files the good ones are deployed.",
    options: [
      .flag("stopped", configurable: false, help: "store the deployment, do not start it"),
      .flag("wait", configurable: false, help: "wait until all are RUNNING (0), one is in ERROR (1) or the time is over (6)"),
      OptionSpec("timeout", type: .duration, metavar: "TIME", preset: "120s", configurable: false, help: "longest wait with --wait"),
      GlobalOptions.output,
    ],
    positionals: [GlobalOptions.bpmnFiles("BPMN files; `-` reads standard input")],
    examples: [
      Example("flowctl apply examples/calc/calcprocess.bpmn", "deploy a process and start its services"),
      Example("flowctl apply --wait --timeout 30s a.bpmn b.bpmn", "deploy two and wait until both run"),
      Example("flowctl apply -o name calc.bpmn", "print only the deployment's id"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    var exitCode = ExitCode.ok
    var applied: [String] = []
    var table = Table([Table.Column("ID"), Table.Column("ANSWER"), Table.Column("FILE", shrinks: true)])
    for path in context.settings.words("bpmn_spec") {
      switch try apply(path, context) {
      case .success(let answer):
        applied += answer.processes.map(\.id)
        for process in answer.processes { table.add(Table.Cell(process.id), Table.Cell(process.word, .green), Table.Cell(path)) }
      case .failure: exitCode = ExitCode.original
      }
    }
    if context.wantsTable, !table.rows.isEmpty { context.print(table) }
    guard context.settings.flag("wait"), !applied.isEmpty else { return exitCode }
    let waited = try Waiting.deployments(applied, context, timeoutMs: context.settings.milliseconds("timeout") ?? waitMs)
    return exitCode == ExitCode.ok ? waited : exitCode
  }

  private struct Refused: Error {}

  /// A file that can not be read or is refused does not keep the others from being applied (row A10).
  private static func apply(_ path: String, _ context: Context) throws(Failure) -> Result<Answer, Refused> {
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try FileText.read(path, limit: Limits.bpmnFileBytes)
    } catch {
      context.complain(Failure(error, exitCode: ExitCode.original))
      return .failure(Refused())
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let request = FlowV1.ApplyRequest(bpmnXML: bytes, resourceName: name, stopped: context.settings.flag("stopped"))
    let outcome = try context.asking("apply \(path)") { client throws(Status) in try answer(request, client) }
    for finding in outcome.findings { context.note(line(of: finding, path)) }
    guard outcome.reply.failed else {
      return context.report(outcome.reply, printing: false) == ExitCode.ok ? .success(outcome) : .failure(Refused())
    }
    var named = outcome.reply
    named.message = "\(path): \(named.message)"
    _ = context.report(named)
    return .failure(Refused())
  }

  private struct Answer {
    var reply: EnvelopeReply
    var processes: [(id: String, word: String)] = []
    var findings: [FlowV1.Finding] = []
  }

  /// Tells the answer of flow.v1 in the original's words. A server that does not speak flow.v1 is asked in the original's way.
  private static func answer(_ request: FlowV1.ApplyRequest, _ client: FlowClient) throws(Status) -> Answer {
    do throws(Status) {
      let response = try client.apply(request)
      var data: JSON.Object = [
        "status": 0, "message": response.unchanged ? "unchanged" : "Ok.", "wf_id": .string(response.deploymentID),
      ]
      if response.processes.count > 1 { data["wf_ids"] = .array(response.processes.map { .string($0.deploymentID) }) }
      let reply = EnvelopeReply(status: 0, message: "Ok", data: JSON.object(data).text)
      var processes = response.processes.map { (id: $0.deploymentID, word: $0.unchanged ? "unchanged" : "Ok.") }
      // An older flowd tells the one that a file had.
      if processes.isEmpty { processes = [(response.deploymentID, response.unchanged ? "unchanged" : "Ok.")] }
      return Answer(reply: reply, processes: processes, findings: response.findings)
    } catch {
      switch error.code {
      case .unimplemented:
        let reply = try client.applyWorkflow(xml: String(decoding: request.bpmnXML, as: UTF8.self), stopped: request.stopped)
        return Answer(reply: reply, processes: [(reply.json?["wf_id"]?.string ?? "", reply.json?["message"]?.string ?? "")])
      case .unavailable, .deadlineExceeded, .unauthenticated, .permissionDenied, .resourceExhausted, .cancelled: throw error
      case .ok, .unknown, .invalidArgument, .notFound, .alreadyExists, .failedPrecondition, .aborted, .outOfRange, .internal, .dataLoss:
        return Answer(reply: EnvelopeReply(status: -1, message: error.message + (error.hint.map { " (try: \($0))" } ?? ""), data: ""))
      }
    }
  }

  private static func line(of finding: FlowV1.Finding, _ path: String) -> String {
    let place = finding.line > 0 ? "\(path):\(finding.line)" : path
    let element = finding.element.isEmpty ? "" : " (\(finding.element))"
    let hint = finding.hint.isEmpty ? "" : "; try: \(finding.hint)"
    return Printable.line("\(place): \(finding.severity): \(finding.message)\(element)\(hint) [\(finding.code)]")
  }
}
