import FlowCore
import FlowFEEL

extension Draft {
  /// What a completed instance of a multi-instance activity throws; events at the boundary of the activity catch it first.
  ///
  /// - Source: BPMN 2.0.2, 13.3.7, behavior of multi-instance activities.
  mutating func throwLoopEvents(_ loop: MultiInstanceLoop, _ state: LoopState, in body: ActivityID, _ known: [Variable])
    throws(StepProblem)
  {
    switch loop.behavior {
    case .all: break
    case .none(let event): try throwLoop(event, in: body)
    case .one(let event): if state.completed == 1 { try throwLoop(event, in: body) }
    case .complex(let behaviors):
      for behavior in behaviors where try holds(behavior.condition, countedBy: state, in: body, before: known) {
        for event in behavior.events where instance.activities[body] != nil { try throwLoop(event, in: body) }
      }
    }
  }

  private mutating func throwLoop(_ event: ExecutableEvent, in body: ActivityID) throws(StepProblem) {
    guard let activity = instance.activities[body] else { return }
    switch event {
    case .escalation(let code):
      guard let code else { return }
      throwEscalation(try text(code, in: body, "escalation code"), fromBody: activity)
    case .signal, .message, .error: _ = try throwEvent(event, at: body)
    // The compiler refuses them here.
    case .timer, .condition, .compensation, .cancel, .terminate, .link: break
    }
  }

  /// Event subprocesses inside lie in the iterations, and do not catch what the body throws.
  private mutating func throwEscalation(_ code: String, fromBody activity: Activity) {
    let variables = instance.localVariables(of: activity.id)
    guard let boundary = catcher(of: code, among: process[activity.element].boundaryEvents, isEscalation: true) else {
      return throwEscalation(code, from: activity.scope, includingOwn: true, variables)
    }
    if process[boundary].more.isInterrupting {
      interrupt(activity.id, by: boundary, code: code, variables)
    } else {
      pass(boundary: boundary, of: activity.id, variables)
    }
  }
}
