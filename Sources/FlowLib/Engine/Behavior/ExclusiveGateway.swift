import FlowCore
import FlowFEEL

extension Draft {
  /// Takes the first flow, in document order, whose condition is true, else the default flow.
  ///
  /// A condition that can not be evaluated fails the instance: a token never waits in silence.
  ///
  /// - Source: BPMN 2.0.2, 13.4.2, exclusive gateway.
  mutating func enterExclusiveGateway(_ token: PendingToken, _ gateway: ExecutableElement, defaultFlow: FlowIndex?) {
    if gateway.outgoing.isEmpty || (gateway.outgoing.count == 1 && process[gateway.outgoing[0]].condition == nil) {
      return pass(token, through: gateway.outgoing)
    }
    if process.asksOutside(gateway, defaultFlow: defaultFlow) { return emit(.activated(newActivity(), token.element, .job(newKey()))) }
    if process.settings.usesVariables { return leaveExclusive(token, gateway) }
    do throws(EvaluationError) {
      guard let flow = try chosenFlow(of: gateway, defaultFlow: defaultFlow, in: token) else {
        return fail("NO_FLOW", noFlow(gateway), at: token.element, input: instance.payloads[token.payload])
      }
      pass(token, through: [flow])
    } catch {
      fail(
        "FAILED_TASK", "condition at exclusive gateway \(gateway.id): \(error)", at: token.element, input: instance.payloads[token.payload])
    }
  }

  private mutating func leaveExclusive(_ token: PendingToken, _ gateway: ExecutableElement) {
    do throws(StepProblem) {
      pass(token, through: try flows(through: gateway, in: token.scope, instance.payloads[token.payload]))
    } catch {
      stop(token, error)
    }
  }

  private func chosenFlow(
    of gateway: ExecutableElement, defaultFlow: FlowIndex?, in token: PendingToken
  ) throws(EvaluationError) -> FlowIndex? {
    let scope = scope(of: token.scope, payload: instance.payloads[token.payload])
    for flow in gateway.outgoing where flow != defaultFlow {
      guard let condition = process[flow].condition else { return flow }
      if try condition.condition(in: scope) { return flow }
    }
    return defaultFlow
  }

  private func noFlow(_ gateway: ExecutableElement) -> String {
    "no condition of exclusive gateway \(gateway.id) is true, and it has no default flow"
  }

  // MARK: decided outside

  /// The decision service has told which condition is the first that is true; nil when none is.
  consuming func gatewayDecided(_ job: Key, _ flow: FlowIndex?) throws(Rejection) -> Decision {
    guard let activity = instance.activity(withJob: job), case .exclusiveGateway(let defaultFlow) = process[activity.element].kind else {
      throw notOpen(job)
    }
    let gateway = process[activity.element]
    if let flow = flow ?? defaultFlow, gateway.outgoing.contains(flow) {
      emit(.completed(activity.id, nil, flows: [flow]))
      settle(activity.scope)
    } else {
      failTask(activity, failure("NO_FLOW", noFlow(gateway), at: activity.element, input: instance.payloads[activity.payload]))
    }
    run()
    return decided()
  }
}

extension ExecutableProcess {
  /// The conditions of an exclusive gateway, in document order.
  func conditions(of gateway: ExecutableElement, defaultFlow: FlowIndex?) -> [GatewayDecision.Condition] {
    gateway.outgoing.compactMap { flow in
      guard flow != defaultFlow, let condition = self[flow].condition else { return nil }
      return GatewayDecision.Condition(flow: flow, text: condition.text)
    }
  }

  /// Only FEEL is asked outside; a flow without a condition that is not the default one leaves nothing to ask behind it.
  fileprivate func asksOutside(_ gateway: ExecutableElement, defaultFlow: FlowIndex?) -> Bool {
    settings.asksDecisionService && gateway.outgoing.contains { $0 != defaultFlow }
      && gateway.outgoing.allSatisfy { $0 == defaultFlow || self[$0].condition?.language == .feel }
  }
}
