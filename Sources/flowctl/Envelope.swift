import FlowClient
import FlowCommandLine
import FlowCore

/// How the original's verbs tell what flowd answered.
extension Context {
  /// Calls flowd for one of the original's verbs: a flowd that can not be reached is exit code 255 (row A2).
  func asking<T>(_ what: String, _ call: (FlowClient) throws(Status) -> T) throws(Failure) -> T {
    let client: FlowClient
    do throws(Failure) {
      client = try flowd()
    } catch {
      throw error.asOriginal
    }
    do throws(Status) {
      return try call(client)
    } catch {
      throw Failure(error, doing: "\(what) failed at flowd on \(client.place(of: error))").asOriginal
    }
  }

  /// Log line, data and failed items of a reply.
  ///
  /// - Parameters:
  ///   - kind: kind of the ids that a failed item may have mistyped; nil suggests nothing.
  ///   - id: what the request as a whole is about, for a suggestion when it fails.
  ///   - printing: false leaves the table to the caller, who has more rows for it.
  /// - Returns: the exit code.
  func report(
    _ reply: EnvelopeReply, lookingUp kind: IDs.Kind? = nil, named id: String = "", printing: Bool = true,
    itemCode: (EnvelopeReply.ItemFailure) -> Int32 = ItemCode.general, file: StaticString = #fileID, line: UInt = #line
  ) -> Int32 {
    if reply.failed {
      if isForPeople, stderr.isTerminal {
        complain(reply, lookingUp: kind, named: id)
      } else {
        log(.error, reply.logLine, file: file, line: line)
      }
      return reply.status >= -255 ? Int32(256 + reply.status) : ExitCode.original
    }
    let failures = reply.itemFailures
    if !isForPeople || !stderr.isTerminal { log(.info, reply.logLine, file: file, line: line) }
    if !wantsTable { print(data: reply.data, names: reply.names) } else if printing { printItems(reply) }
    for failure in failures { complain(failure, lookingUp: kind) }
    return failures.first.map(itemCode) ?? ExitCode.ok
  }

  /// People get what was raised without the name of the exception around it.
  private func complain(_ reply: EnvelopeReply, lookingUp kind: IDs.Kind?, named id: String) {
    let text = reply.raised
    let hint = text.hasPrefix("no deployment") ? kind.flatMap { IDs.suggestion(for: id, $0, self) } : nil
    complain(Failure(ExitCode.negative, text, hint: hint))
  }

  private func complain(_ failure: EnvelopeReply.ItemFailure, lookingUp kind: IDs.Kind?) {
    var hint: String?
    if let kind, !failure.id.isEmpty, failure.looksUnknown { hint = IDs.suggestion(for: failure.id, kind, self) }
    let message = failure.message.hasPrefix("Error: ") ? String(failure.message.dropFirst("Error: ".count)) : failure.message
    let what = failure.id.isEmpty || message.contains(failure.id) ? message : "\(failure.id): \(message)"
    complain(Failure(ExitCode.negative, what, hint: hint))
  }

  /// One row an item: what became of it.
  private func printItems(_ reply: EnvelopeReply) {
    guard let object = reply.json?.object else { return }
    var table = Table([Table.Column("ID"), Table.Column("ANSWER", shrinks: true)])
    for (name, value) in object.members {
      guard let message = value["message"]?.string, (value["status"] ?? value["result"])?.int ?? 0 >= 0 else { continue }
      table.add(Table.Cell(name), Table.Cell(message, .green))
    }
    if let id = reply.names.first, object["wf_id"] != nil || object["id"] != nil {
      table.add(Table.Cell(id), Table.Cell(object["message"]?.string ?? ""))
    }
    if !table.rows.isEmpty { print(table) }
  }
}

extension EnvelopeReply.ItemFailure {
  var looksUnknown: Bool { message.contains("not found") || message.contains("unknown") || message.contains("does not exist") }
}

/// Exit codes of items that failed inside the data.
enum ItemCode {
  static func general(_ failure: EnvelopeReply.ItemFailure) -> Int32 { failure.looksUnknown ? ExitCode.notFound : ExitCode.conflict }

  /// The original's delete: −1 is unknown, −2 a wrong state.
  static func delete(_ failure: EnvelopeReply.ItemFailure) -> Int32 { failure.code == -1 ? ExitCode.notFound : ExitCode.conflict }
}

/// The ids that flowd knows, for suggestions and completion.
enum IDs {
  enum Kind: String, CaseIterable, Sendable { case deployments, instances }

  /// A shell waits for completion; longer is worse than nothing.
  private static let quickMs: Int64 = 200
  /// Newest instances only.
  private static let instances: UInt32 = 100

  static func known(_ kind: Kind, _ client: FlowClient) throws(Status) -> [String] {
    switch kind {
    case .deployments: return try client.listDeployments(timeoutMs: quickMs).map(\.id)
    case .instances: return try client.listInstances(.init(pageSize: instances), timeoutMs: quickMs).instances.map(\.id)
    }
  }

  /// `did you mean 'calc-…'?`; nil when nothing is near or flowd does not answer at once.
  static func suggestion(for id: String, _ kind: Kind, _ context: Context) -> String? {
    do {
      let client = try context.flowd()
      let known = try known(kind, client)
      // People mistype the name, not the hash behind it.
      let names = known + known.map(stem)
      // What is missing may be a part of a deployment that is there.
      guard !known.contains(id) else { return nil }
      guard let near = Suggestion.nearest(to: id, among: names) else { return "flowctl ps" + (kind == .deployments ? " -d" : "") }
      return "did you mean '\(known.first { $0 == near || stem($0) == near } ?? near)'?"
    } catch {
      return nil
    }
  }

  private static func stem(_ id: String) -> String { id.lastIndex(of: "-").map { String(id[..<$0]) } ?? id }
}
