import FlowCore

extension Event {
  /// Why it can not be applied to a state; nil when it can.
  ///
  /// What `decide` made always can. This is for what was read back, where a text that can be read may still make no sense: `evolve` would
  /// trap there, or leave what no later event fits.
  package func problem(in state: PartitionState, catalog: Catalog) -> String? {
    if case .startTimer(let deployment, let element, _) = self {
      return catalog[deployment].map { $0.has(element) } == false ? "a timer of a start event that its model does not have" : nil
    }
    if case .triggersSeen(let deployment, let place, _) = self {
      return catalog[deployment].map { $0.has(place.element) } == false ? "triggers of a start event that its model does not have" : nil
    }
    if case .queued(_, let delivery) = self { return delivery.problem(catalog) }
    guard case .instance(let key, let change) = self else { return nil }
    switch change {
    case .created(let created):
      guard created.id.key == key, state.instances[key] == nil else { return "instance \(key.raw) is created again" }
      guard let process = catalog[created.deployment] else { return "instance \(key.raw) is of a deployment that is not there" }
      return created.start.map { process.has($0) } ?? true ? nil : "instance \(key.raw) begins at an element that its model does not have"
    case .finished, .deleted: return nil
    case .migrated(let migration):
      guard var instance = state.instances[key] else { return "instance \(key.raw) is not there" }
      guard let process = catalog[migration.target] else { return "instance \(key.raw) moves to a deployment that is not there" }
      instance.migrate(migration)
      return instance.stands(on: process) ? nil : "instance \(instance.id.text) moves to elements that its new model does not have"
    case .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .retried, .activity:
      guard let instance = state.instances[key] else { return "instance \(key.raw) is not there" }
      guard let process = catalog[instance.deployment] else { return "instance \(key.raw) is of a deployment that is not there" }
      return instance.problem(applying: change, of: process).map { "instance \(instance.id.text) \($0)" }
    }
  }
}

extension Delivery {
  fileprivate func problem(_ catalog: Catalog) -> String? {
    switch self {
    case .start(let deployment, let element, _): problem(of: deployment, element, catalog)
    case .trigger(let deployment, let place, _, _): problem(of: deployment, place.element, catalog)
    case .correlate, .publish, .call, .ended, .cancel, .signal: nil
    }
  }

  private func problem(of deployment: Key, _ element: ElementIndex, _ catalog: Catalog) -> String? {
    catalog[deployment].map { $0.has(element) } == false ? "a start at an element that its model does not have" : nil
  }
}

extension ExecutableProcess {
  fileprivate func has(_ element: ElementIndex) -> Bool { elements.indices.contains(element.raw) }
  fileprivate func has(_ all: [FlowIndex]) -> Bool { all.allSatisfy { flows.indices.contains($0.raw) } }
}

extension Instance {
  /// Whether every number of an element or flow that it holds is one of the process.
  package func stands(on process: ExecutableProcess) -> Bool {
    activities.allSatisfy { process.has($0.value.element) }
      && pending.all.allSatisfy { process.has($0.element) && ($0.flow.map { process.has([$0]) } ?? true) }
      && waiting.allSatisfy { process.has($0.element) && process.has([$0.flow]) }
      && (lastEnd.map { process.has($0.element) } ?? true) && details.allSatisfy { $0.value.stands(on: process) }
  }

  fileprivate func problem(applying change: InstanceEvent, of process: ExecutableProcess) -> String? {
    let unknown = "moves to an element that its model does not have"
    switch change {
    case .passed(let element, let flows): return process.has(element) && process.has(flows) ? tokenProblem : unknown
    case .activated(let id, let element, let activated):
      if case .scope(let start) = activated, !process.has(start) { return unknown }
      guard process.has(element) else { return unknown }
      guard id.raw >= nextActivity, id.raw < Instance.numbersEnd else { return "begins activity \(id.raw), a number that was given" }
      return tokenProblem
    case .completed(let id, _, let flows): return process.has(flows) ? activityProblem(id) : unknown
    case .arrived(let element, let flow): return process.has(element) && process.has([flow]) ? tokenProblem : unknown
    case .joined(let element, let scope, let incoming, let flows):
      guard process.has(element), process.has(incoming), process.has(flows) else { return unknown }
      return joinProblem(element, scope, incoming)
    case .ended(let element): return process.has(element) ? tokenProblem : unknown
    case .caught(let id, let boundary, _, let flows): return process.has(boundary) && process.has(flows) ? activityProblem(id) : unknown
    case .activity(let id, let event): return problem(applying: event, to: id, of: process)
    case .created, .scopeCleared, .failed, .stopped, .retried, .migrated, .finished, .deleted: return nil
    }
  }

  private func problem(applying event: ActivityEvent, to id: ActivityID, of process: ExecutableProcess) -> String? {
    let unknown = "moves to an element that its model does not have"
    switch event {
    case .fired(let element, let flows): return process.has(element) && process.has(flows) ? scopeProblem(id) : unknown
    case .chosen(let element, let flows): return process.has(element) && process.has(flows) ? activityProblem(id) : unknown
    case .placed(let element): return process.has(element) ? scopeProblem(id) : unknown
    case .began(let activity, let element, let start):
      guard process.has(element), start.map({ process.has($0) }) ?? true else { return unknown }
      guard activity.raw >= nextActivity, activity.raw < Instance.numbersEnd else {
        return "begins activity \(activity.raw), a number that was given"
      }
      return scopeProblem(id)
    case .terminated: return activityProblem(id)
    case .gathered(let element, let count):
      guard process.has(element) else { return unknown }
      let there = waiting.count { $0.element == element && $0.scope == id }
      return count > 0 && count <= there ? nil : "gathers tokens that do not wait"
    case .iterationsPlaced(let count):
      guard count <= Limits.tokensPerInstance, activities[id] != nil else { return "begins too many iterations, or of what is not there" }
      return nil
    case .waitsOpened(let waits): return waits.allSatisfy { process.has($0.element) } ? nil : unknown
    case .compensable(let compensation): return compensation.elements.allSatisfy { process.has($0) } ? nil : unknown
    case .definitionSeen(let seen): return process.has(seen.element) ? nil : unknown
    case .counted(let element, _): return process.has(element) ? nil : unknown
    case .variablesSet, .waitClosed, .waitChanged, .jobMade, .jobTaken, .jobFreed, .jobFailed, .retriesSet, .jobTimeoutSet, .jobGone,
      .userTaskMade, .userTaskChanged, .incidentRaised, .incidentResolved, .phaseChanged, .loopBegan, .iterationCompleted,
      .iterationTerminated, .called, .compensationTaken, .handles, .ranOn:
      return nil
    }
  }

  private func scopeProblem(_ id: ActivityID) -> String? {
    if id == .process { return rootPayload == nil ? "has nothing that a token in the process could carry" : nil }
    return activities[id] == nil ? "has no activity \(id.raw)" : nil
  }

  /// Numbers of activities and payloads are given one after the other, and no instance comes near this.
  fileprivate static var numbersEnd: UInt64 { 1 << 62 }

  private var tokenProblem: String? {
    guard let token = pending.first else { return "has no token on its way" }
    return isHeld(token.scope, token.payload) ? nil : "has a token in a scope that is not there"
  }

  private func activityProblem(_ id: ActivityID) -> String? {
    guard let activity = activities[id] else { return "has no activity \(id.raw)" }
    return isHeld(activity.scope, activity.payload) ? nil : "has activity \(id.raw) in a scope that is not there"
  }

  private func isHeld(_ scope: ActivityID, _ payload: PayloadID) -> Bool { scopes[scope] != nil && payloads.entries[payload] != nil }

  private func joinProblem(_ element: ElementIndex, _ scope: ActivityID, _ incoming: [FlowIndex]) -> String? {
    guard !incoming.isEmpty, Set(incoming).count == incoming.count else { return "joins tokens of no flow, or twice of one" }
    let isThere = incoming.allSatisfy { flow in
      waiting.contains { $0.element == element && $0.scope == scope && $0.flow == flow }
    }
    return isThere ? nil : "joins tokens that do not wait"
  }

  /// Whether a stored instance is one that events can go on with: scopes lie in each other, and numbers are still to be given.
  var isSound: Bool {
    guard nextActivity < Instance.numbersEnd, payloads.next < Instance.numbersEnd else { return false }
    guard payloads.entries.keys.allSatisfy({ $0.raw < payloads.next }) else { return false }
    func isThere(_ scope: ActivityID) -> Bool { scope == .process || activities[scope] != nil }
    return activities.values.allSatisfy { $0.id != .process && $0.id.raw < nextActivity && $0.scope < $0.id && isThere($0.scope) }
      && pending.all.allSatisfy { isThere($0.scope) } && waiting.allSatisfy { isThere($0.scope) }
  }
}

extension Details {
  fileprivate func stands(on process: ExecutableProcess) -> Bool {
    waits.allSatisfy { process.has($0.element) } && seen.allSatisfy { process.has($0.element) }
      && counts.allSatisfy { process.has($0.key) } && compensations.allSatisfy { $0.elements.allSatisfy { process.has($0) } }
  }
}
