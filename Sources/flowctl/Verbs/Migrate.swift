import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum Migrate {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "migrate", "Let a live instance go on in another deployment",
    details: """
      What is active at an element goes on at the one that --map names, or at the one with the same id. All of it is done, or nothing; what is in the way is told as a whole.
      """,
    options: [
      OptionSpec("map", short: "m", .repeatable, metavar: "FROM=TO", configurable: false, help: "go on at TO instead of FROM"),
      .flag("dry-run", short: "n", configurable: false, help: "say what is in the way, and change nothing"), GlobalOptions.output,
    ],
    positionals: [
      PositionalSpec("instance", type: .dynamic("instances"), help: "an instance's id"),
      PositionalSpec("deployment", type: .dynamic("deployments"), help: "where it goes on"),
    ],
    examples: [
      Example("flowctl migrate flow-0123 pay-4567 --dry-run", "is it safe?"),
      Example("flowctl migrate flow-0123 pay-4567 --map Approve=Review", "the task has another id there"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let id = settings.word("instance") ?? ""
    let request = FlowV1.MigrateInstanceRequest(
      instanceID: id, deployment: settings.word("deployment") ?? "", mapping: try mapping(settings.list("map")),
      dryRun: settings.flag("dry-run"))
    let answer = try context.calling("migrate \(id)") { client throws(Status) in try client.migrateInstance(request) }
    if request.dryRun { return tell(answer, id, context) }
    context.done("\(id) goes on in \(answer.deploymentID)", key: id, position: answer.position)
    return ExitCode.ok
  }

  private static func mapping(_ pairs: [String]) throws(Failure) -> [FlowV1.MigrateInstanceRequest.Mapping] {
    try pairs.map { pair throws(Failure) in
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw Failure(ExitCode.usage, "option --map: '\(pair)' is not FROM=TO", hint: "flowctl migrate --help")
      }
      return .init(fromElementID: String(sides[0]), toElementID: String(sides[1]))
    }
  }

  private static func tell(_ answer: FlowV1.MigrateInstanceResponse, _ id: String, _ context: Context) -> Int32 {
    let data: JSON = [
      "key": .string(id), "deployment": .string(answer.deploymentID), "reasons": .array(answer.reasons.map { .string($0) }),
      "position": .string(String(answer.position)),
    ]
    context.print(data: data.text, names: [id])
    guard !answer.reasons.isEmpty else {
      if context.format == nil { context.note("\(id) can go on in \(answer.deploymentID); nothing is changed yet") }
      return ExitCode.ok
    }
    context.complain(Failure(ExitCode.negative, "\(id) can not go on in \(answer.deploymentID)"))
    for reason in answer.reasons { context.note("why:   \(Printable.line(reason))") }
    context.note("try:   --map FROM=TO, where an element has another id there")
    return ExitCode.negative
  }
}
