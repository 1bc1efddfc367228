import FlowCore
import FlowFEEL

extension Draft {
  /// Takes the first flow, in document order, whose condition is true, else the default flow.
  ///
  /// A condition that can not be evaluated fails the instance: a token never waits in silence.
  ///
  /// - Source: BPMN 2.0.2, 13.4.2, exclusive gateway.
  mutating func enterExclusiveGateway(_ token: PendingToken, _ gateway: ExecutableElement, defaultFlow: FlowIndex?) {
    if gateway.outgoing.count == 1, process[gateway.outgoing[0]].condition == nil {
      return pass(token, through: gateway.outgoing)
    }
    do throws(EvaluationError) {
      guard let flow = try chosenFlow(of: gateway, defaultFlow: defaultFlow, over: instance.payloads[token.payload]) else {
        return fail(
          "NO_FLOW", "no condition of exclusive gateway \(gateway.id) is true, and it has no default flow", at: token.element,
          input: instance.payloads[token.payload])
      }
      pass(token, through: [flow])
    } catch {
      fail(
        "FAILED_TASK", "condition at exclusive gateway \(gateway.id): \(error)", at: token.element, input: instance.payloads[token.payload])
    }
  }

  private func chosenFlow(
    of gateway: ExecutableElement, defaultFlow: FlowIndex?, over payload: Payload
  ) throws(EvaluationError) -> FlowIndex? {
    let body = payload.json ?? .null
    for flow in gateway.outgoing where flow != defaultFlow {
      guard let condition = process[flow].condition else { return flow }
      if try condition.condition(over: body, now: context.now) { return flow }
    }
    return defaultFlow
  }
}
