import FlowClient
import FlowCommandLine
import FlowCore

enum Start {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "start", "Start stopped deployments, or retry instances",
    details: "An instance that is STOPPED is retried at the task that failed, with the input that it had.",
    options: GlobalOptions.kinds + [GlobalOptions.output],
    positionals: [GlobalOptions.ids(minimum: 1, "what to start")],
    examples: [
      Example("flowctl start -d calc", "start a deployment that was stopped"),
      Example("flowctl start flow-0123", "retry an instance"),
      Example("flowctl start -k DEPLOYMENT calc underpants", "start two deployments"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let ids = context.settings.words("ids")
    let reply = try context.asking("start") { client throws(Status) in try client.startWorkflow(context.kind, ids: ids) }
    return context.report(reply, lookingUp: context.idKind)
  }
}
