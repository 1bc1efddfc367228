import FlowCore

/// One step in the life of one activation of a flow node, as readers count them.
package struct ElementChange: Sendable, Equatable {
  package enum Kind: UInt8, Sendable, Equatable { case entered = 1, completed, terminated }

  package let element: ElementIndex
  package let kind: Kind
  /// The body of a loop, beside its iterations.
  package let isLoopBody: Bool

  init(_ element: ElementIndex, _ kind: Kind, isLoopBody: Bool = false) {
    self.element = element
    self.kind = kind
    self.isLoopBody = isLoopBody
  }
}

extension Instance {
  /// What an event does to elements; the instance is as it was before.
  package func steps(of event: InstanceEvent, _ process: ExecutableProcess) -> [ElementChange] {
    switch event {
    case .passed(let element, _), .ended(let element): through(element)
    case .activated(_, let element, _): [ElementChange(element, .entered, isLoopBody: beginsLoop(element, process))]
    case .completed(let id, _, _): activities[id].map { [ElementChange($0.element, .completed, isLoopBody: isLoopBody(id))] } ?? []
    case .joined(let element, _, _, let flows): flows.isEmpty && !process[element].outgoing.isEmpty ? [] : through(element)
    case .caught(let id, let boundary, _, _): terminated(id) + through(boundary)
    case .scopeCleared(let scope): inside(scope)
    case .finished(let state, _, _, _): state == .completed ? [] : inside(.process)
    case .activity(let id, let event): steps(of: event, id)
    case .created, .arrived, .failed, .stopped, .retried, .migrated, .deleted: []
    }
  }

  private func steps(of event: ActivityEvent, _ id: ActivityID) -> [ElementChange] {
    switch event {
    case .fired(let element, _): through(element)
    case .chosen(let element, _): (activities[id].map { [ElementChange($0.element, .completed)] } ?? []) + through(element)
    case .began(_, let element, _): [ElementChange(element, .entered)]
    case .terminated: terminated(id)
    case .variablesSet, .waitsOpened, .waitClosed, .waitChanged, .definitionSeen, .jobMade, .jobTaken, .jobFreed, .jobFailed, .retriesSet,
      .jobTimeoutSet, .jobGone, .userTaskMade, .userTaskChanged, .incidentRaised, .incidentResolved, .phaseChanged, .loopBegan,
      .iterationsPlaced, .iterationCompleted, .iterationTerminated, .called, .compensable, .compensationTaken, .handles, .counted,
      .gathered, .placed, .ranOn:
      []
    }
  }

  private func through(_ element: ElementIndex) -> [ElementChange] {
    [ElementChange(element, .entered), ElementChange(element, .completed)]
  }

  private func beginsLoop(_ element: ElementIndex, _ process: ExecutableProcess) -> Bool {
    guard process[element].more.loop != nil, let token = pending.first else { return false }
    return activities[token.scope]?.element != element
  }

  package func isLoopBody(_ id: ActivityID) -> Bool { details[id]?.loop != nil }

  private func terminated(_ id: ActivityID) -> [ElementChange] {
    guard let activity = activities[id] else { return [] }
    return inside(id) + [terminated(activity)]
  }

  private func terminated(_ activity: Activity) -> ElementChange {
    ElementChange(activity.element, .terminated, isLoopBody: isLoopBody(activity.id))
  }

  /// What is inside of something ends before it.
  private func inside(_ scope: ActivityID) -> [ElementChange] {
    let byScope = Dictionary(grouping: activities(inside: scope), by: \.scope)
    var changes: [ElementChange] = []
    func end(_ scope: ActivityID) {
      for activity in byScope[scope] ?? [] {
        end(activity.id)
        changes.append(terminated(activity))
      }
    }
    end(scope)
    return changes
  }
}
