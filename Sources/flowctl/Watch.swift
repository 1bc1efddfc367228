import FlowAPI
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
        if !event.deployment.id.isEmpty, Health.matches(event.deployment.id, names) {
          let index = known.firstIndex { $0.id == event.deployment.id }
          if event.deleted { index.map { _ = known.remove(at: $0) } } else if let index { known[index] = event.deployment } else { known.append(event.deployment) }
          screen.change(event.deployment.id, event.deleted ? "DELETED" : event.deployment.state.word, event.deployment.reason)
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
        if !event.instance.id.isEmpty {
          let index = known.firstIndex { $0.id == event.instance.id }
          if event.deleted { index.map { _ = known.remove(at: $0) } } else if let index { known[index] = event.instance } else { known.append(event.instance) }
          if known.count > rows { known.removeFirst() }
          screen.change(event.instance.id, event.deleted ? "DELETED" : event.instance.state.word, event.instance.errorCode)
        }
        return screen.draw { PSTable.instances(known.sorted { $0.createdMs > $1.createdMs }) }
      }
    }
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
