import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

/// Work that people do.
enum Tasks {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "tasks", "Show open user tasks; complete and assign them",
    options: [
      OptionSpec("assignee", short: "a", metavar: "NAME", configurable: false, help: "only those of this person"), WorkOptions.instance,
      WorkOptions.limit("tasks"), GlobalOptions.output,
    ],
    examples: [
      Example("flowctl tasks --assignee ann", "what waits for ann"),
      Example("flowctl tasks complete 2251799813685252 '{\"approved\": true}'", "one is done"),
      Example("flowctl tasks assign 2251799813685252 bob", "give it to bob"),
    ],
    subcommands: [
      CommandSpec(
        "complete", "Say that a user task is done",
        options: [GlobalOptions.output], positionals: [WorkOptions.key("a user task"), WorkOptions.variables],
        examples: [Example("flowctl tasks complete 2251799813685252 '{\"approved\": true}'", "with a result")]),
      CommandSpec(
        "assign", "Assign a user task to somebody, or to nobody",
        options: [GlobalOptions.output],
        positionals: [WorkOptions.key("a user task"), PositionalSpec("assignee", minimum: 0, help: "to whom; nobody when there is none")],
        examples: [Example("flowctl tasks assign 2251799813685252 bob", "give it to bob")]),
    ], runsAlone: true)

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let key = settings.word("key") ?? ""
    switch settings.invocation.command.name {
    case "complete":
      let variables = try context.variables()
      let answer = try context.calling("tasks complete \(key)") { client throws(Status) in
        try client.completeUserTask(.init(key: key, variables: variables))
      }
      context.done("user task \(key) is completed", key: key, position: answer.position)
    case "assign":
      let assignee = settings.word("assignee") ?? ""
      let answer = try context.calling("tasks assign \(key)") { client throws(Status) in
        try client.updateUserTask(.init(key: key, assignee: assignee))
      }
      context.done("user task \(key) is \(assignee.isEmpty ? "nobody" : assignee)'s", key: key, position: answer.position)
    case _: try list(context)
    }
    return ExitCode.ok
  }

  private static func list(_ context: Context) throws(Failure) {
    let settings = context.settings
    let found = try context.calling("tasks") { client throws(Status) in
      try context.pages(settings.integer("limit") ?? 100) { size, token throws(Status) in
        let page = try client.listUserTasks(
          .init(instanceID: settings.text("instance"), assignee: settings.text("assignee"), pageSize: size, pageToken: token))
        return (page.userTasks, page.nextPageToken)
      }
    }
    context.show(
      WorkTables.tasks(found.rows), .array(found.rows.map(WorkJSON.task)), names: found.rows.map(\.key),
      none: "there are no open user tasks")
    context.noteMore(found.hasMore, found.rows.count)
  }
}
