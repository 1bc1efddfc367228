import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum Probe {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "probe", "Probe the services of deployments now",
    details: "healthd probes; when it can not be reached, flowd does.",
    options: [GlobalOptions.output],
    positionals: [GlobalOptions.ids(minimum: 0, "deployments; all when there are none")],
    examples: [
      Example("flowctl probe calc", "probe one deployment"),
      Example("flowctl probe -o", "probe all, as JSON"),
      Example("flowctl health", "what is known without probing"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let ids = context.settings.words("ids")
    if let response = try viaHealthd(ids, context) {
      let reply = EnvelopeReply(status: 0, message: "Ok", data: data(response, ids).text)
      let exitCode = context.report(reply, lookingUp: .deployments)
      if context.wantsTable { context.print(HealthTable.table(response.deployments)) }
      return exitCode
    }
    let reply = try context.asking("probe") { client throws(Status) in try client.probeWorkflow(ids: ids) }
    return context.report(reply, lookingUp: .deployments)
  }

  /// nil when healthd can not be reached.
  private static func viaHealthd(_ ids: [String], _ context: Context) throws(Failure) -> FlowV1.ProbeResponse? {
    let client = try context.healthd()
    do throws(Status) {
      return try client.probe(deployments: ids)
    } catch {
      guard error.code == .unavailable || error.code == .unimplemented else {
        throw Failure(error, doing: "probe failed at healthd on \(client.address)")
      }
      context.log(.debug, "healthd can not be reached, flowd is asked: \(error.message)")
      return nil
    }
  }

  /// The original's shapes: one id gives an object, several an object of objects, none a list.
  static func data(_ response: FlowV1.ProbeResponse, _ ids: [String]) -> JSON {
    let found = response.deployments.map { (id: $0.deploymentID, pairs: pairs($0)) }
    if let unknown = response.unknown.first { return ["result": .string("Workflow '\(unknown)' not found")] }
    if found.isEmpty { return ["result": "No workflows exist"] }
    if ids.isEmpty { return .array(found.map { [$0.id: $0.pairs] }) }
    if ids.count == 1 { return [found[0].id: found[0].pairs] }
    var all = JSON.Object()
    for (id, pairs) in found { all[id] = [id: pairs] }
    return .object(all)
  }

  private static func pairs(_ deployment: FlowV1.DeploymentHealth) -> JSON {
    .array(deployment.elements.map { [.string($0.elementID), .string($0.up ? "UP" : "DOWN")] })
  }
}
