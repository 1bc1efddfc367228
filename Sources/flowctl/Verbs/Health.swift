import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum Health {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "health", "Show which tasks are UP or DOWN, since when and why",
    details: "Tells what healthd knows without probing anew. The exit code is 1 when a task is DOWN.",
    options: [.flag("watch", short: "w", configurable: false, help: "show each change as it happens"), GlobalOptions.output],
    positionals: [GlobalOptions.ids(minimum: 0, "deployments; all when there are none")],
    examples: [
      Example("flowctl health", "all deployments"), Example("flowctl health calc -o yaml", "one, as YAML"),
      Example("flowctl health --watch", "each change as it happens"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let names = context.settings.words("ids")
    let client = try context.healthd()
    let report: FlowV1.ReportResponse
    do throws(Status) {
      if context.settings.flag("watch") { return try watch(client, names, context) }
      report = try client.healthReport()
    } catch {
      throw Failure(error, doing: "health failed at healthd on \(client.address)")
    }
    if !report.live { context.note("healthd has lost flowd\(since(report.lastContactMs)); what follows may be old") }
    let shown = report.deployments.filter { matches($0.deploymentID, names) }
    if let missing = names.first(where: { name in !report.deployments.contains { matches($0.deploymentID, [name]) } }) {
      throw Failure(
        ExitCode.notFound, "healthd knows no deployment '\(missing)'",
        hint: IDs.suggestion(for: missing, .deployments, context) ?? "flowctl ps -d")
    }
    context.print(data: json(shown).text, names: shown.map(\.deploymentID))
    // Nobody asked for data: the table is the answer, also in a pipe.
    if context.format == nil || context.format == .table { context.print(HealthTable.table(shown)) }
    return shown.contains { $0.elements.contains { !$0.up } } ? ExitCode.negative : ExitCode.ok
  }

  static func matches(_ id: String, _ names: [String]) -> Bool {
    names.isEmpty || names.contains { id.lowercased().contains($0.lowercased()) }
  }

  private static func since(_ milliseconds: Int64) -> String {
    milliseconds == 0 ? "" : " " + TimeText.age(milliseconds: Instant.now.milliseconds - milliseconds) + " ago"
  }

  /// One line a deployment that changed.
  private static func watch(_ client: FlowClient, _ names: [String], _ context: Context) throws(Status) -> Int32 {
    try client.watchHealth { health in
      guard matches(health.deploymentID, names) else { return true }
      if context.format == .json { return Output.write(json(health).text + "\n", to: 1) }
      let tasks = health.elements.map { $0.elementID + " " + ($0.up ? "UP" : "DOWN" + ($0.reason.isEmpty ? "" : " (\($0.reason))")) }
      let line = "\(LogText.localTime(.now))  \(health.deploymentID)  \(health.state.word)  " + tasks.joined(separator: ", ")
      return Output.write(Printable.line(line) + "\n", to: 1)
    }
    return ExitCode.ok
  }

  static func json(_ deployments: [FlowV1.DeploymentHealth]) -> JSON {
    var all = JSON.Object()
    for health in deployments { all[health.deploymentID] = json(health) }
    return .object(all)
  }

  private static func json(_ health: FlowV1.DeploymentHealth) -> JSON {
    [
      "deployment": .string(health.deploymentID), "state": .string(health.state.word),
      "tasks": .array(
        health.elements.map { element in
          [
            "id": .string(element.elementID), "status": .string(element.up ? "UP" : "DOWN"), "reason": .string(element.reason),
            "since": element.sinceMs == 0 ? nil : .string(Instant(milliseconds: element.sinceMs).rfc3339),
            "checked": element.checkedMs == 0 ? nil : .string(Instant(milliseconds: element.checkedMs).rfc3339),
          ]
        }),
    ]
  }
}

enum HealthTable {
  static func table(_ deployments: [FlowV1.DeploymentHealth]) -> Table {
    var table = Table([
      Table.Column("DEPLOYMENT", shrinks: true), Table.Column("STATE"), Table.Column("TASK", shrinks: true), Table.Column("STATUS"),
      Table.Column("SINCE", right: true), Table.Column("WHY", shrinks: true),
    ])
    let now = Instant.now.milliseconds
    for health in deployments {
      let head = [Table.Cell(health.deploymentID), Table.Cell(health.state.word, health.state.style)]
      if health.elements.isEmpty { table.rows.append(head + ["-", "", "", "nothing to probe"]) }
      for element in health.elements {
        let since = element.sinceMs == 0 ? "" : TimeText.age(milliseconds: now - element.sinceMs)
        let status = element.up ? Table.Cell("UP", .green) : Table.Cell("DOWN", .red)
        table.rows.append(head + [Table.Cell(element.elementID), status, Table.Cell(since), Table.Cell(element.reason)])
      }
    }
    return table
  }
}
