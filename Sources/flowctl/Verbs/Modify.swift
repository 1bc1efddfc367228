import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

/// `set`; the word alone is Swift's.
enum SetVerb {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "set", "Set variables of a live instance",
    details:
      "A value is JSON; what is no JSON is text. Each is set where its name is known, or in the process; --local sets it in --scope.",
    options: [
      OptionSpec("scope", metavar: "ELEMENT", configurable: false, help: "an active element: its id, or its number in `ps`"),
      .flag("local", configurable: false, help: "in this very scope"), GlobalOptions.output,
    ],
    positionals: [
      PositionalSpec("instance", type: .dynamic("instances"), help: "an instance's id"),
      PositionalSpec("values", maximum: nil, help: "NAME=VALUE"),
    ],
    examples: [
      Example("flowctl set flow-0123 amount=17 name=ann", "two variables of the process"),
      Example("flowctl set flow-0123 --scope Pay --local retry=true", "seen by one element alone"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let id = context.settings.word("instance") ?? ""
    var values = JSON.Object()
    for word in context.settings.words("values") {
      guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw Failure(ExitCode.usage, "'\(word)' is not NAME=VALUE", hint: "flowctl set --help")
      }
      let text = String(word[word.index(after: equals)...])
      do throws(JSONError) { values[String(word[..<equals])] = try JSON(parsing: text) } catch {
        values[String(word[..<equals])] = .string(text)
      }
    }
    let request = FlowV1.SetVariablesRequest(
      instanceID: id, scope: context.settings.text("scope"), variables: JSON.object(values).bytes, local: context.settings.flag("local"))
    let answer = try context.calling("set variables of \(id)") { client throws(Status) in try client.setVariables(request) }
    context.done("\(values.members.count) variables of \(id) are set", key: id, position: answer.position)
    return ExitCode.ok
  }
}

enum Modify {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "modify", "Move a live instance's tokens by hand",
    details: "All of it is done, or nothing. What begins comes before what ends.",
    options: [
      OptionSpec("activate", short: "a", .repeatable, metavar: "ELEMENT", configurable: false, help: "begin this element"),
      OptionSpec(
        "terminate", short: "t", .repeatable, metavar: "ELEMENT", configurable: false,
        help: "end an active element: by id all of them, by its number in `ps` one"),
      OptionSpec("variables", metavar: "JSON", configurable: false, help: "an object, for what begins"), GlobalOptions.output,
    ],
    positionals: [PositionalSpec("instance", type: .dynamic("instances"), help: "an instance's id")],
    examples: [
      Example("flowctl modify flow-0123 --terminate Pay --activate Ship", "leave out the payment"),
      Example("flowctl modify flow-0123 --activate Pay", "once more"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let id = settings.word("instance") ?? ""
    let variables = Array(settings.text("variables").utf8)
    let request = FlowV1.ModifyInstanceRequest(
      instanceID: id, activate: settings.list("activate").map { .init(elementID: $0, variables: variables) },
      terminate: settings.list("terminate").map { .init(elementID: $0) })
    guard !request.activate.isEmpty || !request.terminate.isEmpty else {
      throw Failure(ExitCode.usage, "flowctl modify needs --activate or --terminate", hint: "flowctl ps \(id) shows what is active")
    }
    let answer = try context.calling("modify \(id)") { client throws(Status) in try client.modifyInstance(request) }
    context.done("\(id) is modified", key: id, position: answer.position)
    return ExitCode.ok
  }
}
