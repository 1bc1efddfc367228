/// healthd's connection with flowd, as a value: when to try, when it is live, since when it is lost.
///
/// waiting → connecting → live → waiting … A generation counts the tries; what an earlier one still tells is not heard.
struct Link: Sendable {
  enum Phase: Sendable, Equatable {
    case waiting(untilMs: Int64)
    case connecting(sinceMs: Int64)
    case live
  }

  private(set) var phase: Phase
  private(set) var generation = 0
  private(set) var lostSinceMs: Int64
  /// 0 when flowd was never reached.
  private(set) var lastContactMs: Int64 = 0
  private var failures = 0
  private var reportFailures = 0

  static let firstDelayMs: Int64 = 100
  /// Tries at that pace before it slows down: a flowd that a service manager restarts is back within a second.
  static let quickTries = 10
  static let delayMsMax: Int64 = 5_000
  /// A flowd that accepts and then says nothing is as good as none.
  static let silenceMsMax: Int64 = 10_000
  static let reportFailuresMax = 2

  init(at moment: Moment) {
    phase = .waiting(untilMs: moment.steadyMs)
    lostSinceMs = moment.wallMs
  }

  var isLive: Bool { phase == .live }

  /// When `isDue` may change by itself.
  var dueMs: Int64? {
    switch phase {
    case .waiting(let untilMs): untilMs
    case .connecting(let sinceMs): sinceMs + Link.silenceMsMax
    case .live: nil
    }
  }

  /// True when it is time to connect.
  func isDue(at moment: Moment) -> Bool {
    if case .waiting(let untilMs) = phase { return moment.steadyMs >= untilMs }
    return false
  }

  func isSilent(at moment: Moment) -> Bool {
    if case .connecting(let sinceMs) = phase { return moment.steadyMs >= sinceMs + Link.silenceMsMax }
    return false
  }

  /// - Returns: the try's generation.
  mutating func connect(at moment: Moment) -> Int {
    generation += 1
    reportFailures = 0
    phase = .connecting(sinceMs: moment.steadyMs)
    return generation
  }

  /// Something came from flowd.
  ///
  /// - Returns: true when the link was not live before.
  mutating func heard(at moment: Moment) -> Bool {
    lastContactMs = moment.wallMs
    reportFailures = 0
    guard case .connecting = phase else { return false }
    phase = .live
    failures = 0
    return true
  }

  /// - Returns: true when so many reports failed that the link counts as lost.
  mutating func reportFailed() -> Bool {
    reportFailures += 1
    return reportFailures >= Link.reportFailuresMax
  }

  /// - Parameters:
  ///   - isStandby: a flowd that does not lead was asked. One is there, so the next tries are quick ones.
  ///   - jitter: 0 to 1, so that many healthd do not come back at once.
  /// - Returns: true when that is news: the link was live before, or the very first try failed.
  mutating func lost(isStandby: Bool = false, at moment: Moment, jitter: Double) -> Bool {
    if isStandby { failures = 0 }
    let wasLive = isLive
    if wasLive { lostSinceMs = moment.wallMs }
    let full = min(Link.delayMsMax, Link.firstDelayMs << Int64(min(max(0, failures - Link.quickTries + 1), 10)))
    failures += 1
    let part = Double(full) * (0.5 + 0.5 * min(1, max(0, jitter)))
    phase = .waiting(untilMs: moment.steadyMs + Int64(part))
    return wasLive || (generation == 1 && lastContactMs == 0 && !isStandby)
  }
}
