import FlowCore
import FlowHealth
import FlowRPC

/// All that healthd knows, as a value without clock or wires: inputs say what happened, directives say what to do about it.
///
/// The truth about deployments is flowd's; what is kept here is its last word, and what the probes saw.
struct HealthState: Sendable {
  enum Directive: Sendable, Equatable {
    case connect(generation: Int)
    case disconnect
    /// Probe these and no others of the deployment; none ends its probes.
    case probe(deployment: String, [ProbeTarget], hurried: Bool)
    /// Probe these now, whatever their period says.
    case refresh([String])
    case report(generation: Int, FlowV1.ReportProbesRequest)
    case publish(EventLog.Entry)
    /// Pages are to load anew.
    case reset
    /// Pages are to say that they are live, or since when they are not.
    case linkChanged
    /// Watchers of health are to hear of this deployment.
    case healthChanged(String)
  }

  /// Until flowd hears nothing for 10 s it leaves probing to us.
  static let heartbeatMs: Int64 = 2_500
  /// The watch may tell of a deployment before reports on it are taken; who is unknown for so long is really gone.
  static let unknownMs: Int64 = 2_000
  /// When to report again what was not taken.
  static let unknownRetryMs: Int64 = 250
  /// Instances that are kept for pages while flowd is away.
  static let instancesMax = 100

  private(set) var link: Link
  private(set) var log: EventLog
  private(set) var deployments: [String: FlowV1.Deployment] = [:]
  private var health: [String: [String: FlowV1.ElementHealth]] = [:]
  private var instances: [String: FlowV1.Instance] = [:]
  /// Deployments that flowd has not yet named since the watch began; nil once it has named all.
  private var unconfirmed: Set<String>? = []
  private var hasSnapshot = false
  /// Deployments that flowd did not know in a report, and since when.
  private var unknownSinceMs: [String: Int64] = [:]
  private var isReporting = false
  private var isReportOwed = false
  private var reportDueMs: Int64 = 0
  private let address: String

  /// - Parameter address: where healthd's own gRPC is reached.
  init(address: String, at moment: Moment) {
    self.address = address
    link = Link(at: moment)
    log = EventLog(startMs: moment.wallMs)
  }
}

// MARK: - Time

extension HealthState {
  /// When `step` has something to do, if nothing else happens.
  var dueMs: Int64? {
    let report = link.isLive && !isReporting ? reportDueMs : nil
    return [link.dueMs, report].compactMap { $0 }.min()
  }

  mutating func step(at moment: Moment, jitter: Double) -> [Directive] {
    if link.isSilent(at: moment) { return lose(at: moment, jitter: jitter) }
    if link.isDue(at: moment) {
      unconfirmed = Set(deployments.keys)
      return [.connect(generation: link.connect(at: moment))]
    }
    return link.isLive && moment.steadyMs >= reportDueMs ? report(at: moment) : []
  }
}

// MARK: - The link

extension HealthState {
  /// The stream of a generation ended, whatever the reason.
  ///
  /// - Parameter isStandby: it was refused by a flowd that does not lead; another one does, or soon will.
  mutating func ended(generation: Int, isStandby: Bool = false, at moment: Moment, jitter: Double) -> [Directive] {
    generation == link.generation && link.phaseIsOpen ? lose(isStandby: isStandby, at: moment, jitter: jitter) : []
  }

  private mutating func lose(isStandby: Bool = false, at moment: Moment, jitter: Double) -> [Directive] {
    isReporting = false
    return link.lost(isStandby: isStandby, at: moment, jitter: jitter) ? [.disconnect, .linkChanged] : [.disconnect]
  }

  private mutating func heard(at moment: Moment) -> [Directive] { link.heard(at: moment) ? [.linkChanged] : [] }
}

extension Link {
  fileprivate var phaseIsOpen: Bool {
    switch phase {
    case .waiting: false
    case .connecting, .live: true
    }
  }
}

// MARK: - Deployments

extension HealthState {
  mutating func told(_ event: FlowV1.DeploymentEvent, generation: Int, at moment: Moment) -> [Directive] {
    guard generation == link.generation else { return [] }
    var directives = heard(at: moment)
    if let deployment = event.deployment, !deployment.id.isEmpty {
      directives += event.deleted ? drop(deployment.id, position: event.position) : keep(deployment, position: event.position)
    }
    if event.snapshotDone { directives += snapshotDone(position: event.position, at: moment) }
    return directives
  }

  private mutating func keep(_ deployment: FlowV1.Deployment, position: UInt64) -> [Directive] {
    let id = deployment.id
    unconfirmed?.remove(id)
    let before = deployments.updateValue(deployment, forKey: id)
    guard before != deployment else { return [] }
    var directives: [Directive] = []
    if before?.probes != deployment.probes || before?.state != deployment.state {
      let targets = Targets.of(deployment)
      let wanted = Set(targets.map(\.key.element))
      health[id] = (health[id] ?? [:]).filter { wanted.contains($0.key) }
      directives.append(.probe(deployment: id, targets, hurried: Targets.isHurried(deployment)))
      directives.append(.healthChanged(id))
    }
    if hasSnapshot { directives.append(.publish(changed("deployment", id, position: position))) }
    return directives
  }

  private mutating func drop(_ id: String, position: UInt64?) -> [Directive] {
    unconfirmed?.remove(id)
    guard deployments.removeValue(forKey: id) != nil else { return [] }
    health[id] = nil
    unknownSinceMs[id] = nil
    return [
      .probe(deployment: id, [], hurried: false), .healthChanged(id), .publish(changed("deployment", id, position: position)),
    ]
  }

  private mutating func snapshotDone(position: UInt64, at moment: Moment) -> [Directive] {
    var directives: [Directive] = []
    for id in (unconfirmed ?? []).sorted() { directives += drop(id, position: nil) }
    unconfirmed = nil
    // A first snapshot, and a store that is another by now, are no change but a new world.
    if !hasSnapshot || position < log.position {
      hasSnapshot = true
      log.restart(at: position)
      directives.append(.reset)
    }
    // What was seen before flowd went away may be long ago; it is to hear how things are.
    if !health.isEmpty { directives.append(.refresh(health.keys.sorted())) }
    return directives + report(at: moment)
  }

  private mutating func changed(_ kind: String, _ id: String, position: UInt64?) -> EventLog.Entry {
    var object = JSON.Object()
    object[kind] = .string(id)
    return log.append("change", position: position, data: JSON.object(object).text)
  }
}

// MARK: - Instances

extension HealthState {
  mutating func told(_ event: FlowV1.InstanceEvent, generation: Int, at moment: Moment) -> [Directive] {
    guard generation == link.generation else { return [] }
    var directives = heard(at: moment)
    guard let instance = event.instance, !instance.id.isEmpty else { return directives }
    let id = instance.id
    let before = event.deleted ? instances.removeValue(forKey: id) : instances.updateValue(instance, forKey: id)
    trimInstances()
    if hasSnapshot, event.deleted || before != instance {
      directives.append(.publish(changed("instance", id, position: event.position)))
    }
    return directives
  }

  private mutating func trimInstances() {
    guard instances.count > 2 * HealthState.instancesMax else { return }
    instances = Dictionary(recentInstances.prefix(HealthState.instancesMax).map { ($0.id, $0) }) { first, _ in first }
  }

  /// Newest first.
  var recentInstances: [FlowV1.Instance] {
    instances.values.sorted { ($0.createdMs, $0.id) > ($1.createdMs, $1.id) }
  }

  var instancesKnown: Int { instances.count }

  func instance(_ id: String) -> FlowV1.Instance? { instances[id] }
}

// MARK: - Probes

extension HealthState {
  mutating func probed(_ seen: FlowV1.ElementHealth, deployment id: String, at moment: Moment) -> [Directive] {
    guard let deployment = deployments[id] else { return [] }
    let before = health[id]?[seen.elementID]
    var seen = seen
    // What an earlier healthd saw goes on, as flowd tells it.
    let known = before ?? deployment.health.first { $0.elementID == seen.elementID }
    if let known, known.up == seen.up, known.sinceMs > 0 { seen.sinceMs = min(known.sinceMs, seen.sinceMs) }
    health[id, default: [:]][seen.elementID] = seen
    guard before?.up != seen.up || before?.reason != seen.reason else { return [] }
    let entry = changed("deployment", id, position: nil)
    return [.healthChanged(id), .publish(entry)] + report(at: moment)
  }

  /// A report with all that is known: at once when something changed, else as heartbeat.
  private mutating func report(at moment: Moment) -> [Directive] {
    guard link.isLive else { return [] }
    guard !isReporting else {
      isReportOwed = true
      return []
    }
    (isReporting, isReportOwed) = (true, false)
    reportDueMs = moment.steadyMs + HealthState.heartbeatMs
    let reports = health.keys.sorted().map { id in
      FlowV1.ReportProbesRequest.Report(deploymentID: id, elements: elements(of: id))
    }
    let request = FlowV1.ReportProbesRequest(reports: reports.filter { !$0.elements.isEmpty }, healthAddress: address)
    return [.report(generation: link.generation, request)]
  }

  mutating func reported(
    _ result: Result<FlowV1.ReportProbesResponse, Status>, generation: Int, at moment: Moment, jitter: Double
  ) -> [Directive] {
    guard generation == link.generation, link.isLive else { return [] }
    isReporting = false
    switch result {
    case .success(let response):
      var directives = heard(at: moment)
      directives += dropUnknown(response.unknownDeploymentIDs, at: moment)
      return isReportOwed ? directives + report(at: moment) : directives
    case .failure(let status):
      return status.isOfStandby || link.reportFailed() ? lose(isStandby: status.isOfStandby, at: moment, jitter: jitter) : []
    }
  }

  private mutating func dropUnknown(_ ids: [String], at moment: Moment) -> [Directive] {
    unknownSinceMs = unknownSinceMs.filter { ids.contains($0.key) }
    var directives: [Directive] = []
    for id in ids where deployments[id] != nil {
      let sinceMs = unknownSinceMs[id] ?? moment.steadyMs
      unknownSinceMs[id] = sinceMs
      if moment.steadyMs - sinceMs >= HealthState.unknownMs {
        directives += drop(id, position: nil)
      } else {
        reportDueMs = min(reportDueMs, moment.steadyMs + HealthState.unknownRetryMs)
      }
    }
    return directives
  }

  private func elements(of id: String) -> [FlowV1.ElementHealth] {
    (health[id] ?? [:]).values.sorted { $0.elementID < $1.elementID }
  }
}

// MARK: - Reading

extension HealthState {
  func health(of id: String) -> FlowV1.DeploymentHealth {
    FlowV1.DeploymentHealth(
      deploymentID: id, elements: elements(of: id), state: deployments[id]?.state ?? .stateUnspecified)
  }

  var allHealth: [FlowV1.DeploymentHealth] { deployments.keys.sorted().map(health) }

  /// Those of which every target was probed.
  var settledHealth: [FlowV1.DeploymentHealth] {
    allHealth.filter { known in
      deployments[known.deploymentID].map { Targets.of($0).count <= known.elements.count } ?? false
    }
  }

  /// flowd's deployment with our own newer word on its tasks.
  func enriched(_ deployment: FlowV1.Deployment) -> FlowV1.Deployment {
    var merged = Dictionary(deployment.health.map { ($0.elementID, $0) }) { _, last in last }
    for (element, seen) in health[deployment.id] ?? [:] where seen.checkedMs >= (merged[element]?.checkedMs ?? 0) { merged[element] = seen }
    var enriched = deployment
    enriched.health = merged.values.sorted { $0.elementID < $1.elementID }
    return enriched
  }

  var knownDeployments: [FlowV1.Deployment] { deployments.keys.sorted().compactMap { deployments[$0] }.map(enriched) }

  /// Ids that a name stands for: the exact one, else the only one that contains it, case ignored.
  func resolve(_ name: String) -> String? {
    if deployments[name] != nil { return name }
    let needle = name.lowercased()
    let found = needle.isEmpty ? [] : deployments.keys.filter { $0.lowercased().contains(needle) }
    return found.count == 1 ? found.first : nil
  }
}
