import FlowCore
import FlowHTTP
import FlowThreads
import Glibc

/// The clocks of a prober.
package struct ProbeClock: Sendable {
  /// Never goes back; for what is due.
  package var monotonicMs: @Sendable () -> Int64
  /// For people.
  package var now: @Sendable () -> Instant

  package init(monotonicMs: @escaping @Sendable () -> Int64, now: @escaping @Sendable () -> Instant) {
    self.monotonicMs = monotonicMs
    self.now = now
  }

  package static let system = ProbeClock(monotonicMs: { MonotonicClock.milliseconds() }) {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

/// Asks the services of deployments whether they are well, on one timer thread.
///
/// UP is an answer below 400. A result is told by `onResult` on the HTTP client's thread, one at a time for a target, and
/// kept until its target is removed; after that nothing of it is told any more.
package final class Prober: Sendable {
  package typealias Send = @Sendable (HTTPClientRequest, @escaping HTTPClient.Completion) -> Void

  private let send: Send
  private let clock: ProbeClock
  private let onResult: @Sendable (ProbeResult) -> Void
  private let state = Monitor(State())

  fileprivate struct State {
    var schedule = ProbeSchedule()
    var results: [ProbeKey: ProbeResult] = [:]
    var waiters: [Waiter] = []
    var thread: WorkerThread?
    var isClosed = false
  }

  fileprivate struct Waiter {
    let deployment: String
    var left: Set<ProbeKey>
    let completion: @Sendable ([ProbeResult]) -> Void
  }

  /// - Parameter client: its own; probes must not wait behind service calls.
  package convenience init(
    client: HTTPClient, clock: ProbeClock = .system, onResult: @escaping @Sendable (ProbeResult) -> Void
  ) throws(WorkerThreadError) {
    self.init(clock: clock, send: { client.send($0, completion: $1) }, onResult: onResult)
    try startThread()
  }

  /// A prober without a thread: its owner calls `tick` when time has passed.
  init(clock: ProbeClock, send: @escaping Send, onResult: @escaping @Sendable (ProbeResult) -> Void) {
    self.send = send
    self.clock = clock
    self.onResult = onResult
  }

  deinit { close() }

  /// Replaces the targets of a deployment; new ones are probed at once.
  package func setTargets(_ targets: [ProbeTarget], deployment: String) {
    let done = state.change { state in
      let gone = state.schedule.setTargets(targets, deployment: deployment, nowMs: clock.monotonicMs())
      return state.drop(gone)
    }
    tell(done)
  }

  /// Ends the probes of a deployment and forgets their results.
  package func remove(deployment: String) { setTargets([], deployment: deployment) }

  /// Ends the probes of all deployments that are no more.
  ///
  /// - Returns: the orphans that were removed.
  @discardableResult
  package func retain(deployments: Set<String>) -> [String] {
    let orphans = state.withLock { $0.schedule.deployments.filter { !deployments.contains($0) } }
    for orphan in orphans { remove(deployment: orphan) }
    return orphans
  }

  /// While a deployment starts or stops it is probed every 500 ms.
  package func setHurried(_ isHurried: Bool, deployment: String) {
    state.change { $0.schedule.setHurried(isHurried, deployment: deployment, nowMs: clock.monotonicMs()) }
  }

  /// Probes a deployment now and tells all its results, sorted. Probes under way are joined.
  package func probe(deployment: String, completion: @escaping @Sendable ([ProbeResult]) -> Void) {
    let isKnown = state.change { state in
      let asked = state.schedule.askNow(deployment, nowMs: clock.monotonicMs())
      if !asked.isEmpty { state.waiters.append(Waiter(deployment: deployment, left: asked, completion: completion)) }
      return !asked.isEmpty
    }
    if !isKnown { completion([]) }
  }

  /// The last results of a deployment (nil: of all), sorted; a target that was never probed has none.
  package func results(deployment: String? = nil) -> [ProbeResult] {
    state.withLock { state in
      let wanted = state.results.values.filter { deployment == nil || $0.key.deployment == deployment }
      return wanted.sorted { $0.key < $1.key }
    }
  }

  package var deployments: [String] { state.withLock { $0.schedule.deployments } }

  /// Ends the thread; what is in flight is not told any more.
  package func close() {
    let (thread, done) = state.change { state in
      state.isClosed = true
      defer {
        state.thread = nil
        state.waiters = []
        state.schedule = ProbeSchedule()
      }
      return (state.thread, state.waiters.map { ($0.completion, [ProbeResult]()) })
    }
    tell(done)
    if let thread, !thread.isCurrent { thread.join() }
  }

  // MARK: the timer

  private func startThread() throws(WorkerThreadError) {
    let state = state
    let clock = clock
    let thread = try WorkerThread { [weak self] in
      while true {
        let (isClosed, nextMs) = state.withLock { ($0.isClosed, $0.schedule.nextDueMs()) }
        if isClosed { return }
        // Woken by any change too, since each may bring something sooner.
        let _: Bool? = state.wait(untilMs: nextMs) { state in
          if state.isClosed { return true }
          let soonest = state.schedule.nextDueMs()
          return soonest != nextMs || soonest.map { $0 <= clock.monotonicMs() } == true ? true : nil
        }
        self?.tick()
      }
    }
    state.withLock { $0.thread = thread }
  }

  /// Sends what is due.
  func tick() {
    let due = state.withLock { $0.isClosed ? [] : $0.schedule.takeDue(nowMs: clock.monotonicMs()) }
    for probe in due {
      let target = probe.target
      let began = clock.monotonicMs()
      let request = HTTPClientRequest(
        target.method, target.url, body: target.body, connectTimeoutMs: target.timeoutMs, timeoutMs: target.timeoutMs,
        maxResponseBytes: Limits.probeAnswerBytes)
      send(request) { [weak self] outcome in self?.finished(probe, began: began, outcome) }
    }
  }

  private func finished(_ probe: ProbeSchedule.Probe, began: Int64, _ outcome: Result<HTTPClientResponse, HTTPClientError>) {
    let nowMs = clock.monotonicMs()
    let now = clock.now()
    let reason = Prober.reason(outcome, probe.target)
    let (result, done) = state.change { state -> (ProbeResult?, [(@Sendable ([ProbeResult]) -> Void, [ProbeResult])]) in
      guard state.schedule.finished(probe, nowMs: nowMs) else { return (nil, []) }
      let key = probe.target.key
      let verdict: ProbeResult.State = reason == nil ? .up : .down
      let before = state.results[key]
      let since = before?.state == verdict ? before?.since ?? now : now
      let result = ProbeResult(key: key, state: verdict, reason: reason, since: since, checkedAt: now, tookMs: nowMs - began)
      state.results[key] = result
      return (result, state.answered([key]))
    }
    if let result { onResult(result) }
    tell(done)
  }

  /// - Returns: nil when the service is up.
  private static func reason(_ outcome: Result<HTTPClientResponse, HTTPClientError>, _ target: ProbeTarget) -> String? {
    switch outcome {
    case .success(let answer): return answer.status < 400 ? nil : "HTTP \(answer.status)"
    case .failure(let error):
      switch error.kind {
      case .couldNotConnect: return "connection refused"
      case .connectTimedOut, .timedOut: return "timed out after \(CurlError.seconds(target.timeoutMs))"
      case .dropped: return "connection dropped"
      // Only the status counts, and an answer this long had one; what it was is not known, so it is not called well.
      case .tooLarge, .unknownName, .badURL, .tls, .cancelled, .queueFull, .other: return error.message
      }
    }
  }

  private func tell(_ done: [(@Sendable ([ProbeResult]) -> Void, [ProbeResult])]) {
    for (completion, results) in done { completion(results) }
  }
}

extension Prober.State {
  /// Takes keys off what waiters wait for.
  ///
  /// - Returns: the waiters that have all now, with their results.
  fileprivate mutating func answered(_ keys: Set<ProbeKey>) -> [(@Sendable ([ProbeResult]) -> Void, [ProbeResult])] {
    for index in waiters.indices { waiters[index].left.subtract(keys) }
    let done = waiters.filter(\.left.isEmpty)
    waiters.removeAll(where: \.left.isEmpty)
    return done.map { waiter in
      let own = results.values.filter { $0.key.deployment == waiter.deployment }
      return (waiter.completion, own.sorted { $0.key < $1.key })
    }
  }

  /// Forgets what is known of keys that are gone.
  fileprivate mutating func drop(_ keys: Set<ProbeKey>) -> [(@Sendable ([ProbeResult]) -> Void, [ProbeResult])] {
    for key in keys { results[key] = nil }
    return answered(keys)
  }
}
