import FlowClient
import FlowCommandLine
import FlowCore

enum Delete {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "delete", "Delete deployments or instances",
    details: "A deployment must be STOPPED or in ERROR, an instance must have ended. Instances of a deleted deployment are kept.",
    options: GlobalOptions.kinds + [GlobalOptions.output],
    positionals: [GlobalOptions.ids(minimum: 1, "what to delete")],
    examples: [
      Example("flowctl delete -d calc-3fa0b2c1", "delete a stopped deployment"),
      Example("flowctl delete flow-0123", "delete an instance that has ended"),
      Example("flowctl ps -o name | xargs flowctl delete", "delete all instances that have ended"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let ids = context.settings.words("ids")
    let reply = try context.asking("delete") { client throws(Status) in try client.deleteWorkflow(context.kind, ids: ids) }
    return context.report(reply, lookingUp: context.idKind, itemCode: ItemCode.delete)
  }
}
