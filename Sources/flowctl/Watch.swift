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
    var known = Rows<FlowV1.Deployment>(rowsMax: rows, id: { $0.id }, state: { $0.state.word + $0.reason })
    try Waiting.repeating("watch deployments", until: nil, context, wasThere: { screen.hasHeard }) { client, _ throws(Status) in
      known.beginSnapshot()
      try client.watchDeployments(timeoutMs: nil) { event in
        screen.hasHeard = true
        if event.snapshotDone { (screen.isLive, known) = (true, known.withoutGone) }
        if let row = event.deployment, Health.matches(row.id, names), known.take(row, isDeleted: event.deleted) {
          screen.change(row.id, event.deleted ? "DELETED" : row.state.word, row.reason)
        }
        return screen.draw { PSTable.deployments(known.rows) }
      }
      return !screen.isOpen
    }
  }

  private static func instances(_ ids: [String], _ context: Context) throws(Failure) {
    var screen = Screen(context)
    var known = Rows<FlowV1.Instance>(rowsMax: rows, id: { $0.id }, state: { $0.state.word + $0.errorCode })
    let limit = context.settings.integer("limit") ?? 100
    try Waiting.repeating("watch instances", until: nil, context, wasThere: { screen.hasHeard }) { client, _ throws(Status) in
      known.beginSnapshot()
      try client.watchInstances(.init(ids: ids, newest: UInt32(limit)), timeoutMs: nil) { event in
        screen.hasHeard = true
        if event.snapshotDone { (screen.isLive, known) = (true, known.withoutGone) }
        if let row = event.instance, known.take(row, isDeleted: event.deleted) {
          screen.change(row.id, event.deleted ? "DELETED" : row.state.word, row.errorCode)
        }
        return screen.draw { PSTable.instances(known.rows.sorted { $0.createdMs > $1.createdMs }) }
      }
      return !screen.isOpen
    }
  }
}

/// The rows of a watch, also over a connection that was lost: what is told again is no news.
private struct Rows<Row: Sendable> {
  let rowsMax: Int
  let id: (Row) -> String
  let state: (Row) -> String
  private(set) var rows: [Row] = []
  /// Told since the connection began; nil when all that was there has been told.
  private var told: Set<String>?

  init(rowsMax: Int, id: @escaping (Row) -> String, state: @escaping (Row) -> String) {
    (self.rowsMax, self.id, self.state) = (rowsMax, id, state)
  }

  mutating func beginSnapshot() { told = [] }

  /// All that is has been told; what has not is gone.
  var withoutGone: Rows {
    var left = self
    left.rows.removeAll { told?.contains(id($0)) == false }
    left.told = nil
    return left
  }

  /// - Returns: whether it is news.
  mutating func take(_ row: Row, isDeleted: Bool) -> Bool {
    told?.insert(id(row))
    let place = rows.firstIndex { id($0) == id(row) }
    guard !isDeleted else {
      if let place { rows.remove(at: place) }
      return true
    }
    guard let place else {
      rows.append(row)
      if rows.count > rowsMax { rows.removeFirst() }
      return true
    }
    defer { rows[place] = row }
    return state(rows[place]) != state(row)
  }
}

/// Where a watch is shown.
private struct Screen {
  /// A terminal needs no more pictures in a second than an eye sees.
  private static let pauseMs: Int64 = 50

  private let context: Context
  private var lastDrawn = Instant(milliseconds: 0)
  /// Somebody reads.
  private(set) var isOpen = true
  /// flowd has told something.
  var hasHeard = false
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
