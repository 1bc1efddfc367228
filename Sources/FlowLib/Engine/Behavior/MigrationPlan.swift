import FlowCore

extension Draft {
  /// Goes on in another deployment with everything that is active, waits or is remembered; what boundary events and event subprocesses
  /// only one of the two has is closed or opened.
  ///
  /// - Throws: with every reason why it is not safe; nothing has changed then.
  consuming func migrate(to target: Key, _ mapping: [(from: String, to: String)]) throws(Rejection) -> Decision {
    let plan = try MigrationPlan(of: instance, to: target, mapping, directory.deployments, directory.catalog)
    if let rejection = plan.rejection { throw rejection }
    for (id, wait) in plan.closing { emit(.activity(id, .waitClosed(wait))) }
    emit(.migrated(plan.migration(to: target)))
    process = plan.next
    openWhatIsNew()
    // It is done at once or not at all, so that it has to fit into one command.
    guard events.count <= Limits.stepsPerCommand else {
      throw Rejection(.exhausted, "\(instance.id.text) waits for too much to be migrated at once")
    }
    hasNewVariables = true
    run()
    return decided()
  }

  private mutating func openWhatIsNew() {
    if instance.details[.process] != nil || !process.eventSubProcesses(of: nil).isEmpty {
      do throws(StepProblem) { try openEventSubProcesses(in: .process, of: nil) } catch {
        return fail("FAILED_TASK", error.message, at: process.eventSubProcesses(of: nil)[0], input: .emptyObject)
      }
    }
    for activity in instance.activitiesInOrder where instance.details[activity.id]?.phase ?? .active == .active {
      guard instance.details[activity.id]?.incident == nil else { continue }
      attempt(activity.id, .active) { (draft) throws(StepProblem) in
        try draft.openBoundaryEvents(of: activity.id, draft.process[activity.element])
        guard draft.instance.details[activity.id]?.loop == nil else { return }
        try draft.openEventSubProcesses(in: activity.id, of: activity.element)
      }
    }
  }
}

extension PartitionState {
  /// Every reason why an instance can not go on in that deployment now; none when it can. Changes nothing.
  ///
  /// - Throws: when one of them is not there.
  package func reasonsAgainstMigration(
    of key: Key, to target: Key, _ mapping: [(from: String, to: String)], catalog: Catalog
  ) throws(Rejection) -> [String] {
    guard let instance = instances[key] else { throw Rejection(.notFound, "no live instance with key \(key.raw)") }
    return try MigrationPlan(of: instance, to: target, mapping, deployments, catalog).allReasons
  }
}

/// What an instance holds, where that is in another deployment, and why it can not be there.
struct MigrationPlan {
  private let instance: Instance
  private let process: ExecutableProcess
  let next: ExecutableProcess
  private var elements: [ElementIndex: ElementIndex] = [:]
  private var flows: [FlowIndex: FlowIndex] = [:]
  private let mapping: [String: String]
  /// Each is told once, however many activities it holds for.
  private(set) var reasons: [String] = []
  /// What is not so for ever.
  private var passing: [String] = []
  private var told: Set<String> = []
  private(set) var closing: [(ActivityID, Key)] = []

  /// - Throws: when one of the two deployments is not there.
  init(
    of instance: Instance, to target: Key, _ mapping: [(from: String, to: String)], _ deployments: [Key: Deployment], _ catalog: Catalog
  ) throws(Rejection) {
    guard let deployment = deployments[target], let next = catalog[target], let process = catalog[instance.deployment] else {
      throw Rejection(.notFound, "the deployment to migrate to is not there (any more)")
    }
    self.init(instance, from: process, to: next, mapping)
    if target == instance.deployment { object("\(instance.id.text) is of \(deployment.id) already") }
    if deployment.state != .running { passing.append("\(deployment.id) is not RUNNING but \(deployment.state.name)") }
    if !instance.pending.isEmpty { passing.append("\(instance.id.text) has tokens on their way; try again") }
    check()
  }

  /// Nothing when it is safe.
  var rejection: Rejection? {
    let all = allReasons
    guard !all.isEmpty else { return nil }
    let more = all.count > Limits.reasonsTold ? ["and \(all.count - Limits.reasonsTold) more; a dry run tells them"] : []
    return Rejection(
      reasons.isEmpty ? .wrongState : .invalid, (all.prefix(Limits.reasonsTold) + more).joined(separator: "; "))
  }

  var allReasons: [String] { passing + reasons }

  private init(_ instance: Instance, from process: ExecutableProcess, to next: ExecutableProcess, _ mapping: [(from: String, to: String)]) {
    self.instance = instance
    self.process = process
    self.next = next
    self.mapping = Dictionary(mapping.map { ($0.from, $0.to) }) { first, _ in first }
    for (id, pairs) in Dictionary(grouping: mapping, by: \.from).sorted(by: { $0.key < $1.key }) {
      if pairs.count > 1 { object("'\(id)' is mapped \(pairs.count) times") }
      if process.element(id: id) == nil { object("\(process.deploymentID) has no element '\(id)'") }
    }
    for id in Set(mapping.map(\.to)).sorted() where next.element(id: id) == nil {
      object("\(next.deploymentID) has no element '\(id)'")
    }
  }

  func migration(to target: Key) -> Migration {
    Migration(
      target: target, elements: elements.keys.sorted().map { Migration.Element(from: $0, to: elements[$0] ?? $0) },
      flows: flows.keys.sorted().map { Migration.Flow(from: $0, to: flows[$0] ?? $0) })
  }

  private mutating func object(_ reason: String) {
    if told.insert(reason).inserted { reasons.append(reason) }
  }

  private mutating func check() {
    checkSettings()
    for activity in instance.activitiesInOrder { checkActivity(activity) }
    for token in instance.waiting { checkToken(token) }
    if let end = instance.lastEnd { _ = place(end.element, "has ended at") }
    for id in instance.details.keys.sorted() { checkDetails(of: id) }
  }

  private mutating func checkSettings() {
    if process.settings.usesVariables != next.settings.usesVariables
      || process.settings.usesClosureTransport != next.settings.usesClosureTransport
    {
      object("\(next.deploymentID) keeps its data in another way")
    }
    if next.placesTokens, instance.rootPayload == nil {
      object("\(next.deploymentID) has events that the instance was not begun for")
    }
  }

  /// Where an element is in the other deployment; without one there is a reason.
  private mutating func place(_ element: ElementIndex, _ what: String) -> ElementIndex? {
    if let known = elements[element] { return known }
    let id = process[element].id
    guard let found = next.element(id: mapping[id] ?? id) else {
      // A mapping to what is not there has been told.
      if mapping[id] == nil { object("it \(what) '\(id)', which is not mapped and not in \(next.deploymentID)") }
      return nil
    }
    guard process[element].kindName == next[found].kindName else {
      object("'\(id)' is \(process[element].kindName), and '\(next[found].id)' is \(next[found].kindName)")
      return nil
    }
    elements[element] = found
    return found
  }

  private mutating func checkActivity(_ activity: Activity) {
    guard let found = place(activity.element, "is active at") else { return }
    let (old, new) = (process[activity.element], next[found])
    if !hasSameScope(old, new) { object("'\(old.id)' and '\(new.id)' lie in different scopes") }
    if old.loopName != new.loopName { object("'\(old.id)' has \(old.loopName), and '\(new.id)' has \(new.loopName)") }
    if case .catchEvent = old.kind, old.more.events.map(\.name) != new.more.events.map(\.name) {
      object("'\(old.id)' and '\(new.id)' wait for different kinds of events")
    }
    if let listener = instance.details[activity.id]?.job?.listener, listener.listeners(of: old).count != listener.listeners(of: new).count {
      object("a listener of '\(old.id)' is under way, and '\(new.id)' has others")
    }
  }

  private mutating func hasSameScope(_ old: ExecutableElement, _ new: ExecutableElement) -> Bool {
    guard let around = old.scope else { return new.scope == nil }
    return new.scope != nil && place(around, "is inside of") == new.scope
  }

  private mutating func checkToken(_ token: WaitingToken) {
    guard let found = place(token.element, "waits at") else { return }
    if !hasSameScope(process[token.element], next[found]) {
      object("'\(process[token.element].id)' and '\(next[found].id)' lie in different scopes")
    }
    let id = process[token.flow].id
    guard let flow = next[found].incoming.first(where: { next[$0].id == id }) else {
      return object("a token has come over '\(id)', which does not lead to '\(next[found].id)' in \(next.deploymentID)")
    }
    flows[token.flow] = flow
  }

  private mutating func checkDetails(of id: ActivityID) {
    guard let details = instance.details[id] else { return }
    for wait in details.waits { checkWait(wait, of: id) }
    for element in details.counts.keys.sorted() { _ = place(element, "counts tokens at") }
    for seen in details.seen {
      guard let found = place(seen.element, "has seen a part of") else { continue }
      if process[seen.element].more.events.map(\.name) != next[found].more.events.map(\.name) {
        object("'\(process[seen.element].id)' and '\(next[found].id)' wait for different kinds of events")
      }
    }
    for element in Set(details.compensations.flatMap(\.elements)).sorted() {
      guard let found = place(element, "can compensate") else { continue }
      if process[element].more.compensationHandler != nil, next[found].more.compensationHandler == nil {
        object("'\(next[found].id)' has no compensation handler")
      }
    }
  }

  /// An event beside the activity may be gone; what it waits for itself may not.
  private mutating func checkWait(_ wait: Wait, of id: ActivityID) {
    let event = process[wait.element]
    let isOwn = if case .boundaryEvent = event.kind { false } else { !process.isEventSubProcessStart(wait.element) }
    guard !isOwn else {
      if let found = place(wait.element, "waits for"), !isReached(found, from: id) {
        object("'\(next[found].id)' is not what \(next.deploymentID) waits for there")
      }
      return
    }
    let target = mapping[event.id] ?? event.id
    guard let found = next.element(id: target), next[found].kindName == event.kindName, isBeside(found, host: id),
      next[found].more.events.map(\.name) == event.more.events.map(\.name)
    else { return closing.append((id, wait.key)) }
    elements[wait.element] = found
    if case .startEvent = event.kind, let around = event.scope, let inner = next[found].scope { elements[around] = inner }
  }

  private func host(_ id: ActivityID) -> ElementIndex? { instance.activities[id].flatMap { elements[$0.element] } }

  /// An event of the activity itself, or one behind its gateway.
  private func isReached(_ event: ElementIndex, from id: ActivityID) -> Bool {
    guard let host = host(id) else { return true }
    return event == host || next[host].outgoing.contains { next[$0].target == event }
  }

  private func isBeside(_ event: ElementIndex, host id: ActivityID) -> Bool {
    if case .boundaryEvent = next[event].kind { return host(id).map { next[$0].boundaryEvents.contains(event) } ?? false }
    guard next.isEventSubProcessStart(event), let inner = next[event].scope else { return false }
    return id == .process ? next[inner].scope == nil : next[inner].scope == host(id)
  }
}

extension ExecutableElement {
  /// What an element is, for who compares two.
  fileprivate var kindName: String {
    switch kind {
    case .startEvent: "a start event"
    case .endEvent: "an end event"
    case .task: "a task"
    case .serviceTask: "a service task"
    case .job: "a task of a worker"
    case .userTask: "a user task"
    case .script: "a script task"
    case .catchEvent: "a catching event"
    case .throwEvent: "a throwing event"
    case .exclusiveGateway: "an exclusive gateway"
    case .parallelGateway: "a parallel gateway"
    case .inclusiveGateway: "an inclusive gateway"
    case .complexGateway: "a complex gateway"
    case .eventBasedGateway: "an event-based gateway"
    case .subProcess: "a subprocess"
    case .eventSubProcess: "an event subprocess"
    case .transaction: "a transaction"
    case .adHocSubProcess: "an ad-hoc subprocess"
    case .callActivity: "a call activity"
    case .boundaryEvent: "a boundary event"
    }
  }

  fileprivate var loopName: String {
    switch more.loop {
    case nil: "no loop"
    case .standard: "a loop"
    case .multiInstance(let multi): multi.isSequential ? "a sequential loop" : "a parallel loop"
    }
  }
}

extension ExecutableEvent {
  fileprivate var name: String {
    switch self {
    case .timer: "timer"
    case .message: "message"
    case .signal: "signal"
    case .condition: "condition"
    case .error: "error"
    case .escalation: "escalation"
    case .compensation: "compensation"
    case .cancel: "cancel"
    case .terminate: "terminate"
    case .link: "link"
    }
  }
}
