import FlowCore
import FlowHTTP
import FlowHealth
import FlowRPC
import FlowThreads
import Synchronization

/// The owner of the state: brings it what happens, does what it directs, and keeps the time.
final class HealthMonitor: Sendable {
  private struct Shell {
    var health: HealthState
    var isStopping = false
  }

  let feed = EventFeed()
  let watchers = HealthWatchers()
  private let flowd: Flowd
  private let log: Log
  private let shell: Monitor<Shell>
  private let prober = Mutex<Prober?>(nil)
  private let thread = Mutex<WorkerThread?>(nil)
  private let probesUp = Atomic<Int>(0)
  private let probesDown = Atomic<Int>(0)

  /// How often pages hear that the stream lives.
  private static let beatMs: Int64 = 10_000
  /// Probes under way at once.
  private static let probesMax = 256

  init(flowd: Flowd, log: Log) {
    self.flowd = flowd
    self.log = log
    shell = Monitor(Shell(health: HealthState(address: "", at: .now)))
  }

  /// - Parameter address: where flowd and others reach healthd's gRPC.
  func start(reportingAs address: String) throws(WorkerThreadError) {
    shell.withLock { $0.health = HealthState(address: address, at: .now) }
    let made = try Prober(client: HTTPClient(inFlightMax: HealthMonitor.probesMax)) { [weak self] result in self?.probed(result) }
    prober.withLock { $0 = made }
    let started = try WorkerThread { self.run() }
    thread.withLock { $0 = started }
  }

  func stop() {
    shell.change { $0.isStopping = true }
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    thread?.join()
    prober.withLock { $0 }?.close()
    flowd.disconnect()
    feed.close()
  }

  // MARK: time

  private func run() {
    var beatDueMs = Moment.now.steadyMs + HealthMonitor.beatMs
    while true {
      let dueMs = shell.withLock { $0.health.dueMs }
      let stopping = shell.wait(untilMs: min(beatDueMs, dueMs ?? beatDueMs)) { shell -> Bool? in
        if shell.isStopping { return true }
        return shell.health.dueMs != dueMs ? false : nil
      }
      if stopping == true { return }
      let now = Moment.now
      input { $0.step(at: now, jitter: .random(in: 0...1)) }
      if now.steadyMs >= beatDueMs {
        beatDueMs = now.steadyMs + HealthMonitor.beatMs
        feed.beat()
      }
    }
  }

  // MARK: in

  /// Tells the state what happened, and does what it says, outside its lock.
  private func input(_ body: (inout HealthState) -> [HealthState.Directive]) {
    for directive in shell.change({ $0.isStopping ? [] : body(&$0.health) }) { perform(directive) }
  }

  func read<T>(_ body: (HealthState) -> T) -> T { shell.withLock { body($0.health) } }

  private func probed(_ result: ProbeResult) {
    let isUp = result.state == .up
    if isUp { probesUp.add(1, ordering: .relaxed) } else { probesDown.add(1, ordering: .relaxed) }
    let seen = FlowV1.ElementHealth(
      elementID: result.key.element, up: isUp, sinceMs: result.since.milliseconds, reason: result.reason ?? "",
      checkedMs: result.checkedAt.milliseconds)
    input { $0.probed(seen, deployment: result.key.deployment, at: .now) }
  }

  // MARK: out

  private func perform(_ directive: HealthState.Directive) {
    switch directive {
    case .connect(let generation): connect(generation)
    case .disconnect: flowd.disconnect()
    case .probe(let id, let targets, let hurried): probe(id, targets, hurried: hurried)
    case .refresh(let ids): probeNow(ids) { _ in }
    case .report(let generation, let request): report(generation, request)
    case .publish(let entry): feed.publish(entry)
    case .reset: feed.reset(at: read(\.log.mark))
    case .linkChanged: linkChanged()
    case .healthChanged(let id): watchers.tell(read { $0.health(of: id) })
    }
  }

  private func connect(_ generation: Int) {
    flowd.watch(
      generation: generation,
      Flowd.Listener(
        deployment: { [weak self] event in self?.input { $0.told(event, generation: generation, at: .now) } },
        instance: { [weak self] event in self?.input { $0.told(event, generation: generation, at: .now) } },
        ended: { [weak self] status in
          self?.log.debug("flowd stream ended", ["grpc.code": status.code.name, "reason": status.message])
          let isStandby = status.isOfStandby
          self?.input { $0.ended(generation: generation, isStandby: isStandby, at: .now, jitter: .random(in: 0...1)) }
        }))
  }

  private func probe(_ id: String, _ targets: [ProbeTarget], hurried: Bool) {
    guard let prober = prober.withLock({ $0 }) else { return }
    prober.setTargets(targets, deployment: id)
    prober.setHurried(hurried, deployment: id)
  }

  private func report(_ generation: Int, _ request: FlowV1.ReportProbesRequest) {
    flowd.call(FlowV1.FlowMethods.reportProbes, request, timeoutMs: Flowd.reportTimeoutMs) { [weak self] result in
      self?.input { $0.reported(result, generation: generation, at: .now, jitter: .random(in: 0...1)) }
    }
  }

  private func linkChanged() {
    let link = read(\.link)
    if link.isLive {
      log.info("flowd reached", ["flowd": flowd.address])
    } else if link.lastContactMs == 0 {
      log.warning("flowd can not be reached yet", ["flowd": flowd.address])
    } else {
      log.warning("flowd lost", ["flowd": flowd.address])
    }
    feed.linkChanged(lostSinceMs: link.isLive ? nil : link.lostSinceMs)
  }

  // MARK: for surfaces

  /// Probes now and tells what is known then, in the order of the ids.
  func probeNow(_ ids: [String], then: @escaping @Sendable ([FlowV1.DeploymentHealth]) -> Void) {
    guard let prober = prober.withLock({ $0 }), !ids.isEmpty else { return then(read { state in ids.map(state.health) }) }
    let countdown = Countdown(ids.count)
    for id in ids {
      prober.probe(deployment: id) { [weak self] _ in
        guard countdown.isLast(), let self else { return }
        then(read { state in ids.map(state.health) })
      }
    }
  }

  /// Opens a stream of events for a page that saw `mark`.
  func openEvents(_ reply: HTTPReply, since mark: String) {
    let (answer, current, link) = read { ($0.log.since(mark), $0.log.mark, $0.link) }
    feed.open(reply, answer, mark: current, lostSinceMs: link.isLive ? nil : link.lostSinceMs)
  }

  var metrics: Metrics {
    read { state in
      Metrics(
        deployments: state.knownDeployments, health: state.allHealth, isLive: state.link.isLive, instances: state.instancesKnown,
        streams: feed.count,
        probesUp: probesUp.load(ordering: .relaxed), probesDown: probesDown.load(ordering: .relaxed))
    }
  }
}

extension Status {
  /// Somebody is there and does not lead.
  var isOfStandby: Bool {
    switch untaken {
    case .standby?: true
    case .unsent?, nil: false
    }
  }
}

/// Counts answers that come from several threads.
private final class Countdown: Sendable {
  private let left: Atomic<Int>

  init(_ count: Int) { left = Atomic(count) }

  /// True for the last one.
  func isLast() -> Bool { left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}
