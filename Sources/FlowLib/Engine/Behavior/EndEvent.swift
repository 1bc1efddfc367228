import FlowCore

extension Draft {
  /// A token is consumed; terminate ends the scope around it, an error end event looks for who catches.
  ///
  /// - Source: BPMN 2.0.2, 13.5.6, end events.
  mutating func enterEnd(_ token: PendingToken, _ end: EndBehavior) {
    switch end {
    case .none:
      emit(.ended(token.element))
      settle(token.scope)
    case .events: activate(token, process[token.element])
    case .terminate:
      emit(.ended(token.element))
      cancelCalls(in: token.scope)
      emit(.scopeCleared(token.scope))
      settle(token.scope)
    case .error(let code):
      guard !process.settings.usesVariables else { return activate(token, process[token.element]) }
      let input = instance.payloads[token.payload]
      emit(.ended(token.element))
      let failure = ServiceFailure(
        code: code, message: "error end event \(process[token.element].id) threw \(code)", elementID: process[token.element].id,
        report: report(code, "error end event threw \(code)", at: token.element, input: input))
      throwError(failure, inside: token.scope)
    }
  }
}
