import FlowCore

extension Draft {
  /// When all tokens of a scope wait for others, none of them can ever go on: an incident where there are variables, else the end.
  mutating func lookForDeadlock() {
    guard instance.pending.isEmpty else { return }
    while !isFinished, let stuck = instance.waiting.first(where: isStuck) {
      guard process.settings.usesVariables else {
        guard case .parallelGateway = process[stuck.element].kind else { return }
        return fail("DEADLOCK", whyStuck(stuck), at: stuck.element, input: payload(of: stuck))
      }
      // The tokens stay where they are; an activity beside them shows the incident, and the scope has one that does not wait.
      let id = newActivity()
      emit(.activity(stuck.scope, .began(id, stuck.element, start: nil)))
      raise(StepProblem(.deadlock, whyStuck(stuck)), at: id, .active)
    }
  }

  private func payload(of token: WaitingToken) -> Payload { instance.payloads[token.payload] }

  private func isStuck(_ token: WaitingToken) -> Bool {
    let count = instance.scopes[token.scope]
    guard count?.live == count?.waiting else { return false }
    return instance.activities[token.scope].map { !staysOpen($0) } ?? true
  }

  private func whyStuck(_ token: WaitingToken) -> String {
    let element = process[token.element]
    guard element.isGateway else {
      return "\(element.id) needs \(element.more.startQuantity) tokens to begin, and no more can come"
    }
    let missing = element.incoming.filter { flow in
      !instance.waiting.contains { $0.element == token.element && $0.scope == token.scope && $0.flow == flow }
    }
    let names = missing.map { process[$0].id }.joined(separator: ", ")
    let kind = if case .parallelGateway = element.kind { "parallel" } else { "complex" }
    return "\(kind) gateway \(element.id) waits for a token on \(names), and none can come any more"
  }

  /// The other tokens have come after all: what showed that they could not goes.
  mutating func clearDeadlock(at element: ElementIndex, in scope: ActivityID) {
    guard process.settings.usesVariables else { return }
    for activity in instance.activitiesInOrder where activity.element == element && activity.scope == scope {
      if instance.details[activity.id]?.incident?.type == .deadlock { emit(.activity(activity.id, .terminated)) }
    }
  }
}
