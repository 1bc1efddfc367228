import FlowCore

extension Draft {
  /// A completed activity with a handler, or a subprocess with such inside, can be compensated for as long as its scope lives.
  ///
  /// - Source: BPMN 2.0.2, 13.5.5, compensation.
  mutating func rememberCompensation(of activity: Activity, _ element: ExecutableElement) {
    let inner = instance.details[activity.id]?.compensations ?? []
    guard element.more.compensationHandler != nil || (!inner.isEmpty && !element.more.isForCompensation) else { return }
    let variables = instance.localVariables(of: activity.id)
    let done = Compensation(activity: activity.id, element: activity.element, variables: variables, inner: inner)
    emit(.activity(activity.scope, .compensable(done)))
  }

  /// Begins the handlers of what has completed, the last first.
  ///
  /// - Parameter target: one activity; nil: all in the scope.
  /// - Returns: whether the thrower has to wait for them.
  mutating func throwCompensation(_ target: ElementIndex?, waits: Bool, at id: ActivityID) throws(StepProblem) -> Bool {
    guard let activity = instance.activities[id] else { return false }
    return beginHandlers(of: compensatedScopes(around: activity), target, thrower: waits ? id : nil)
  }

  /// From within an event subprocess the scope around it is compensated too; one that compensates has what that scope left to be
  /// compensated.
  private func compensatedScopes(around activity: Activity) -> [ActivityID] {
    guard let around = instance.activities[activity.scope], case .eventSubProcess = process[around.element].kind,
      !process[around.element].more.isForCompensation
    else { return [activity.scope] }
    return [around.id, around.scope]
  }

  /// - Parameters:
  ///   - scopes: the innermost first; what completed last is undone first.
  ///   - thrower: who waits until they are done; nil when nobody does.
  /// - Returns: whether there is anything to wait for.
  private mutating func beginHandlers(of scopes: [ActivityID], _ target: ElementIndex?, thrower: ActivityID?) -> Bool {
    var handlers: [(scope: ActivityID, handling: Handling)] = []
    for scope in scopes {
      let chosen = (instance.details[scope]?.compensations ?? []).filter { target == nil || $0.element == target }
      handlers += chosen.reversed().flatMap { $0.handlers(of: process) }.map { (scope, $0) }
      if !chosen.isEmpty { emit(.activity(scope, .compensationTaken(chosen.map(\.activity)))) }
    }
    guard !handlers.isEmpty else { return false }
    if let thrower, let waiting = instance.activities[thrower] {
      emit(.activity(thrower, .phaseChanged(.compensating)))
      emit(.activity(thrower, .counted(waiting.element, handlers.count)))
    }
    for (scope, handling) in handlers { begin(handling, in: scope, thrower: thrower) }
    return thrower != nil
  }

  private mutating func begin(_ handling: Handling, in scope: ActivityID, thrower: ActivityID?) {
    // Nothing follows the boundary event but the handler; it is passed so that it can be seen.
    if let boundary = handling.boundary { emit(.activity(scope, .placed(boundary))) }
    let id = newActivity()
    emit(.activity(scope, .began(id, handling.handler, start: nil)))
    if let thrower { emit(.activity(id, .handles(thrower))) }
    set(handling.known, localIn: id)
    if case .eventSubProcess = process[handling.handler].kind {
      for inner in handling.inner { emit(.activity(id, .compensable(inner))) }
    }
    start(id, process[handling.handler])
  }

  /// A handler is done; when it was the last, who threw goes on.
  mutating func handled(for thrower: ActivityID) {
    guard let activity = instance.activities[thrower], let left = instance.details[thrower]?.counts[activity.element] else { return }
    emit(.activity(thrower, .counted(activity.element, left - 1)))
    guard left == 1 else { return }
    emit(.activity(thrower, .phaseChanged(.active)))
    if case .transaction = process[activity.element].kind { leaveCanceled(thrower, activity) } else { complete(thrower, []) }
  }

  // MARK: transactions

  /// All that runs in the transaction around ends, what has completed in it is compensated, and its cancel event follows.
  ///
  /// - Source: BPMN 2.0.2, 13.5.6, cancel events.
  mutating func cancelTransaction(from id: ActivityID) {
    guard let thrower = instance.activities[id] else { return }
    var scope = thrower.scope
    while scope != .process, let around = instance.activities[scope] {
      if case .transaction = process[around.element].kind { break }
      scope = around.scope
    }
    guard scope != .process, let transaction = instance.activities[scope] else { return complete(id, []) }
    emit(.completed(id, nil, flows: []))
    cancelCalls(in: scope)
    emit(.scopeCleared(scope))
    if !beginHandlers(of: [scope], nil, thrower: scope) { leaveCanceled(scope, transaction) }
  }

  private mutating func leaveCanceled(_ id: ActivityID, _ transaction: Activity) {
    let boundary = process[transaction.element].boundaryEvents.first { boundary in
      process[boundary].more.events.contains { event in
        if case .cancel = event { return true }
        return false
      }
    }
    if let boundary { interrupt(id, by: boundary, code: "", []) } else { complete(id, []) }
  }
}

/// A handler, and what it undoes.
private struct Handling {
  let handler: ElementIndex
  let boundary: ElementIndex?
  /// The variables that it sees as they were then.
  let known: [Variable]
  let inner: [Compensation]
}

extension Compensation {
  /// An event subprocess lies in each iteration of its loop, and undoes that one; a handler at the boundary is the whole loop's.
  private func isLoop(handledBy handler: ElementIndex, _ process: ExecutableProcess) -> Bool {
    guard case .eventSubProcess = process[handler].kind else { return false }
    return inner.contains { $0.element == element }
  }

  /// The handlers that undo it, in the order in which they begin; an activity's own stands for all inside of it.
  ///
  /// - Parameter around: what the scopes around it knew when they completed.
  fileprivate func handlers(of process: ExecutableProcess, around: [Variable] = []) -> [Handling] {
    let own = Set(variables.map(\.name))
    let known = around.filter { !own.contains($0.name) } + variables
    if let handler = process[element].more.compensationHandler, !isLoop(handledBy: handler, process) {
      return [Handling(handler: handler, boundary: process[element].more.compensationBoundary, known: known, inner: inner)]
    }
    return inner.reversed().flatMap { $0.handlers(of: process, around: known) }
  }
}
