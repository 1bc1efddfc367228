import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

/// Where instances can not go on until somebody acts.
enum Incidents {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "incidents", "Show where instances are stuck, and let them go on",
    details: "The exit code of the list is 0 whether there are any or not.",
    options: [WorkOptions.instance, WorkOptions.limit("incidents"), GlobalOptions.output],
    examples: [
      Example("flowctl incidents", "the oldest first"),
      Example("flowctl set flow-0123 amount=17", "put right what was wrong"),
      Example("flowctl incidents resolve 2251799813685252", "and go on"),
    ],
    subcommands: [
      CommandSpec(
        "resolve", "Say that the reason is gone: the instance goes on",
        details: "A job that has no retries left gets --retries of them first.",
        options: [
          OptionSpec("retries", type: .integer(1...1000), metavar: "N", preset: "1", configurable: false, help: "of the job that failed"),
          GlobalOptions.output,
        ],
        positionals: [PositionalSpec("keys", maximum: nil, help: "keys of incidents")],
        examples: [
          Example("flowctl incidents resolve 2251799813685252", "one"),
          Example("flowctl incidents -o name | xargs flowctl incidents resolve", "the oldest hundred"),
        ])
    ], runsAlone: true)

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    if context.settings.invocation.command.name == "resolve" { return try resolve(context) }
    let found = try context.calling("incidents") { client throws(Status) in
      try context.pages(context.settings.integer("limit") ?? 100) { size, token throws(Status) in
        let page = try client.listIncidents(.init(instanceID: context.settings.text("instance"), pageSize: size, pageToken: token))
        return (page.incidents, page.nextPageToken)
      }
    }
    context.show(
      WorkTables.incidents(found.rows), .array(found.rows.map(WorkJSON.incident)), names: found.rows.map(\.key),
      none: "there are no incidents")
    context.noteMore(found.hasMore, found.rows.count)
    return ExitCode.ok
  }

  /// One that can not be resolved does not keep the others from it; the first failure decides.
  private static func resolve(_ context: Context) throws(Failure) -> Int32 {
    var exitCode = ExitCode.ok
    let retries = Int32(context.settings.integer("retries") ?? 1)
    for key in context.settings.words("keys") {
      do throws(Failure) {
        let answer = try context.calling("incidents resolve \(key)") { client throws(Status) in
          try client.resolveIncident(.init(key: key, retries: retries))
        }
        context.done("incident \(key) is resolved", key: key, position: answer.position)
      } catch {
        if error.exitCode == ExitCode.unreachable { throw error }
        context.complain(error)
        if exitCode == ExitCode.ok { exitCode = error.exitCode }
      }
    }
    return exitCode
  }
}
