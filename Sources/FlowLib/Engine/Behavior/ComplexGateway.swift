import FlowCore
import FlowFEEL

extension Draft {
  /// Waits until its activation condition holds over `activationCount`; then the flows whose conditions hold. After that it takes a token
  /// from each of the other flows, as far as one can still come, and is as it was at first.
  ///
  /// - Source: BPMN 2.0.2, 13.4.5, complex gateway.
  mutating func enterComplexGateway(_ token: PendingToken, _ gateway: ExecutableElement, _ activation: CompiledExpression?) {
    guard gateway.incoming.count > 1, let flow = token.flow else { return splitComplex(token, gateway) }
    emit(.arrived(token.element, flow))
    guard taken(at: token.element, in: token.scope) == 0 else { return }
    lookAtComplex(token.element, in: token.scope, activation)
  }

  private mutating func splitComplex(_ token: PendingToken, _ gateway: ExecutableElement) {
    do throws(StepProblem) {
      pass(token, through: try startFlows(of: gateway, in: token.scope, instance.payloads[token.payload]))
    } catch {
      stop(token, error)
    }
  }

  /// Whether it starts with the tokens that wait there now.
  private mutating func lookAtComplex(_ element: ElementIndex, in scope: ActivityID, _ activation: CompiledExpression?) {
    let gateway = process[element]
    let arrived = flowsWithToken(at: element, in: scope)
    guard !arrived.isEmpty else { return }
    do throws(StepProblem) {
      guard try starts(gateway, with: arrived.count, in: scope, activation) else { return }
      var flows = try startFlows(of: gateway, in: scope, payload(of: scope))
      let isReset = arrived.count == gateway.incoming.count
      if isReset { flows += try resetFlows(of: gateway, in: scope) }
      emit(.joined(element, scope: scope, incoming: arrived, flows: flows))
      if !isReset { emit(.activity(scope, .counted(element, gateway.mask(of: arrived)))) }
      clearDeadlock(at: element, in: scope)
      settle(scope)
    } catch {
      standStill(error, at: element, in: scope, arrived)
    }
  }

  /// Once it has started, it is as at first when no token can come any more over a flow from which it has taken none.
  ///
  /// - Returns: whether it is; tokens that wait for it may start it again.
  mutating func resetComplex(_ element: ElementIndex, in scope: ActivityID, _ activation: CompiledExpression?) -> Bool {
    let gateway = process[element]
    let taken = taken(at: element, in: scope)
    guard taken != 0 else { return false }
    let open = gateway.incoming.enumerated().filter { taken & (1 << $0.offset) == 0 }.map(\.element)
    let arrived = open.filter { flowsWithToken(at: element, in: scope).contains($0) }
    guard !mayStillCome(to: element, over: open.filter { !arrived.contains($0) }, in: scope) else { return false }
    do throws(StepProblem) {
      let flows = try resetFlows(of: gateway, in: scope)
      emit(.activity(scope, .counted(element, 0)))
      if !arrived.isEmpty { emit(.joined(element, scope: scope, incoming: arrived, flows: flows)) }
    } catch {
      emit(.activity(scope, .counted(element, 0)))
      standStill(error, at: element, in: scope, arrived)
    }
    lookAtComplex(element, in: scope, activation)
    settle(scope)
    return true
  }

  /// What has joined stands in front of the gateway's conditions, as one token with an incident.
  private mutating func standStill(_ problem: StepProblem, at element: ElementIndex, in scope: ActivityID, _ arrived: [FlowIndex]) {
    if !arrived.isEmpty { emit(.joined(element, scope: scope, incoming: arrived, flows: [])) }
    let id = newActivity()
    emit(.activity(scope, .began(id, element, start: nil)))
    raise(problem, at: id, .activating)
  }

  /// The flows that tokens were taken from since it started, one bit each; 0 while it waits for its start.
  private func taken(at element: ElementIndex, in scope: ActivityID) -> Int { instance.details[scope]?.counts[element] ?? 0 }

  private func flowsWithToken(at element: ElementIndex, in scope: ActivityID) -> [FlowIndex] {
    process[element].incoming.filter { flow in
      instance.waiting.contains { $0.element == element && $0.scope == scope && $0.flow == flow }
    }
  }

  private func starts(_ gateway: ExecutableElement, with count: Int, in scope: ActivityID, _ activation: CompiledExpression?)
    throws(StepProblem) -> Bool
  {
    guard let activation else { return count == gateway.incoming.count }
    let brought = [Variable("activationCount", .int(Int64(count))), Variable(isStart, .bool(true))]
    return try holds(activation, "activation condition", in: scope, payload(of: scope), before: brought)
  }

  /// As an inclusive gateway chooses them, with `waitingForStart` true.
  func startFlows(of gateway: ExecutableElement, in scope: ActivityID, _ payload: Payload?) throws(StepProblem) -> [FlowIndex] {
    try flows(through: gateway, in: scope, payload ?? .emptyObject, before: [Variable(isStart, .bool(true))])
  }

  /// Flows whose conditions ask whether it starts are asked again as it is reset; the others have had their token.
  private func resetFlows(of gateway: ExecutableElement, in scope: ActivityID) throws(StepProblem) -> [FlowIndex] {
    var chosen: [FlowIndex] = []
    for flow in gateway.outgoing {
      guard let condition = process[flow].condition, condition.names.contains(isStart) else { continue }
      if try holds(condition, "condition", in: scope, payload(of: scope), before: [Variable(isStart, .bool(false))]) { chosen.append(flow) }
    }
    return chosen
  }
}

/// The standard's own name: whether a complex gateway waits for its start, and not for its reset.
private let isStart = "waitingForStart"

extension ExecutableElement {
  /// One bit for each of these incoming flows; `Limits.complexFlows` of them at most.
  fileprivate func mask(of flows: [FlowIndex]) -> Int {
    incoming.enumerated().reduce(0) { flows.contains($1.element) ? $0 | (1 << $1.offset) : $0 }
  }
}
