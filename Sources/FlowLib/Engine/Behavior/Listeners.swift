import FlowCore

// Execution listeners: jobs that are done before an activity or event begins its work, and before it is left. Those of a loop are
// called for each iteration.
//
// Source: Zeebe, execution listeners.

extension Draft {
  /// Makes the job of the next listener, after so many that are done.
  ///
  /// - Returns: whether there is one to wait for.
  mutating func callListener(_ id: ActivityID, _ listeners: [ExecutableListener], after done: Int, _ phase: Phase) throws(StepProblem)
    -> Bool
  {
    guard !listeners.isEmpty, let activity = instance.activities[id] else { return false }
    guard done < listeners.count else {
      emit(.activity(id, .counted(activity.element, 0)))
      if phase == .activating { emit(.activity(id, .phaseChanged(.active))) }
      return false
    }
    try makeJob(id, listeners[done].type, listeners[done].retries)
    if (instance.details[id]?.phase ?? .active) != phase { emit(.activity(id, .phaseChanged(phase))) }
    emit(.activity(id, .counted(activity.element, done + 1)))
    return true
  }

  /// What an activity has its open job for, if that is a listener's, and how many listeners will be done with it.
  func listening(_ id: ActivityID) -> (phase: Phase, done: Int)? {
    guard let activity = instance.activities[id], let details = instance.details[id], details.job != nil,
      let done = details.counts[activity.element], details.phase == .activating || details.phase == .completing
    else { return nil }
    return (details.phase, done)
  }

  /// A listener is done: what it brings belongs to the activity as it begins, and goes out as it ends.
  mutating func listenerDone(_ id: ActivityID, _ phase: Phase, _ done: Int, _ variables: [Variable]) {
    guard let activity = instance.activities[id] else { return }
    let element = process[activity.element]
    if phase == .activating {
      set(variables, localIn: id)
      attempt(id, .activating) { (draft) throws(StepProblem) in
        if try !draft.callListener(id, element.more.startListeners, after: done, .activating) { try draft.begin(id, element) }
      }
    } else {
      propagate(variables, from: activity.scope)
      attempt(id, .completing) { (draft) throws(StepProblem) in
        if try !draft.callListener(id, element.more.endListeners, after: done, .completing) { try draft.goOut(of: id, element) }
      }
    }
  }

  /// What an activity waits for ends with its work; its last listeners are called behind that.
  mutating func closeWaits(of id: ActivityID) {
    for wait in instance.details[id]?.waits ?? [] { emit(.activity(id, .waitClosed(wait.key))) }
  }
}
