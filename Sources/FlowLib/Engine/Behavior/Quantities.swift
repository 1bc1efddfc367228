import FlowCore

extension Draft {
  /// Tokens wait in front of an activity until there are as many as it wants; then it begins once for all of them.
  ///
  /// - Source: BPMN 2.0.2, 13.3.2, start quantity of an activity.
  mutating func gather(_ token: PendingToken, _ element: ExecutableElement, _ flow: FlowIndex) {
    emit(.arrived(token.element, flow))
    let count = instance.waiting.count { $0.element == token.element && $0.scope == token.scope }
    guard count >= element.more.startQuantity else { return }
    emit(.activity(token.scope, .gathered(token.element, element.more.startQuantity)))
    clearDeadlock(at: token.element, in: token.scope)
  }
}
