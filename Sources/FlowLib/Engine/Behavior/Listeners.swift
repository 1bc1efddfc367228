import FlowCore

// Execution listeners: jobs before an element's work and after it, one after the other.
//
// Source: Zeebe's execution listeners. Those at the start see the mapped inputs, and what they bring is the element's own; those at the end
// see the mapped outputs, and what they bring goes where outputs go.

extension ListenerPlace {
  /// All that are called at such a place.
  func listeners(of element: ExecutableElement) -> [ExecutableListener] { isEnd ? element.more.endListeners : element.more.startListeners }
}

extension Draft {
  /// Makes the job of a listener.
  ///
  /// - Returns: false when the element has none at this place.
  mutating func listen(_ id: ActivityID, _ element: ExecutableElement, _ place: ListenerPlace) throws(StepProblem) -> Bool {
    let listeners = place.listeners(of: element)
    guard place.index < listeners.count else { return false }
    let listener = listeners[place.index]
    try makeJob(id, listener.type, listener.retries, for: place)
    // Its work is done: nothing that happens may interrupt it any more.
    if place.isEnd { for wait in instance.details[id]?.waits ?? [] { emit(.activity(id, .waitClosed(wait.key))) } }
    return true
  }

  /// A listener's job is done.
  mutating func listened(_ place: ListenerPlace, of id: ActivityID, _ variables: [Variable]) {
    guard let activity = instance.activities[id] else { return }
    let element = process[activity.element]
    if place.isEnd {
      propagate(variables, from: isIteration(activity) ? id : activity.scope)
    } else {
      set(variables, localIn: id)
    }
    attempt(id, place.isEnd ? .completing : .activating) { (draft) throws(StepProblem) in
      if try draft.listen(id, element, ListenerPlace(isEnd: place.isEnd, index: place.index + 1)) { return }
      if place.isEnd { try draft.depart(id, element) } else { try draft.begin(id, element) }
    }
  }
}
