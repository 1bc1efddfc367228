import FlowCore
import FlowFEEL

extension Draft {
  /// Another process runs as an instance of its own, and the activity waits for its end.
  mutating func call(_ id: ActivityID, _ call: CallDefinition) throws(StepProblem) {
    let processID = try text(call.processID, in: id, "called process")
    guard let deployment = directory.deployment(of: processID, call.binding, calledBy: instance.deployment) else {
      throw StepProblem(.calledElementError, "no process '\(processID)'\(call.binding.whatIsMeant) is deployed")
    }
    if let called = directory.catalog[deployment], called.startEvents.isEmpty, called.implicitStarts.isEmpty {
      throw StepProblem(.calledElementError, "process '\(processID)' has no none start event, with which a call begins")
    }
    guard instance.callDepth < Limits.callDepth else {
      throw StepProblem(.calledElementError, "calls nest more than \(Limits.callDepth) deep; a process calls itself without an end")
    }
    let child = InstanceID(key: newKey(), entropy: context.entropy.1 &+ nextKey.raw)
    let variables = call.propagatesParentVariables ? instance.visibleVariables(from: id) : instance.localVariables(of: id)
    emit(.activity(id, .called(child)))
    queue(.call(ParentLink(instance: instance.id, activity: id), deployment: deployment, id: child, variables: variables))
  }

  /// The called instance has ended.
  mutating func calledEnded(_ id: ActivityID, _ child: InstanceID, _ outcome: CallOutcome) {
    guard instance.details[id]?.call?.id == child, let activity = instance.activities[id],
      case .callActivity(let call) = process[activity.element].kind
    else { return }
    switch outcome {
    case .completed(let variables):
      if process[activity.element].more.outputs.isEmpty {
        complete(id, call.propagatesChildVariables ? variables : [])
      } else {
        complete(id, variables)
      }
    case .error(let code, let message, let variables):
      throwError(failure(code, message, at: activity.element, input: .emptyObject), at: id, variables)
    case .escalation(let code, let variables): throwEscalation(code, from: id, includingOwn: true, variables)
    case .canceled: raise(StepProblem(.calledElementError, "the called instance \(child.text) was canceled"), at: id, .activating)
    }
  }

  /// The instances that activities in a scope have called end with it.
  mutating func cancelCalls(in scope: ActivityID) {
    guard !instance.details.isEmpty else { return }
    for id in [scope] + instance.activities(inside: scope).map(\.id) {
      if let called = instance.details[id]?.call { queue(.cancel(called.id)) }
    }
  }
}

extension CallDefinition.Binding {
  fileprivate var whatIsMeant: String {
    switch self {
    case .latest, .deployment: ""
    case .versionTag(let tag): " with version tag '\(tag)'"
    }
  }
}

extension Instance {
  /// Variables of this very scope, in the order of their names.
  package func localVariables(of scope: ActivityID) -> [Variable] {
    guard let variables = details[scope]?.variables, !variables.isEmpty else { return [] }
    return variables.keys.sorted().compactMap { name in variables[name].map { Variable(name, $0) } }
  }
}
