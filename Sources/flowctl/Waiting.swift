import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC
import Glibc

/// What `--wait` waits for.
enum Waiting {
  /// flowd may restart while we wait; the pause between two tries to watch it again.
  private static let retryMicroseconds: UInt32 = 250_000

  /// How long flowd may be away in a wait without a limit of its own: longer than a restart takes with very much to recover.
  private static let awayMs: Int64 = 30_000

  /// Waits until every deployment is RUNNING.
  ///
  /// - Returns: 0, 1 when one is in ERROR, stopped or gone, 6 when the time is over.
  static func deployments(_ ids: [String], _ context: Context, timeoutMs: Int64) throws(Failure) -> Int32 {
    let deadline = Instant.now + timeoutMs
    var watched = WatchedDeployments(ids, stoppedIsGood: context.settings.flag("stopped"))
    try repeating("wait for \(ids.joined(separator: ", "))", until: deadline, context) { client, leftMs throws(Status) in
      watched.isSnapshot = true
      try client.watchDeployments(timeoutMs: leftMs) { event in
        if watched.take(event), context.stderr.isTerminal { context.note(watched.progress) }
        return watched.exitCode == nil
      }
      return watched.exitCode != nil
    }
    if let exitCode = watched.exitCode {
      for problem in watched.problems { context.complain(problem) }
      return exitCode
    }
    context.complain(watched.timeoutFailure(timeoutMs))
    return ExitCode.timeout
  }

  /// Waits until an instance has ended.
  ///
  /// - Parameter timeoutMs: nil waits as long as it takes.
  /// - Returns: nil when the time is over.
  static func instance(_ id: String, _ context: Context, timeoutMs: Int64?) throws(Failure) -> FlowV1.Instance? {
    var ended: FlowV1.Instance?
    let deadline = timeoutMs.map { Instant.now + $0 }
    try repeating("wait for \(id)", until: deadline, context) { client, leftMs throws(Status) in
      try client.watchInstances(.init(ids: [id], newest: 1), timeoutMs: leftMs) { event in
        guard let instance = event.instance, instance.id == id else { return true }
        if event.deleted || instance.hasEnded { ended = instance }
        return ended == nil
      }
      return ended != nil
    }
    return ended
  }

  /// Watches until `attempt` says it is done or the time is over; begins again when flowd went away.
  ///
  /// - Parameter wasThere: flowd has answered before, so that it is worth waiting for.
  static func repeating(
    _ what: String, until deadline: Instant?, _ context: Context, wasThere: () -> Bool = { true },
    _ attempt: (FlowClient, Int64?) throws(Status) -> Bool
  ) throws(Failure) {
    let client = try context.asking(what) { client in client }
    do throws(Status) {
      var wasTaken = false
      func mayGoOn(after error: Status) -> Bool {
        // A connection that was lost before all was told was one too; another flowd goes on.
        wasTaken = wasTaken || (context.hasSeveralFlowd && error.untaken == nil)
        return wasTaken || wasThere()
      }
      try repeating(client, until: deadline, context, wasThere: mayGoOn) { left throws(Status) in try attempt(client, left) }
    } catch {
      throw Failure(error, doing: what).asOriginal
    }
  }

  /// - Parameter wasThere: says so of an attempt's end too.
  static func repeating(
    _ client: FlowClient, until deadline: Instant?, _ context: Context, wasThere: (Status) -> Bool,
    _ attempt: (Int64?) throws(Status) -> Bool
  ) throws(Status) {
    var lost: Instant?
    while true {
      let began = Instant.now
      let left = deadline.map { $0 - Instant.now }
      if let left, left <= 0 { return }
      do throws(Status) {
        if try attempt(left) { return }
      } catch {
        if error.code == .deadlineExceeded { return }
        guard error.code == .unavailable, wasThere(error) else { throw error }
        if lost == nil { context.note("flowd went away, it is waited for") }
        // An attempt that was taken and lasted was a connection.
        if lost == nil || (error.untaken == nil && Instant.now - began > 1000) { lost = .now }
        if deadline == nil, let lost, Instant.now - lost > awayMs { throw error }
      }
      usleep(retryMicroseconds)
    }
  }
}

extension FlowV1.Instance {
  var hasEnded: Bool {
    switch state {
    case .completed, .error, .stopped, .canceled: true
    case .running, .stateUnspecified, .unrecognized: false
    }
  }
}

/// The deployments that `apply --wait` waits for, as far as they are known.
private struct WatchedDeployments {
  private let ids: [String]
  private let stoppedIsGood: Bool
  private var states: [String: FlowV1.Deployment] = [:]
  private var gone: Set<String> = []
  var isSnapshot = true

  init(_ ids: [String], stoppedIsGood: Bool) {
    self.ids = ids
    self.stoppedIsGood = stoppedIsGood
  }

  /// - Returns: true when it was news of one that we wait for.
  mutating func take(_ event: FlowV1.DeploymentEvent) -> Bool {
    if event.snapshotDone { isSnapshot = false }
    guard let deployment = event.deployment, ids.contains(deployment.id) else { return false }
    if event.deleted { gone.insert(deployment.id) } else { states[deployment.id] = deployment }
    return true
  }

  /// nil while there is something to wait for.
  var exitCode: Int32? {
    if !gone.isEmpty || ids.contains(where: isBad) { return ExitCode.negative }
    return ids.allSatisfy(isGood) ? ExitCode.ok : nil
  }

  private func isGood(_ id: String) -> Bool {
    guard let state = states[id]?.state else { return false }
    return state == .running || state == .stopped && stoppedIsGood
  }

  private func isBad(_ id: String) -> Bool {
    guard let state = states[id]?.state else { return false }
    return state == .error || (state == .stopped && !stoppedIsGood && !isSnapshot)
  }

  var progress: String {
    ids.map { id in
      guard let deployment = states[id] else { return "\(id) …" }
      return "\(id) \(deployment.state.word) \(deployment.tasks) tasks up"
    }.joined(separator: ", ")
  }

  var problems: [Failure] {
    ids.compactMap { id in
      if gone.contains(id) { return Failure(ExitCode.negative, "deployment \(id) was deleted") }
      guard isBad(id), let deployment = states[id] else { return nil }
      return Failure(
        ExitCode.negative, "deployment \(id) is \(deployment.state.word)", why: Waiting.reason(deployment),
        hint: "flowctl health \(id), or what its services wrote: flowctl logs \(id)")
    }
  }

  func timeoutFailure(_ timeoutMs: Int64) -> Failure {
    let late = ids.filter { !isGood($0) }
    let why = late.compactMap { states[$0] }.map { "\($0.id) is \($0.state.word): \(Waiting.reason($0))" }.joined(separator: "; ")
    return Failure(
      ExitCode.timeout, "not RUNNING within \(TimeText.duration(milliseconds: timeoutMs)): \(late.joined(separator: ", "))", why: why,
      hint: "flowctl ps --health, or a longer --timeout")
  }
}

extension Waiting {
  /// Why a deployment is as it is: its own reason, and its tasks that are down.
  static func reason(_ deployment: FlowV1.Deployment) -> String {
    let down = deployment.health.filter { !$0.up }.map { $0.elementID + ($0.reason.isEmpty ? " is DOWN" : " is DOWN, \($0.reason)") }
    return ([deployment.reason].filter { !$0.isEmpty } + down).joined(separator: "; ")
  }
}
