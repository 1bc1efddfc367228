import FlowCore

extension Draft {
  /// - Parameter isLocal: exactly there; else each where its name is owned, or in the process.
  consuming func setVariables(_ variables: [Variable], in scope: ActivityID, isLocal: Bool) throws(Rejection) -> Decision {
    guard scope == .process || instance.activities[scope] != nil else {
      throw Rejection(.notFound, "\(instance.id.text) has no active scope \(scope.raw)")
    }
    if isLocal { set(variables, localIn: scope) } else { propagate(variables, from: scope) }
    run()
    return decided()
  }

  /// Ends activities, and begins others where nothing led to.
  ///
  /// - Throws: with every reason why it can not be done; nothing has changed then.
  consuming func modify(_ modification: Modification) throws(Rejection) -> Decision {
    var reasons: [String] = []
    for id in modification.terminate where instance.activities[id] == nil { reasons.append("there is no active element \(id.raw)") }
    var places: [(element: ElementIndex, variables: [Variable])] = []
    for activation in modification.activate {
      guard let element = process.element(id: activation.element) else {
        reasons.append("\(process.processID) has no element '\(activation.element)'")
        continue
      }
      if let reason = whyNotPlaced(element) { reasons.append(reason) }
      places.append((element, activation.variables))
    }
    guard reasons.isEmpty else { throw Rejection(.invalid, reasons.joined(separator: "; ")) }
    for place in places { self.place(place.element, place.variables) }
    for id in modification.terminate { end(id) }
    run()
    return decided()
  }

  func whyNotPlaced(_ element: ElementIndex) -> String? {
    let id = process[element].id
    switch process[element].kind {
    case .boundaryEvent: return "boundary event '\(id)' only happens"
    case .startEvent where process[element].scope != nil: return "start event '\(id)' begins with its subprocess"
    case .eventSubProcess: return "event subprocess '\(id)' begins with its event"
    case .startEvent, .endEvent, .task, .serviceTask, .job, .userTask, .script, .catchEvent, .throwEvent, .exclusiveGateway,
      .parallelGateway, .inclusiveGateway, .complexGateway, .eventBasedGateway, .subProcess, .transaction, .adHocSubProcess, .callActivity:
      break
    }
    if let around = process[element].scope, instance.activities.values.filter({ $0.element == around && !isBody($0) }).count > 1 {
      return "'\(id)' could begin in several active '\(process[around].id)'"
    }
    return nil
  }

  private func isBody(_ activity: Activity) -> Bool { instance.details[activity.id]?.loop != nil }

  /// A token begins in front of an element; scopes around it that are not active begin too.
  mutating func place(_ element: ElementIndex, _ variables: [Variable]) {
    let scope = openScope(process[element].scope)
    set(variables, localIn: scope)
    emit(.activity(scope, .placed(element)))
  }

  private mutating func openScope(_ element: ElementIndex?) -> ActivityID {
    guard let element else { return .process }
    if let active = instance.activitiesInOrder.first(where: { $0.element == element && !isBody($0) }) { return active.id }
    let around = openScope(process[element].scope)
    let id = newActivity()
    emit(.activity(around, .began(id, element, start: nil)))
    attempt(id, .activating) { (draft) throws(StepProblem) in
      try draft.mapInputs(of: id, draft.process[element])
      try draft.openBoundaryEvents(of: id, draft.process[element])
      try draft.openEventSubProcesses(in: id, of: element)
    }
    return id
  }

  /// A scope ends with the last that was in it, and the instance with its last scope.
  private mutating func end(_ id: ActivityID) {
    guard let activity = instance.activities[id] else { return }
    cancelCalls(in: id)
    let (isIteration, thrower) = (isIteration(activity), instance.details[id]?.thrower)
    emit(.activity(id, .terminated))
    if isIteration { return iterationTerminated(in: activity.scope) }
    if let thrower { handled(for: thrower) }
    guard instance.scopes[activity.scope] == nil else { return settle(activity.scope) }
    guard let around = instance.activities[activity.scope] else {
      return finish(.canceled, nil, canceled("a modification has left nothing of it"))
    }
    if !staysOpen(around) { end(around.id) }
  }
}
