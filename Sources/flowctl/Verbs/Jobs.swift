import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

/// Work that workers do. A shell script can be one.
enum Jobs {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "jobs", "Show open jobs; take, complete, fail them as a worker",
    details: """
      A job is work that an instance waits for: a task with a type, which workers poll for. Without a subcommand the open ones are listed, and nothing changes.
      """,
    options: [
      OptionSpec("type", short: "t", metavar: "TYPE", configurable: false, help: "only of this type"), WorkOptions.instance,
      WorkOptions.limit("jobs"), GlobalOptions.output,
    ],
    examples: [
      Example("flowctl jobs --type pay", "open jobs of one type: who waits for whom"),
      Example("flowctl jobs activate pay -o", "take one, as a worker does"),
      Example("flowctl jobs complete 2251799813685252 '{\"paid\": true}'", "its work is done"),
    ],
    subcommands: [activate, complete, fail, throwError], runsAlone: true)

  private static let activate = CommandSpec(
    "activate", "Take jobs of a type, as a worker does",
    details: "Prints them as JSON, with their variables. Nobody else gets them until --lock is over. The exit code is 6 when none came.",
    options: [
      OptionSpec("max", short: "n", type: .integer(1...1000), metavar: "N", preset: "1", configurable: false, help: "take at most N"),
      OptionSpec("worker", metavar: "NAME", preset: "flowctl", configurable: false, help: "who works on them"),
      OptionSpec("lock", type: .duration, metavar: "TIME", preset: "5m", configurable: false, help: "how long they are this worker's"),
      OptionSpec("wait", type: .duration, metavar: "TIME", preset: "0s", configurable: false, help: "wait for one so long"),
      GlobalOptions.output,
    ],
    positionals: [PositionalSpec("type", help: "the type that the model gives its jobs")],
    examples: [
      Example("flowctl jobs activate pay", "take one, if there is one"),
      Example("flowctl jobs activate pay -n 10 --wait 30s", "take up to ten, and wait for the first"),
    ])

  private static let complete = CommandSpec(
    "complete", "Say that the work of a job is done",
    options: [GlobalOptions.output], positionals: [WorkOptions.key("a job"), WorkOptions.variables],
    examples: [
      Example("flowctl jobs complete 2251799813685252", "without a result"),
      Example("flowctl jobs complete 2251799813685252 '{\"paid\": true}'", "with variables"),
    ])

  private static let fail = CommandSpec(
    "fail", "Say that the work of a job was not done",
    details: "Without --retries it may be tried once less than before. With none left there is an incident.",
    options: [
      OptionSpec(
        "retries", type: .integer(0...Int(Int32.max)), metavar: "N", configurable: false, help: "how often it may still be tried"),
      OptionSpec("backoff", type: .duration, metavar: "TIME", preset: "0s", configurable: false, help: "nobody gets it before"),
      OptionSpec("message", short: "m", metavar: "TEXT", configurable: false, help: "why"), GlobalOptions.output,
    ],
    positionals: [WorkOptions.key("a job"), WorkOptions.variables],
    examples: [Example("flowctl jobs fail 2251799813685252 -m 'the bank is closed' --backoff 1h", "try again in an hour")])

  private static let throwError = CommandSpec(
    "throw", "End a job with a business error, for the model to catch",
    options: [
      OptionSpec("message", short: "m", metavar: "TEXT", configurable: false, help: "what happened"), GlobalOptions.output,
    ],
    positionals: [WorkOptions.key("a job"), PositionalSpec("code", help: "the code of an error event"), WorkOptions.variables],
    examples: [Example("flowctl jobs throw 2251799813685252 NO_MONEY", "goes on at the event that catches NO_MONEY")])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    switch context.settings.invocation.command.name {
    case "activate": return try activate(context)
    case "complete": return try complete(context)
    case "fail": return try fail(context)
    case "throw": return try throwError(context)
    case _: return try list(context)
    }
  }

  private static func list(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let found = try context.calling("jobs") { client throws(Status) in
      try context.pages(settings.integer("limit") ?? 100) { size, token throws(Status) in
        let page = try client.listJobs(
          .init(type: settings.text("type"), instanceID: settings.text("instance"), pageSize: size, pageToken: token))
        return (page.jobs, page.nextPageToken)
      }
    }
    context.show(
      WorkTables.jobs(found.rows), .array(found.rows.map(WorkJSON.job)), names: found.rows.map(\.key), none: "there are no open jobs")
    context.noteMore(found.hasMore, found.rows.count)
    return ExitCode.ok
  }

  private static func activate(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let request = FlowV1.ActivateJobsRequest(
      type: settings.word("type") ?? "", worker: settings.text("worker"), maxJobs: UInt32(settings.integer("max") ?? 1),
      timeoutMs: settings.milliseconds("lock") ?? 0, requestTimeoutMs: settings.milliseconds("wait") ?? 0)
    let jobs = try context.calling("jobs activate \(request.type)") { client throws(Status) in try client.activateJobs(request) }.jobs
    guard !jobs.isEmpty else {
      let why = request.requestTimeoutMs > 0 ? "none came in time" : "none waits for a worker now"
      throw Failure(
        ExitCode.timeout, "no job of type '\(request.type)'", why: why, hint: "--wait 30s waits for one; `flowctl jobs` lists all")
    }
    let data = JSON.array(jobs.map(WorkJSON.job))
    // Data is what this verb is for, so that it comes without being asked for too.
    if context.format == nil { context.print(data.text + "\n") } else { context.print(data: data.text, names: jobs.map(\.key)) }
    if context.format == .table { context.print(WorkTables.jobs(jobs)) }
    return ExitCode.ok
  }

  private static func complete(_ context: Context) throws(Failure) -> Int32 {
    let key = context.settings.word("key") ?? ""
    let variables = try context.variables()
    let answer = try context.calling("complete \(key)") { client throws(Status) in
      try client.completeJob(.init(key: key, variables: variables))
    }
    context.done("job \(key) is completed", key: key, position: answer.position)
    return ExitCode.ok
  }

  private static func fail(_ context: Context) throws(Failure) -> Int32 {
    let key = context.settings.word("key") ?? ""
    var request = FlowV1.FailJobRequest(
      key: key, backoffMs: context.settings.milliseconds("backoff") ?? 0, message: context.settings.text("message"),
      variables: try context.variables())
    let given = context.settings.integer("retries").map { Int32(clamping: $0) }
    let answer = try context.calling("fail \(key)") { client throws(Status) in
      if let given { request.retries = given } else { request.retries = max(0, try retries(of: key, client) - 1) }
      return try client.failJob(request)
    }
    let next = request.retries > 0 ? "it may be tried \(request.retries) times more" : "there is an incident now; see `flowctl incidents`"
    context.done("job \(key) has failed; \(next)", key: key, position: answer.position)
    return ExitCode.ok
  }

  /// How often a job may be tried, found by its key: the page that begins behind the key before.
  private static func retries(of key: String, _ client: FlowClient) throws(Status) -> Int32 {
    guard let number = UInt64(key), number > 0 else { throw Status(.invalidArgument, "'\(key)' is not a key") }
    let page = try client.listJobs(.init(pageSize: 1, pageToken: String(number - 1)))
    guard let job = page.jobs.first, job.key == key else {
      throw Status(.notFound, "job \(key) is not open (any more)", hint: "`flowctl jobs` lists those that are")
    }
    return job.retries
  }

  private static func throwError(_ context: Context) throws(Failure) -> Int32 {
    let key = context.settings.word("key") ?? ""
    let request = FlowV1.ThrowErrorRequest(
      key: key, code: context.settings.word("code") ?? "", message: context.settings.text("message"), variables: try context.variables())
    let answer = try context.calling("throw \(request.code) from \(key)") { client throws(Status) in try client.throwError(request) }
    context.done("job \(key) has thrown \(request.code)", key: key, position: answer.position)
    return ExitCode.ok
  }
}
