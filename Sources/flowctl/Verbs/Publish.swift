import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum Publish {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "publish", "Publish a message to who waits for it",
    details: """
      One instance of each process takes it: one that waits for this name and key, or a new one where the process begins with it. With --ttl it is kept for who comes later.
      """,
    options: [
      // `--key` is the key of a certificate.
      OptionSpec("correlation-key", short: "k", metavar: "KEY", configurable: false, help: "whom it concerns"),
      OptionSpec("ttl", type: .duration, metavar: "TIME", preset: "0s", configurable: false, help: "keep it so long"),
      OptionSpec("id", metavar: "ID", configurable: false, help: "published once while one with this id is kept"), GlobalOptions.output,
    ],
    positionals: [PositionalSpec("name", help: "the message's name"), WorkOptions.variables],
    examples: [
      Example("flowctl publish paid -k 17 '{\"amount\": 3}'", "for the instance that waits for order 17"),
      Example("flowctl publish paid -k 17 --ttl 1h --id 4711", "for one that may come within an hour, once"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let request = FlowV1.PublishMessageRequest(
      name: settings.word("name") ?? "", correlationKey: settings.text("correlation-key"), timeToLiveMs: settings.milliseconds("ttl") ?? 0,
      messageID: settings.text("id"), variables: try context.variables())
    let answer = try context.calling("publish \(request.name)") { client throws(Status) in try client.publishMessage(request) }
    context.done("message '\(request.name)' is published", key: answer.key, position: answer.position)
    return ExitCode.ok
  }
}

enum Signal {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "signal", "Broadcast a signal to all who wait for it",
    options: [GlobalOptions.output], positionals: [PositionalSpec("name", help: "the signal's name"), WorkOptions.variables],
    examples: [Example("flowctl signal alarm '{\"loud\": true}'", "moves all who wait, starts who begins with it")])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let request = FlowV1.BroadcastSignalRequest(name: context.settings.word("name") ?? "", variables: try context.variables())
    let answer = try context.calling("signal \(request.name)") { client throws(Status) in try client.broadcastSignal(request) }
    context.done("signal '\(request.name)' is broadcast", key: answer.key, position: answer.position)
    return ExitCode.ok
  }
}

enum Conditions {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "conditions", "Start who begins when a condition holds",
    details: "Conditional start events of the latest versions are looked at with these variables; where one holds an instance begins.",
    options: [GlobalOptions.output], positionals: [WorkOptions.variables],
    examples: [Example("flowctl conditions '{\"stock\": 3}'", "begins what has a start event with the condition `stock < 5`")])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let request = FlowV1.EvaluateConditionsRequest(variables: try context.variables())
    let answer = try context.calling("conditions") { client throws(Status) in try client.evaluateConditions(request) }
    let data: JSON = ["held": .int(Int64(answer.held)), "position": .string(String(answer.position))]
    context.print(data: data.text, names: [])
    if context.format == nil, context.stderr.isTerminal {
      context.note(answer.held == 1 ? "1 condition holds" : "\(answer.held) conditions hold")
    }
    return ExitCode.ok
  }
}
