import FlowRPC

/// How a state looks: always a word, a shape and a colour, so that none of them is needed alone.
struct Badge {
  let word: String
  let icon: String
  /// A CSS class: good, bad, warn, busy or idle.
  let tone: String

  var html: HTML { "<span class=\"badge \(tone)\">\(Badge.icon(icon))\(word)</span>" }

  static func icon(_ name: String) -> HTML { "<svg class=icon aria-hidden=true><use href=\"#i-\(name)\"/></svg>" }

  /// Shapes of 16 by 16, said once a page.
  static let sprite: HTML = """
    <svg class=sprite aria-hidden=true><defs>
    <symbol id=i-on viewBox="0 0 16 16"><circle cx=8 cy=8 r=5 /></symbol>
    <symbol id=i-starting viewBox="0 0 16 16"><circle cx=8 cy=8 r=5 fill=none stroke=currentColor stroke-width=2 /><path d="M8 3a5 5 0 0 1 0 10z"/></symbol>
    <symbol id=i-stopping viewBox="0 0 16 16"><circle cx=8 cy=8 r=5 fill=none stroke=currentColor stroke-width=2 /><path d="M8 3a5 5 0 0 0 0 10z"/></symbol>
    <symbol id=i-off viewBox="0 0 16 16"><rect x=3.5 y=3.5 width=9 height=9 rx=1.5 /></symbol>
    <symbol id=i-error viewBox="0 0 16 16"><path fill-rule=evenodd d="M8 1.5 15 14H1zM7.2 6v4.2h1.6V6zm0 5.2v1.6h1.6v-1.6z"/></symbol>
    <symbol id=i-play viewBox="0 0 16 16"><path d="M4.5 3v10l8.5-5z"/></symbol>
    <symbol id=i-pause viewBox="0 0 16 16"><path d="M4 3h3v10H4zM9 3h3v10H9z"/></symbol>
    <symbol id=i-done viewBox="0 0 16 16"><path d="M6.4 12.6 2 8.2l1.6-1.6 2.8 2.8 6-6L14 5z"/></symbol>
    <symbol id=i-cross viewBox="0 0 16 16"><path d="M4.2 2.8 8 6.6l3.8-3.8 1.4 1.4L9.4 8l3.8 3.8-1.4 1.4L8 9.4l-3.8 3.8-1.4-1.4L6.6 8 2.8 4.2z"/></symbol>
    <symbol id=i-up viewBox="0 0 16 16"><path d="M8 2.5 13.5 8 12 9.5 9.1 6.6v6.9H6.9V6.6L4 9.5 2.5 8z"/></symbol>
    <symbol id=i-down viewBox="0 0 16 16"><path d="M8 13.5 2.5 8 4 6.5l2.9 2.9V2.5h2.2v6.9L12 6.5 13.5 8z"/></symbol>
    <symbol id=i-dash viewBox="0 0 16 16"><path d="M3 7h10v2H3z"/></symbol>
    </defs></svg>
    """
}

extension FlowV1.DeploymentState {
  var badge: Badge {
    switch self {
    case .starting: Badge(word: "STARTING", icon: "starting", tone: "busy")
    case .running: Badge(word: "RUNNING", icon: "on", tone: "good")
    case .stopping: Badge(word: "STOPPING", icon: "stopping", tone: "busy")
    case .stopped: Badge(word: "STOPPED", icon: "off", tone: "idle")
    case .error: Badge(word: "ERROR", icon: "error", tone: "bad")
    case .stateUnspecified, .unrecognized: Badge(word: "UNKNOWN", icon: "dash", tone: "idle")
    }
  }
}

extension FlowV1.InstanceState {
  var badge: Badge {
    switch self {
    case .running: Badge(word: "RUNNING", icon: "play", tone: "busy")
    case .completed: Badge(word: "COMPLETED", icon: "done", tone: "good")
    case .error: Badge(word: "ERROR", icon: "error", tone: "bad")
    case .stopped: Badge(word: "STOPPED", icon: "pause", tone: "warn")
    case .canceled: Badge(word: "CANCELED", icon: "cross", tone: "idle")
    case .stateUnspecified, .unrecognized: Badge(word: "UNKNOWN", icon: "dash", tone: "idle")
    }
  }

  /// The states that a page can be asked for: the word in the address, and what people read.
  package static let choices: [(word: String, state: FlowV1.InstanceState, label: String)] = [
    ("running", .running, "Running"), ("completed", .completed, "Completed"), ("stopped", .stopped, "Stopped"),
    ("error", .error, "Error"), ("canceled", .canceled, "Canceled"),
  ]

  /// - Returns: nil for a word that names no state.
  package init?(word: String) {
    guard let choice = Self.choices.first(where: { $0.word == word.lowercased() }) else { return nil }
    self = choice.state
  }

  package var word: String? { Self.choices.first { $0.state == self }?.word }
}

extension Optional where Wrapped == FlowV1.ElementHealth {
  /// nil is a task that was not probed yet.
  var badge: Badge {
    guard let self else { return Badge(word: "not probed", icon: "dash", tone: "idle") }
    return self.up ? Badge(word: "UP", icon: "up", tone: "good") : Badge(word: "DOWN", icon: "down", tone: "bad")
  }
}
