import FlowCore

extension Draft {
  /// Joins when every incoming flow holds a token; surplus tokens wait for the next join. Then forks to every outgoing flow.
  ///
  /// The payload that came last goes on, as the original's combiner does.
  ///
  /// - Source: BPMN 2.0.2, 13.4.1, parallel gateway.
  mutating func enterParallelGateway(_ token: PendingToken, _ gateway: ExecutableElement) {
    guard gateway.incoming.count > 1, let flow = token.flow else { return pass(token, through: gateway.outgoing) }
    emit(.arrived(token.element, flow))
    let isComplete = gateway.incoming.allSatisfy { flow in
      instance.waiting.contains { $0.element == token.element && $0.scope == token.scope && $0.flow == flow }
    }
    guard isComplete else { return }
    emit(.joined(token.element, scope: token.scope, incoming: gateway.incoming, flows: gateway.outgoing))
    clearDeadlock(at: token.element, in: token.scope)
    settle(token.scope)
  }
}
