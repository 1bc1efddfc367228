import FlowCore

extension Draft {
  /// Goes on in another deployment with everything that is active, waits or is remembered; what boundary events and event subprocesses
  /// only one of the two has is closed or opened.
  ///
  /// - Throws: with every reason why it is not safe; nothing has changed then.
  consuming func migrate(to target: Key, _ mapping: [(from: String, to: String)]) throws(Rejection) -> Decision {
    guard let deployment = directory.deployments[target], let next = directory.catalog[target] else {
      throw Rejection(.notFound, "the deployment to migrate to is not there (any more)")
    }
    guard target != instance.deployment else { throw Rejection(.invalid, "\(instance.id.text) is of \(deployment.id) already") }
    guard deployment.state == .running else {
      throw Rejection(.wrongState, "\(deployment.id) is not RUNNING but \(deployment.state.name)")
    }
    guard instance.pending.isEmpty else { throw Rejection(.wrongState, "\(instance.id.text) has tokens on their way; try again") }
    var plan = MigrationPlan(instance, from: process, to: next, mapping)
    plan.check()
    guard plan.reasons.isEmpty else { throw Rejection(.invalid, plan.reasons.joined(separator: "; ")) }
    for (id, wait) in plan.closing { emit(.activity(id, .waitClosed(wait))) }
    emit(.migrated(plan.migration(to: target)))
    process = next
    openWhatIsNew()
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

/// What an instance holds, where that is in another deployment, and why it can not be there.
struct MigrationPlan {
  private let instance: Instance
  private let process: ExecutableProcess
  private let next: ExecutableProcess
  private var elements: [ElementIndex: ElementIndex] = [:]
  private var flows: [FlowIndex: FlowIndex] = [:]
  private let mapping: [String: String]
  private(set) var reasons: [String] = []
  private(set) var closing: [(ActivityID, Key)] = []

  init(_ instance: Instance, from process: ExecutableProcess, to next: ExecutableProcess, _ mapping: [(from: String, to: String)]) {
    self.instance = instance
    self.process = process
    self.next = next
    self.mapping = Dictionary(mapping.map { ($0.from, $0.to) }) { first, _ in first }
    for (id, pairs) in Dictionary(grouping: mapping, by: \.from).sorted(by: { $0.key < $1.key }) {
      if pairs.count > 1 { reasons.append("'\(id)' is mapped \(pairs.count) times") }
      if process.element(id: id) == nil { reasons.append("\(process.deploymentID) has no element '\(id)'") }
    }
    for id in Set(mapping.map(\.to)).sorted() where next.element(id: id) == nil {
      reasons.append("\(next.deploymentID) has no element '\(id)'")
    }
  }

  func migration(to target: Key) -> Migration {
    Migration(
      target: target, elements: elements.keys.sorted().map { Migration.Element(from: $0, to: elements[$0] ?? $0) },
      flows: flows.keys.sorted().map { Migration.Flow(from: $0, to: flows[$0] ?? $0) })
  }

  mutating func check() {
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
      reasons.append("\(next.deploymentID) keeps its data in another way")
    }
    if next.placesTokens, instance.rootPayload == nil {
      reasons.append("\(next.deploymentID) has events that the instance was not begun for")
    }
  }

  /// Where an element is in the other deployment; without one there is a reason.
  private mutating func place(_ element: ElementIndex, _ what: String) -> ElementIndex? {
    if let known = elements[element] { return known }
    let id = process[element].id
    guard let found = next.element(id: mapping[id] ?? id) else {
      // A mapping to what is not there has been told.
      if mapping[id] == nil { reasons.append("it \(what) '\(id)', which is not mapped and not in \(next.deploymentID)") }
      return nil
    }
    guard process[element].kindName == next[found].kindName else {
      reasons.append("'\(id)' is \(process[element].kindName), and '\(next[found].id)' is \(next[found].kindName)")
      return nil
    }
    elements[element] = found
    return found
  }

  private mutating func checkActivity(_ activity: Activity) {
    guard let found = place(activity.element, "is active at") else { return }
    let (old, new) = (process[activity.element], next[found])
    if !hasSameScope(old, new) { reasons.append("'\(old.id)' and '\(new.id)' lie in different scopes") }
    if old.loopName != new.loopName { reasons.append("'\(old.id)' has \(old.loopName), and '\(new.id)' has \(new.loopName)") }
    if case .catchEvent = old.kind, old.more.events.map(\.name) != new.more.events.map(\.name) {
      reasons.append("'\(old.id)' and '\(new.id)' wait for different kinds of events")
    }
  }

  private mutating func hasSameScope(_ old: ExecutableElement, _ new: ExecutableElement) -> Bool {
    guard let around = old.scope else { return new.scope == nil }
    return new.scope != nil && place(around, "is inside of") == new.scope
  }

  private mutating func checkToken(_ token: WaitingToken) {
    guard let found = place(token.element, "waits at") else { return }
    if !hasSameScope(process[token.element], next[found]) {
      reasons.append("'\(process[token.element].id)' and '\(next[found].id)' lie in different scopes")
    }
    let id = process[token.flow].id
    guard let flow = next[found].incoming.first(where: { next[$0].id == id }) else {
      return reasons.append("a token has come over '\(id)', which does not lead to '\(next[found].id)' in \(next.deploymentID)")
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
        reasons.append("'\(process[seen.element].id)' and '\(next[found].id)' wait for different kinds of events")
      }
    }
    for element in Set(details.compensations.flatMap(\.elements)).sorted() {
      guard let found = place(element, "can compensate") else { continue }
      if process[element].more.compensationHandler != nil, next[found].more.compensationHandler == nil {
        reasons.append("'\(next[found].id)' has no compensation handler")
      }
    }
  }

  /// An event beside the activity may be gone; what it waits for itself may not.
  private mutating func checkWait(_ wait: Wait, of id: ActivityID) {
    let event = process[wait.element]
    let isOwn = if case .boundaryEvent = event.kind { false } else { !process.isEventSubProcessStart(wait.element) }
    guard !isOwn else {
      if let found = place(wait.element, "waits for"), !isReached(found, from: id) {
        reasons.append("'\(next[found].id)' is not what \(next.deploymentID) waits for there")
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
