import FlowClient
import FlowCommandLine
import FlowCore

enum Stop {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "stop", "Stop deployments, or cancel instances",
    details: "A deployment with instances that run is only stopped with --force. A canceled instance can not go on.",
    options: GlobalOptions.kinds + [
      .flag("force", short: "f", configurable: false, help: "stop it although instances run"), GlobalOptions.output,
    ],
    positionals: [GlobalOptions.ids(minimum: 1, "what to stop")],
    examples: [
      Example("flowctl stop -d calc", "stop a deployment and its services"),
      Example("flowctl stop -d --force calc", "stop it although instances run"),
      Example("flowctl stop flow-0123", "cancel an instance"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let ids = context.settings.words("ids")
    let force = context.settings.flag("force")
    let reply = try context.asking("stop") { client throws(Status) in try client.stopWorkflow(context.kind, ids: ids, force: force) }
    return context.report(reply, lookingUp: context.idKind)
  }
}
