import FlowCore
import FlowFEEL

extension Draft {
  /// An embedded subprocess or transaction begins with its start event.
  mutating func enterScope(_ id: ActivityID, _ element: ExecutableElement, _ start: ElementIndex) throws(StepProblem) {
    try openEventSubProcesses(in: id, of: instance.activities[id]?.element)
    emit(.activity(id, .placed(start)))
    for other in element.more.otherStarts { emit(.activity(id, .placed(other))) }
  }

  // MARK: ad-hoc

  /// - Source: BPMN 2.0.2, 13.3.5, ad-hoc subprocesses.
  mutating func enterAdHoc(_ id: ActivityID, _ definition: AdHocDefinition) throws(StepProblem) {
    try openEventSubProcesses(in: id, of: instance.activities[id]?.element)
    guard let active = definition.active else { return }
    guard case .list(let list) = try evaluate(active, in: id, else: .extractValueError) else {
      throw StepProblem(.extractValueError, "active elements '\(active.text)' are not a list of ids")
    }
    // All or none: one that is unknown must not leave the others begun.
    var begun: [ElementIndex] = []
    for item in list.items {
      guard let name = item.string, let element = process.element(id: name), definition.startable.contains(element) else {
        throw StepProblem(.extractValueError, "\(item.shown) is no element that this ad-hoc subprocess can begin")
      }
      begun.append(element)
    }
    for element in begun { emit(.activity(id, .placed(element))) }
  }

  /// Whether a scope stays open when nothing moves in it: it waits for somebody to begin more.
  func staysOpen(_ activity: Activity) -> Bool {
    guard case .adHocSubProcess(let definition) = process[activity.element].kind else { return false }
    // What begins by itself is done when all of it is.
    guard let condition = definition.completion else { return definition.active == nil }
    do throws(StepProblem) { return !(try holds(condition, in: activity.id)) } catch { return true }
  }

  /// An activity inside is done only when it can be told whether that is enough.
  func checkAdHoc(around scope: ActivityID) throws(StepProblem) {
    guard let activity = instance.activities[scope], case .adHocSubProcess(let definition) = process[activity.element].kind,
      let condition = definition.completion
    else { return }
    _ = try holds(condition, "completion condition", in: scope, payload(of: scope), before: [])
  }

  /// After each activity inside: whether that is enough.
  mutating func lookAtAdHoc(_ scope: ActivityID) {
    guard !isFinished, let activity = instance.activities[scope], case .adHocSubProcess(let definition) = process[activity.element].kind,
      let condition = definition.completion
    else { return }
    attempt(scope, .active) { (draft) throws(StepProblem) in
      guard try draft.holds(condition, in: scope) else { return }
      if definition.cancelsRemaining {
        draft.cancelCalls(in: scope)
        draft.emit(.scopeCleared(scope))
      }
      if draft.instance.scopes[scope] == nil { draft.complete(scope, []) }
    }
  }

  consuming func activateInAdHoc(_ id: ActivityID, _ elements: [String]) throws(Rejection) -> Decision {
    guard let activity = instance.activities[id], case .adHocSubProcess(let definition) = process[activity.element].kind else {
      throw Rejection(.notFound, "there is no ad-hoc subprocess at activity \(id.raw) of \(instance.id.text)")
    }
    var begun: [ElementIndex] = []
    for name in elements {
      guard let element = process.element(id: name), definition.startable.contains(element) else {
        let names = definition.startable.map { process[$0].id }.joined(separator: ", ")
        throw Rejection(.notFound, "'\(name)' can not be begun in \(process[activity.element].id); what can: \(names)")
      }
      guard !begun.contains(element) else { throw Rejection(.invalid, "'\(name)' is named twice") }
      begun.append(element)
    }
    if definition.isSequential, begun.count + (instance.scopes[id]?.live ?? 0) > 1 {
      throw Rejection(.wrongState, "\(process[activity.element].id) is sequential: one element at a time")
    }
    for element in begun { emit(.activity(id, .placed(element))) }
    run()
    return decided()
  }

  consuming func completeAdHoc(_ id: ActivityID) throws(Rejection) -> Decision {
    guard let activity = instance.activities[id], case .adHocSubProcess(let definition) = process[activity.element].kind else {
      throw Rejection(.notFound, "there is no ad-hoc subprocess at activity \(id.raw) of \(instance.id.text)")
    }
    guard definition.cancelsRemaining || instance.scopes[id] == nil else {
      throw Rejection(.wrongState, "something still runs in \(process[activity.element].id), and is not to be canceled")
    }
    cancelCalls(in: id)
    emit(.scopeCleared(id))
    complete(id, [])
    run()
    return decided()
  }
}
