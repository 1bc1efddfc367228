import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum Run {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "run", "Start an instance of a deployment, or run a BPMN file",
    details: """
      The arguments are the instance's input, as a list of JSON values; a word that is no JSON is text.
      A first argument that ends in .bpmn, .bpmn2 or .xml, or holds a `/`, is a file: it runs in this process, without a server.
      With --wait the result is all that is printed on stdout, and the exit code tells the outcome: 0 completed, 1 ended otherwise, 6 the time is over.
      """,
    options: [
      .flag("wait", configurable: false, help: "wait until the instance has ended, and print its result"), GlobalOptions.timeout,
      OptionSpec("start-event-id", short: "s", metavar: "ID", configurable: false, help: "which start event, when there are several"),
      OptionSpec("metadata", .repeatable, metavar: "KEY=VALUE", configurable: false, help: "kept with the instance"),
      .flag("stopped", configurable: false, help: "accepted as in the original"), GlobalOptions.output,
    ],
    positionals: [
      PositionalSpec(
        "workflow_id", type: .dynamic("deployments"), help: "a deployment's id, any part of it that names one, or a BPMN file"),
      PositionalSpec("args", minimum: 0, maximum: nil, type: .file, help: "input of the instance; `-5` is an argument"),
    ],
    examples: [
      Example("flowctl run --wait calc 42", "start an instance, wait, print its result"),
      Example("flowctl run calc 1 2 3", "start one and go on"),
      Example("flowctl run examples/calc/calcprocess.bpmn 42", "run a file without a server"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let name = context.settings.word("workflow_id") ?? ""
    let arguments = context.settings.words("args")
    if isFile(name) { return try RunInProcess.run(name, arguments, context) }
    let request = FlowProto.RunRequest(
      workflowID: name, args: arguments, stopped: context.settings.flag("stopped"),
      startEventID: context.settings.text("start-event-id"), metadata: try metadata(context))
    let reply = try context.asking("run \(name)") { client throws(Status) in try client.runWorkflow(request) }
    guard context.settings.flag("wait") else { return context.report(reply, lookingUp: .deployments, named: name) }
    guard let id = reply.json?["id"]?.string, reply.itemFailures.isEmpty, !reply.failed else { return context.reportOnStderr(reply) }
    if context.stderr.isTerminal { context.note("\(id) runs; Ctrl-C leaves it running, `flowctl ps --watch \(id)` shows it again") }
    return try waitForEnd(of: id, context)
  }

  /// Row of the design: what `run` takes for a file.
  static func isFile(_ name: String) -> Bool {
    [".bpmn", ".bpmn2", ".xml"].contains { name.lowercased().hasSuffix($0) } || name.contains("/")
  }

  static func metadata(_ context: Context) throws(Failure) -> [FlowProto.StringPair] {
    try context.settings.list("metadata").map { pair throws(Failure) in
      guard let equals = pair.firstIndex(of: "=") else {
        throw Failure(ExitCode.usage, "option --metadata: '\(pair)' is not KEY=VALUE", hint: "flowctl run --help")
      }
      return FlowProto.StringPair(key: String(pair[..<equals]), value: String(pair[pair.index(after: equals)...]))
    }
  }

  private static func waitForEnd(of id: String, _ context: Context) throws(Failure) -> Int32 {
    let timeoutMs = context.settings.milliseconds("timeout")
    guard let instance = try Waiting.instance(id, context, timeoutMs: timeoutMs) else {
      let time = TimeText.duration(milliseconds: timeoutMs ?? 0)
      context.complain(Failure(ExitCode.timeout, "\(id) has not ended within \(time)", why: "it goes on", hint: "flowctl ps \(id)"))
      return ExitCode.timeout
    }
    return InstanceOutcome.tell(instance, context)
  }
}

extension Context {
  /// For `--wait`, whose stdout is for the result alone.
  fileprivate func reportOnStderr(_ reply: EnvelopeReply) -> Int32 {
    log(reply.failed || !reply.itemFailures.isEmpty ? .error : .info, reply.logLine)
    if reply.failed { return reply.status >= -255 ? Int32(256 + reply.status) : ExitCode.original }
    guard let failure = reply.itemFailures.first else {
      complain(Failure(ExitCode.negative, "flowd did not say which instance it started", why: reply.data))
      return ExitCode.negative
    }
    let hint = failure.looksUnknown ? IDs.suggestion(for: failure.id, .deployments, self) : nil
    complain(Failure(ExitCode.negative, failure.message, hint: hint))
    return ItemCode.general(failure)
  }
}

/// What `run --wait` and a run in process tell of an instance that has ended.
enum InstanceOutcome {
  static func tell(_ instance: FlowV1.Instance, _ context: Context) -> Int32 {
    let result = String(decoding: instance.result, as: UTF8.self)
    guard instance.state == .completed else {
      let place = instance.failedElementID.isEmpty ? "" : " at \(instance.failedElementID)"
      let why = [instance.errorCode, instance.errorMessage].filter { !$0.isEmpty }.joined(separator: ": ")
      let hint = instance.state == .stopped ? "flowctl start \(instance.id) tries it again" : "flowctl ps \(instance.id) -o yaml"
      context.complain(Failure(ExitCode.negative, "\(instance.id) ended \(instance.state.word)\(place)", why: why, hint: hint))
      return ExitCode.negative
    }
    if context.format == .yaml {
      context.print(data: result, names: [])
    } else {
      context.print(result.hasSuffix("\n") ? result : result + "\n")
    }
    return ExitCode.ok
  }
}
