import FlowCore
import FlowEngine

/// What is wrong with the tokens of one instance.
func tokenFindings(_ key: Key, _ state: PartitionState, _ catalog: Catalog) -> [StoreFinding] {
  guard let instance = state.instances[key] else { return [] }
  let id = instance.id.text
  guard let process = catalog[instance.deployment] else { return [StoreFinding(id, "its deployment is not there")] }
  guard instance.stands(on: process) else { return [StoreFinding(id, "it stands on an element that its model does not have")] }
  var found = instance.activitiesInOrder.compactMap { activity in
    instance.problem(with: activity, in: process).map {
      StoreFinding(id, "activity \(activity.id.raw) (\(process[activity.element].id)) \($0)")
    }
  }
  if instance.state.isFinal {
    found.append(StoreFinding(id, "it has ended as \(instance.state.name), and is still among those that live"))
  }
  if instance.state == .running {
    if !instance.waits(in: process), obligations(ofInstance: key, in: state, catalog: catalog).isEmpty {
      found.append(StoreFinding(id, "it runs, and nothing is owed to it"))
    }
    found += instance.deadlocks(in: process).map {
      StoreFinding(id, "all tokens in scope \($0.raw) wait for others, and no incident says so")
    }
  }
  if instance.countedScopes != instance.scopesByID {
    found.append(StoreFinding(id, "its scopes do not count the tokens that are in them"))
  }
  return found
}

extension Instance {
  fileprivate func problem(with activity: Activity, in process: ExecutableProcess) -> String? {
    if activity.scope != .process, activities[activity.scope] == nil { return "is in a scope that is not there" }
    let kind = process[activity.element].kind
    if activity.job != nil { return kind.isDoneByServices ? nil : "has a job, and nobody does such jobs" }
    if activity.hasFailed { return state == .stopped ? nil : "has failed, and the instance is not STOPPED" }
    let details = details[activity.id]
    if details?.incident != nil || scopes[activity.id] != nil { return nil }
    if details?.phase == .compensating {
      return self.details.contains { $0.value.thrower == activity.id } ? nil : "waits for a compensation that nobody does"
    }
    if let job = details?.job { return job.isGivenOut ? nil : "has a job that is given to nobody, and no incident" }
    return kind.isWaiting(details, for: activity.element) ? nil : "waits for nothing: it has no token, job, task, call, event or incident"
  }

  /// Whether something from outside will let it go on.
  fileprivate func waits(in process: ExecutableProcess) -> Bool {
    details.contains {
      !$0.value.waits.isEmpty || $0.value.job != nil || $0.value.incident != nil || $0.value.userTask != nil || $0.value.call != nil
    }
      || activities.contains { if case .adHocSubProcess = process[$0.value.element].kind { true } else { false } }
  }

  /// Scopes in which every token waits for another one. Without variables a deadlock is the end of the instance.
  fileprivate func deadlocks(in process: ExecutableProcess) -> [ActivityID] {
    guard process.settings.usesVariables, pending.isEmpty else { return [] }
    return scopes.filter { scope, count in
      if let activity = activities[scope], case .adHocSubProcess = process[activity.element].kind { return false }
      return count.live == count.waiting
    }.map(\.key)
  }

  /// Tokens alive in each scope, and how many of them wait, as the instance keeps count.
  fileprivate var scopesByID: [ActivityID: [Int]] {
    Dictionary(scopes.map { ($0.key, [$0.value.live, $0.value.waiting]) }) { first, _ in first }
  }

  /// The same, counted.
  fileprivate var countedScopes: [ActivityID: [Int]] {
    var counted: [ActivityID: [Int]] = [:]
    for scope in activities.values.map(\.scope) + pending.all.map(\.scope) + waiting.map(\.scope) {
      counted[scope, default: [0, 0]][0] += 1
    }
    for token in waiting { counted[token.scope, default: [0, 0]][1] += 1 }
    return counted
  }
}

extension WorkerJob {
  /// Somebody has it, or gets it now or when its back-off is over.
  fileprivate var isGivenOut: Bool { isActivatable || lock != nil || backoffUntil != nil }
}

extension ExecutableKind {
  fileprivate var isDoneByServices: Bool {
    switch self {
    case .serviceTask, .exclusiveGateway: true
    case .startEvent, .endEvent, .task, .job, .userTask, .script, .catchEvent, .throwEvent, .parallelGateway, .inclusiveGateway,
      .complexGateway, .eventBasedGateway, .subProcess, .eventSubProcess, .transaction, .adHocSubProcess, .callActivity, .boundaryEvent:
      false
    }
  }

  /// Whether what such an element waits for is open.
  fileprivate func isWaiting(_ details: Details?, for element: ElementIndex) -> Bool {
    switch self {
    case .adHocSubProcess: true
    case .userTask: details?.userTask != nil
    case .callActivity: details?.call != nil
    case .catchEvent: details?.waits.contains { $0.element == element } ?? false
    case .eventBasedGateway: !(details?.waits.isEmpty ?? true)
    case .startEvent, .endEvent, .task, .serviceTask, .job, .script, .throwEvent, .exclusiveGateway, .parallelGateway, .inclusiveGateway,
      .complexGateway, .subProcess, .eventSubProcess, .transaction, .boundaryEvent:
      false
    }
  }
}
