import FlowCommandLine
import FlowCore
import FlowRPC

/// What `ps` shows to people.
enum PSTable {
  static func deployments(_ rows: [FlowV1.Deployment]) -> Table {
    var table = Table([
      Table.Column("ID", shrinks: true), Table.Column("STATE"), Table.Column("SINCE", right: true), Table.Column("PROCESS", shrinks: true),
      Table.Column("RUNNING", right: true), Table.Column("TASKS UP", right: true),
    ])
    let now = Instant.now.milliseconds
    for row in rows {
      let process = (row.processName.isEmpty ? row.processID : row.processName) + (row.version > 0 ? " v\(row.version)" : "")
      table.add(
        Table.Cell(row.id), Table.Cell(row.state.word, row.state.style), Table.Cell(age(row.sinceMs, now)), Table.Cell(process),
        Table.Cell(String(row.instancesRunning)), Table.Cell(row.tasks))
    }
    return table
  }

  static func instances(_ rows: [FlowV1.Instance]) -> Table {
    var table = Table([
      Table.Column("ID"), Table.Column("STATE"), Table.Column("DEPLOYMENT", shrinks: true),
      Table.Column("CREATED", right: true, spare: true),
      Table.Column("DURATION", right: true, spare: true), Table.Column("RESULT/ERROR", shrinks: true),
    ])
    let now = Instant.now.milliseconds
    for row in rows {
      let duration = row.createdMs == 0 ? "" : TimeText.duration(milliseconds: (row.endedMs == 0 ? now : row.endedMs) - row.createdMs)
      table.add(
        Table.Cell(row.id), Table.Cell(row.state.word, row.state.style), Table.Cell(row.deploymentID), Table.Cell(age(row.createdMs, now)),
        Table.Cell(duration), outcome(row))
    }
    return table
  }

  private static func age(_ sinceMs: Int64, _ now: Int64) -> String { sinceMs == 0 ? "" : TimeText.age(milliseconds: now - sinceMs) }

  /// More is never shown, and a result may be large.
  private static let outcomeBytes = 400

  private static func outcome(_ row: FlowV1.Instance) -> Table.Cell {
    switch row.state {
    case .completed: return Table.Cell(String(decoding: row.result.prefix(outcomeBytes), as: UTF8.self))
    case .error, .stopped, .canceled:
      let place = row.failedElementID.isEmpty ? "" : " at \(row.failedElementID)"
      let text = row.errorMessage.isEmpty ? "" : ": \(row.errorMessage)"
      return Table.Cell(String((row.errorCode + place + text).prefix(outcomeBytes)), .red)
    case .running, .stateUnspecified, .unrecognized:
      return Table.Cell(row.active.map { $0.elementName.isEmpty ? $0.elementID : $0.elementName }.joined(separator: ", "), .dim)
    }
  }
}
