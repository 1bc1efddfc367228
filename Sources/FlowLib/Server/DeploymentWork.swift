import FlowBPMN
import FlowCore
import FlowEngine
import FlowHealth
import FlowHTTP
import FlowOrchestrator
import FlowRuntime
import FlowStorage
import FlowThreads
import Synchronization

/// How one element's service was when it was last looked at.
package struct ElementStatus: Sendable, Equatable {
  package var elementID: String
  package var isUp: Bool
  package var since: Instant
  package var reason: String
  /// By the clock of who looked; another machine's may be wrong, so that it is only shown.
  package var checkedAt: Instant
  /// When flowd learned of it, by its own clock.
  var learnedAt: Instant

  init(_ result: ProbeResult) {
    self.init(
      elementID: result.key.element, isUp: result.state == .up, since: result.since, reason: result.reason ?? "",
      checkedAt: result.checkedAt)
  }

  package init(elementID: String, isUp: Bool, since: Instant, reason: String, checkedAt: Instant) {
    self.elementID = elementID
    self.isUp = isUp
    self.since = since
    self.reason = reason
    self.checkedAt = checkedAt
    learnedAt = checkedAt
  }

  /// The same check told again, as heartbeats do, is no newer than when it was told first.
  fileprivate func learned(at now: Instant, after known: ElementStatus?) -> ElementStatus {
    var status = self
    let isRepeated = known.map { $0.checkedAt == checkedAt && $0.isUp == isUp } ?? false
    status.learnedAt = isRepeated ? known?.learnedAt ?? now : now
    return status
  }
}

/// Brings deployments up and down: starts and stops what they name, looks at it, and tells the partition what was seen.
///
/// It never sets a state; states move only by commands that the partition journals.
final class DeploymentWork: Sendable {
  fileprivate struct State {
    var health: [String: [String: ElementStatus]] = [:]
    /// What healthd told last, which own probes do not change: a heartbeat after a silence tells old checks again.
    var reported: [String: [String: ElementStatus]] = [:]
    /// When healthd last reported; flowd probes itself while nobody does.
    var lastReport: Instant?
    var healthAddress: String?
    var deployments: [String: DeploymentStatus] = [:]
    /// Where each deployment was probed last.
    var urls: [String: [String]] = [:]
  }

  /// Without a report for so long flowd probes itself.
  private static let silenceMs: Int64 = 10_000
  /// How often deployments that are on their way are looked at.
  private static let roundMs: Int64 = 200

  private let state = Mutex(State())
  private let board: DeploymentBoard
  private let partition: Partition
  private let orchestrator: ProcessOrchestrator?
  private let addresses: ServiceAddresses
  private let prober = Mutex<Prober?>(nil)
  private let timers: TimerQueue
  private let world: World
  private let log: Log
  private let onMoved: @Sendable (String) -> Void

  init(
    board: DeploymentBoard, partition: Partition, orchestrator: ProcessOrchestrator?, addresses: ServiceAddresses, timers: TimerQueue,
    world: World,
    log: Log, onMoved: @escaping @Sendable (String) -> Void
  ) {
    self.board = board
    self.partition = partition
    self.orchestrator = orchestrator
    self.addresses = addresses
    self.timers = timers
    self.world = world
    self.log = log
    self.onMoved = onMoved
  }

  /// - Parameter client: its own; probes must not wait behind service calls.
  func start(_ client: HTTPClient) throws(ServerError) {
    do throws(WorkerThreadError) {
      let made = try Prober(client: client) { [weak self] result in self?.saw([ElementStatus(result)], of: result.key.deployment) }
      prober.withLock { $0 = made }
    } catch {
      throw .orchestrator("no thread for probes: \(error)")
    }
    tick()
  }

  func stop() {
    timers.clear("tick")
    prober.withLock { $0.take() }?.close()
  }

  /// Services that were started again have new ports, and healthd may have fallen silent: looks once a second.
  private func tick() {
    updateProbes()
    timers.set("tick", at: world.now() + 1_000) { [weak self] in self?.tick() }
  }

  /// host:port of the healthd that reports, when it did so lately.
  var healthAddress: String? {
    let now = world.now()
    return state.withLock { $0.isHealthdSilent(at: now) ? nil : $0.healthAddress }
  }

  func health(of deployment: String) -> [ElementStatus] {
    let known = state.withLock { $0.health[deployment] ?? [:] }
    return known.values.sorted { $0.elementID < $1.elementID }
  }

  // MARK: what is deployed

  /// Takes the deployments as they are now; starts, stops and probes accordingly.
  func reconcile(_ deployments: [DeploymentStatus]) {
    // Asked before the lock is taken: the board's listeners come the other way, from its lock to this one.
    let known = Set(board.all.map(\.id))
    state.withLock { state in
      state.deployments = Dictionary(deployments.map { ($0.id, $0) }) { first, _ in first }
      for id in state.health.keys.sorted() where !known.contains(id) { state.health[id] = nil }
      for id in state.reported.keys.sorted() where !known.contains(id) { state.reported[id] = nil }
      for id in state.urls.keys.sorted() where !known.contains(id) { state.urls[id] = nil }
    }
    for status in deployments { runServices(of: status) }
    orchestrator?.retain(deployments: Set(deployments.map(\.id)))
    updateProbes()
    look()
  }

  private func runServices(of status: DeploymentStatus) {
    let wanted = status.deployment.state.wantsServices ? services(of: status) : []
    do throws(OrchestratorError) {
      try orchestrator?.setDesired(wanted, deployment: status.id)
    } catch {
      partition.send(.observeDeployment(status.deployment.key, .failed(error.description)), lane: .internal)
    }
  }

  /// Services that have to be started: those with a command, unless an address was given for their host.
  private func services(of status: DeploymentStatus) -> [ServiceSpec] {
    status.services.filter { spec in
      !status.process.elements.contains { $0.service?.host == spec.host && $0.service.map(addresses.isGiven) ?? false }
    }
  }

  private func updateProbes() {
    let now = world.now()
    let (deployments, probesHere) = state.withLock { (Array($0.deployments.values), $0.isHealthdSilent(at: now)) }
    prober.withLock { prober in
      guard let prober else { return }
      prober.retain(deployments: Set(deployments.map(\.id)))
      for status in deployments {
        let isProbed = probesHere && status.deployment.state != .stopped
        prober.setTargets(isProbed ? targets(status) : [], deployment: status.id)
        prober.setHurried(status.deployment.state == .starting || status.deployment.state == .stopping, deployment: status.id)
      }
    }
    tellMovedTargets(deployments)
  }

  /// healthd learns of new ports by hearing of the deployment again.
  private func tellMovedTargets(_ deployments: [DeploymentStatus]) {
    for status in deployments {
      let urls = targets(status).map(\.url)
      let moved = state.withLock { state -> Bool in
        defer { state.urls[status.id] = urls }
        // Who watches was told of a deployment before its services had ports.
        return state.urls[status.id, default: []] != urls
      }
      if moved { onMoved(status.id) }
    }
  }

  func targets(_ status: DeploymentStatus) -> [ProbeTarget] {
    status.probed.compactMap { element in
      guard let binding = element.service, let health = binding.health,
        let address = addresses.probeAddress(of: element, deployment: status.id)
      else { return nil }
      let path = health.path.hasPrefix("/") ? health.path : "/" + health.path
      return ProbeTarget(
        ProbeKey(deployment: status.id, element: element.id), url: "\(binding.scheme)://\(address)\(path)",
        method: health.method.uppercased(),
        body: health.query.map { Array($0.utf8) }, periodMs: Int64(clamping: health.periodSeconds) &* 1000,
        timeoutMs: Int(clamping: health.timeoutSeconds) &* 1000)
    }
  }

  // MARK: what was seen

  /// Probes a deployment now and tells what was seen.
  func probe(_ id: String, completion: @escaping @Sendable ([ElementStatus]) -> Void) {
    guard let status = state.withLock({ $0.deployments[id] }), let prober = prober.withLock({ $0 }) else { return completion([]) }
    prober.setTargets(targets(status), deployment: id)
    prober.probe(deployment: id) { results in completion(results.map { ElementStatus($0) }) }
  }

  /// What healthd reports. Takes over from flowd's own probes.
  ///
  /// - Returns: ids that are not known (any more).
  func reported(_ reports: [(deployment: String, elements: [ElementStatus])], from address: String) -> [String] {
    let wasSilent = state.withLock { state -> Bool in
      let wasSilent = state.isHealthdSilent(at: world.now())
      state.lastReport = world.now()
      if !address.isEmpty { state.healthAddress = address }
      return wasSilent
    }
    if wasSilent {
      log.info("healthd reports, own probes rest", ["flow.healthd": address])
      updateProbes()
    }
    timers.set("healthd", at: world.now() + DeploymentWork.silenceMs + 1) { [self] in updateProbes() }
    for report in reports where board[report.deployment] != nil {
      saw(learned(report.elements, of: report.deployment), of: report.deployment)
    }
    return reports.map(\.deployment).filter { board[$0] == nil }
  }

  private func learned(_ elements: [ElementStatus], of deployment: String) -> [ElementStatus] {
    let now = world.now()
    return state.withLock { state in
      elements.map { element in
        let learned = element.learned(at: now, after: state.reported[deployment]?[element.elementID])
        state.reported[deployment, default: [:]][element.elementID] = learned
        return learned
      }
    }
  }

  func saw(_ elements: [ElementStatus], of deployment: String) {
    // The board knows a deployment before `reconcile` has come to it, and a quick report may come in between.
    guard let status = board[deployment] else { return }
    let probed = Set(status.probed.map(\.id))
    state.withLock { state in
      for element in elements where probed.contains(element.elementID) {
        // An old check that is told again does not hide what was seen since.
        if let known = state.health[deployment]?[element.elementID], known.learnedAt > element.learnedAt { continue }
        state.health[deployment, default: [:]][element.elementID] = element
      }
    }
    look()
  }

  /// Tells the partition of every deployment that has arrived where it was going; looks again soon while one has not.
  private func look() {
    let onTheirWay = state.withLock { state in
      state.deployments.values.filter { $0.deployment.state.isOnItsWay }.map { ($0, state.health[$0.id] ?? [:]) }
    }
    for (status, health) in onTheirWay {
      guard let seen = observation(of: status, health) else { continue }
      partition.send(.observeDeployment(status.deployment.key, seen), lane: .internal)
    }
    if onTheirWay.contains(where: { $0.0.deployment.state != .error }) {
      timers.set("look", at: world.now() + DeploymentWork.roundMs) { [self] in look() }
    }
  }

  private func observation(of status: DeploymentStatus, _ health: [String: ElementStatus]) -> DeploymentObservation? {
    switch status.deployment.state {
    case .starting, .error:
      // What was seen before it began to start says nothing of now.
      let isUp = status.probed.allSatisfy { element in
        health[element.id].map { $0.isUp && $0.learnedAt >= status.deployment.since } ?? false
      }
      return isUp && runningServices(of: status) == services(of: status).count ? .allUp : nil
    case .stopping: return runningServices(of: status) == 0 ? .allDown : nil
    case .running, .stopped: return nil
    }
  }

  private func runningServices(of status: DeploymentStatus) -> Int {
    guard let orchestrator else { return status.deployment.state == .stopping ? 0 : services(of: status).count }
    return orchestrator.status().filter { $0.key.deployment == status.id && $0.pid != nil }.count
  }
}

extension DeploymentWork.State {
  fileprivate func isHealthdSilent(at now: Instant) -> Bool { lastReport.map { now - $0 > 10_000 } ?? true }
}

extension DeploymentState {
  fileprivate var isOnItsWay: Bool {
    switch self {
    case .starting, .stopping, .error: true
    case .running, .stopped: false
    }
  }
}

extension DeploymentStatus {
  /// Services that are started for it.
  var services: [ServiceSpec] {
    var specs: [ServiceSpec] = []
    for element in process.elements {
      guard element.startsService, let binding = element.service else { continue }
      if let index = specs.firstIndex(where: { $0.host == binding.host }) {
        specs[index].elements.append(element.id)
      } else {
        specs.append(ServiceSpec(deployment: id, host: binding.host, elements: [element.id], command: binding.command))
      }
    }
    return specs
  }
}
