import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC
import Glibc

/// `ps --watch`: a table that keeps itself current on a terminal, one line a change in a pipe.
enum Watch {
  /// More than a screen holds; older rows leave.
  private static let rows = 1000

  static func run(_ kind: FlowProto.RequestKind, _ ids: [String], _ context: Context) throws(Failure) -> Int32 {
    switch kind {
    case .deployment: try deployments(ids, context)
    case .instance, .unrecognized: try instances(ids, context)
    }
    return ExitCode.ok
  }

  private static func deployments(_ names: [String], _ context: Context) throws(Failure) {
    var screen = Screen(context)
    var known: [FlowV1.Deployment] = []
    try context.asking("ps --watch") { client throws(Status) in
      try client.watchDeployments(timeoutMs: nil) { event in
        if event.snapshotDone { screen.isLive = true }
        if let row = event.deployment, Health.matches(row.id, names) {
          keep(row, deleted: event.deleted, in: &known) { $0.id == row.id }
          screen.change(row.id, event.deleted ? "DELETED" : row.state.word, row.reason)
        }
        return screen.draw { PSTable.deployments(known) }
      }
    }
  }

  private static func instances(_ ids: [String], _ context: Context) throws(Failure) {
    var screen = Screen(context)
    var known: [FlowV1.Instance] = []
    let limit = context.settings.integer("limit") ?? 100
    try context.asking("ps --watch") { client throws(Status) in
      try client.watchInstances(.init(ids: ids, newest: UInt32(limit)), timeoutMs: nil) { event in
        if event.snapshotDone { screen.isLive = true }
        if let row = event.instance {
          keep(row, deleted: event.deleted, in: &known) { $0.id == row.id }
          screen.change(row.id, event.deleted ? "DELETED" : row.state.word, row.errorCode)
        }
        return screen.draw { PSTable.instances(known.sorted { $0.createdMs > $1.createdMs }) }
      }
    }
  }
}

extension Watch {
  /// Replaces, appends or removes a row.
  private static func keep<Row>(_ row: Row, deleted: Bool, in rows: inout [Row], isSame: (Row) -> Bool) {
    switch (rows.firstIndex(where: isSame), deleted) {
    case (let index?, true): rows.remove(at: index)
    case (let index?, false): rows[index] = row
    case (nil, true): break
    case (nil, false): rows.append(row)
    }
    if rows.count > Watch.rows { rows.removeFirst() }
  }
}

/// Where a watch is shown.
private struct Screen {
  /// A terminal needs no more pictures in a second than an eye sees.
  private static let pauseMs: Int64 = 50

  private let context: Context
  private var lastDrawn = Instant(milliseconds: 0)
  private var isOpen = true
  /// All that was there at first has been told.
  var isLive = false

  init(_ context: Context) { self.context = context }

  /// A change, for a pipe.
  mutating func change(_ id: String, _ state: String, _ why: String) {
    guard !context.stdout.isTerminal else { return }
    let text: String
    switch context.format {
    case .json?:
      let line: JSON = ["time": .string(Instant.now.rfc3339), "id": .string(id), "state": .string(state), "reason": .string(why)]
      text = line.text
    case .name?: text = Printable.line(id)
    case nil, .yaml?, .table?: text = Printable.line("\(LogText.localTime(.now))  \(id)  \(state)  \(why)")
    }
    isOpen = Output.write(text + "\n", to: STDOUT_FILENO)
  }

  /// - Returns: false when nobody reads any more.
  mutating func draw(_ table: () -> Table) -> Bool {
    let now = Instant.now
    guard context.stdout.isTerminal, isLive, now - lastDrawn >= Screen.pauseMs else { return isOpen }
    lastDrawn = now
    return Output.write("\u{1B}[H\u{1B}[2J" + fitted(table().text(for: context.stdout)) + "\nCtrl-C ends\n", to: STDOUT_FILENO)
  }

  /// As many lines as the window has, without the last three.
  private func fitted(_ text: String) -> String {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 4 else { return text }
    return text.split(separator: "\n").prefix(Int(size.ws_row) - 3).joined(separator: "\n") + "\n"
  }
}
