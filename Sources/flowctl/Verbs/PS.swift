import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

enum PS {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "ps", "Show instances, or deployments",
    details: "Without -o there is a table on a terminal, and nothing on stdout in a pipe; `-o table` prints it there too. "
      + "Of one instance that lives it also shows active elements, incidents, open jobs and tasks, and variables.",
    options: GlobalOptions.kinds + [
      GlobalOptions.output,
      .flag("watch", short: "w", configurable: false, help: "keep showing it as it changes"),
      .flag("health", configurable: false, help: "show deployments with the tasks that healthd finds UP"),
      OptionSpec(
        "limit", type: .integer(1...1000), metavar: "N", preset: "100", configurable: false, help: "rows of the table, newest first"),
      OptionSpec("metadata", .repeatable, metavar: "KEY=VALUE", configurable: false, help: "only instances that carry this"),
      OptionSpec(
        "kubernetes-output", type: .file, metavar: "FILE", configurable: false, help: "write the manifests of deployments to FILE"),
    ],
    positionals: [GlobalOptions.ids(minimum: 0, "what to show; all when there are none")],
    examples: [
      Example("flowctl ps", "the newest instances"),
      Example("flowctl ps flow-0123", "one, with what it waits for and what it knows"),
      Example("flowctl ps -d --health", "deployments, and which of their tasks are UP"),
      Example("flowctl ps --watch flow-0123", "watch one instance"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let ids = context.settings.words("ids")
    let kind = context.settings.flag("health") ? .deployment : context.kind
    let manifests = context.settings.optional("kubernetes-output")
    if context.settings.flag("watch") { return try Watch.run(kind, ids, context) }
    let pairs = try Run.metadata(context)
    let reply = try context.asking("ps") { client throws(Status) in
      let reply = try client.psQuery(kind, ids: ids, includeKubernetes: manifests != nil, metadata: pairs)
      // Another message than the usual one says that there are more than one answer takes; a table needs none of this data.
      let isWhole = reply.failed || reply.message == "Ok" || context.isForPeople
      return isWhole ? reply : try everyInstance(pairs, client)
    }
    guard !reply.failed else { return context.report(reply) }
    if let manifests { return try Manifests.write(reply, to: manifests, context) }
    if !context.isForPeople || !context.stderr.isTerminal { context.log(.info, reply.logLine) }
    let health = context.settings.flag("health") ? try report(context) : nil
    // Health is asked for by people, also through a pipe.
    if context.wantsTable || (health != nil && context.format == nil) {
      context.print(try table(kind, ids, health, context))
      if kind == .instance, ids.count == 1, reply.json?.object?[ids[0]]?["state"]?.string.map(PS.lives) ?? false {
        try InstanceDetails.print(ids[0], context)
      }
    } else {
      context.print(data: health.map { merged(reply, $0) } ?? reply.data, names: reply.names)
    }
    return missing(reply, ids, kind, context)
  }

  private static func lives(_ state: String) -> Bool { state == "RUNNING" || state == "STOPPED" }

  /// The original's answer has no pages, so it is asked for with as many ids as a page of our own list has.
  private static func everyInstance(_ pairs: [FlowProto.StringPair], _ client: FlowClient) throws(Status) -> EnvelopeReply {
    var request = FlowV1.ListInstancesRequest(pageSize: pageRows)
    for pair in pairs { request.metadata[pair.key] = pair.value }
    var all = JSON.Object()
    repeat {
      let page = try client.listInstances(request)
      if page.instances.isEmpty { break }
      let reply = try client.psQuery(.instance, ids: page.instances.map(\.id))
      guard !reply.failed, let shown = reply.json?.object else { return reply }
      for (id, value) in shown.members { all.append(id, value) }
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return EnvelopeReply(status: 0, message: "Ok", data: JSON.object(all).text)
  }

  private static let pageRows: UInt32 = 500

  private static func report(_ context: Context) throws(Failure) -> FlowV1.ReportResponse {
    let client = try context.healthd()
    do throws(Status) {
      return try client.healthReport()
    } catch {
      throw Failure(error, doing: "ps --health failed at healthd on \(client.place(of: error))")
    }
  }

  private static func table(
    _ kind: FlowProto.RequestKind, _ ids: [String], _ health: FlowV1.ReportResponse?, _ context: Context
  ) throws(Failure) -> Table {
    if kind == .deployment {
      var rows = try context.asking("ps") { client throws(Status) in try client.listDeployments(names: ids) }
      for index in rows.indices {
        if let known = health?.deployments.first(where: { $0.deploymentID == rows[index].id }) { rows[index].health = known.elements }
      }
      return PSTable.deployments(rows)
    }
    var request = FlowV1.ListInstancesRequest(ids: ids)
    for pair in try Run.metadata(context) { request.metadata[pair.key] = pair.value }
    let rows = try context.asking("ps") { client throws(Status) in
      try newest(context.settings.integer("limit") ?? 100, &request, client)
    }
    if !request.pageToken.isEmpty { context.note("there are more than these \(rows.count); --limit shows up to 1000") }
    return PSTable.instances(rows)
  }

  /// A page of large results ends before it has all the rows that were asked for.
  private static func newest(
    _ limit: Int, _ request: inout FlowV1.ListInstancesRequest, _ client: FlowClient
  ) throws(Status) -> [FlowV1.Instance] {
    var rows: [FlowV1.Instance] = []
    repeat {
      request.pageSize = UInt32(limit - rows.count)
      let page = try client.listInstances(request)
      rows += page.instances
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty && rows.count < limit
    return rows
  }

  /// The original's data, each deployment with `health`: its tasks as healthd finds them.
  private static func merged(_ reply: EnvelopeReply, _ report: FlowV1.ReportResponse) -> String {
    guard var all = reply.json?.object else { return reply.data }
    for health in report.deployments {
      guard var deployment = all[health.deploymentID]?.object else { continue }
      var tasks = JSON.Object()
      for element in health.elements { tasks[element.elementID] = .string(element.up ? "UP" : "DOWN") }
      deployment["health"] = .object(tasks)
      all[health.deploymentID] = .object(deployment)
    }
    return JSON.object(all).text
  }

  /// The original leaves an unknown id out of its answer; we do too, and say so. That is no failure: it is how scripts see that a
  /// deployment is gone (row A22).
  private static func missing(_ reply: EnvelopeReply, _ ids: [String], _ kind: FlowProto.RequestKind, _ context: Context) -> Int32 {
    guard let known = reply.json?.object?.names, context.stderr.isTerminal else { return ExitCode.ok }
    for id in ids where !known.contains(where: { $0.lowercased().contains(id.lowercased()) }) {
      context.note(noSuch(id, kind, context))
    }
    return ExitCode.ok
  }
}

extension PS {
  /// Why nothing is shown for an id: often it is a part of several deployments' ids, or of a deployment's where instances are asked for.
  private static func noSuch(_ id: String, _ kind: FlowProto.RequestKind, _ context: Context) -> String {
    let deployments = deployments(like: id, context)
    if kind == .deployment, deployments.count > 1 {
      return "'\(id)' names \(deployments.count) deployments: \(deployments.prefix(5).joined(separator: ", "))"
    }
    let missing = "there is no \(kind == .deployment ? "deployment" : "instance") '\(id)'"
    if kind == .instance, !deployments.isEmpty { return "\(missing), but a deployment; try: flowctl ps -d \(id)" }
    let hint = IDs.suggestion(for: id, kind == .deployment ? .deployments : .instances, context)
    return missing + (hint.map { $0.hasPrefix("did") ? "; \($0)" : "; try: \($0)" } ?? "")
  }

  private static func deployments(like id: String, _ context: Context) -> [String] {
    do {
      return try IDs.known(.deployments, context.flowd()).filter { $0.lowercased().contains(id.lowercased()) }
    } catch {
      return []
    }
  }
}

/// `--kubernetes-output FILE`, as the original did it.
private enum Manifests {
  static func write(_ reply: EnvelopeReply, to path: String, _ context: Context) throws(Failure) -> Int32 {
    var states = JSON.Object()
    var text = ""
    for (id, value) in reply.json?.object?.members ?? [] {
      text += value["k8s_specs"]?.string ?? ""
      states[id] = value["state"].map { ["state": $0] } ?? .object([:])
    }
    guard !text.isEmpty else {
      throw Failure(ExitCode.negative, "flowd sent no manifests", hint: "flowctl ps -d --kubernetes-output \(path) ID")
    }
    do throws(FileProblem) {
      try FileText.write(Array(text.utf8), to: path)
    } catch {
      throw Failure(error, exitCode: ExitCode.negative)
    }
    context.log(.info, EnvelopeReply(status: reply.status, message: reply.message, data: JSON.object(states).text).logLine)
    return ExitCode.ok
  }
}
