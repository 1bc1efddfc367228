import FlowCore
import FlowFEEL

extension Draft {
  /// Joins when no token that is under way could still come to it; then every flow whose condition holds, or the default one.
  ///
  /// - Source: BPMN 2.0.2, 13.4.3, inclusive gateway.
  mutating func enterInclusiveGateway(_ token: PendingToken, _ gateway: ExecutableElement) {
    guard gateway.incoming.count > 1, let flow = token.flow else { return splitInclusive(token, gateway) }
    emit(.arrived(token.element, flow))
  }

  private mutating func splitInclusive(_ token: PendingToken, _ gateway: ExecutableElement) {
    do throws(StepProblem) {
      pass(token, through: try flows(through: gateway, in: token.scope, instance.payloads[token.payload]))
    } catch {
      stop(token, error)
    }
  }

  /// Where a gateway lets its token go: of an exclusive one the first flow, of the others all whose conditions hold, or the default one.
  func flows(through gateway: ExecutableElement, in scope: ActivityID, _ payload: Payload, before brought: [Variable] = [])
    throws(StepProblem) -> [FlowIndex]
  {
    let (isExclusive, standard) = (gateway.isExclusive, gateway.defaultFlow)
    if gateway.outgoing.count <= 1, gateway.outgoing.allSatisfy({ process[$0].condition == nil }) { return gateway.outgoing }
    var chosen: [FlowIndex] = []
    for flow in gateway.outgoing where flow != standard {
      if let condition = process[flow].condition, !(try holds(condition, "condition", in: scope, payload, before: brought)) { continue }
      if isExclusive { return [flow] }
      chosen.append(flow)
    }
    if chosen.isEmpty, let standard { return [standard] }
    guard !chosen.isEmpty else {
      throw StepProblem(.conditionError, "no condition of gateway \(gateway.id) holds, and it has no default flow")
    }
    return chosen
  }

  /// A token that can not go on at its gateway waits there for somebody to act.
  mutating func stop(_ token: PendingToken, _ problem: StepProblem) {
    guard process.settings.usesVariables else {
      return fail("FAILED_TASK", problem.message, at: token.element, input: instance.payloads[token.payload])
    }
    let id = newActivity()
    emit(.activated(id, token.element, .open))
    raise(problem, at: id, .activating)
  }

  /// Joins that nothing can come to any more.
  ///
  /// - Returns: whether one let go.
  mutating func releaseJoins() -> Bool {
    for waiting in instance.waiting {
      let gateway = process[waiting.element]
      if case .complexGateway(let activation) = gateway.kind {
        guard resetComplex(waiting.element, in: waiting.scope, activation) else { continue }
        return true
      }
      guard case .inclusiveGateway = gateway.kind, !mayStillCome(to: waiting.element, in: waiting.scope) else { continue }
      let arrived = gateway.incoming.filter { flow in
        instance.waiting.contains { $0.element == waiting.element && $0.scope == waiting.scope && $0.flow == flow }
      }
      do throws(StepProblem) {
        let flows = try self.flows(through: gateway, in: waiting.scope, instance.payloads[waiting.payload])
        emit(.joined(waiting.element, scope: waiting.scope, incoming: arrived, flows: flows))
        settle(waiting.scope)
        return true
      } catch {
        // The joined token stands in front of the gateway's conditions, as one.
        emit(.joined(waiting.element, scope: waiting.scope, incoming: arrived, flows: []))
        let id = newActivity()
        emit(.activity(waiting.scope, .began(id, waiting.element, start: nil)))
        raise(error, at: id, .activating)
        return true
      }
    }
    return false
  }

  /// Whether a token elsewhere in the scope could reach a flow of the gateway on which none waits yet, and none on which one does,
  /// without passing the gateway.
  private func mayStillCome(to element: ElementIndex, in scope: ActivityID) -> Bool {
    let incoming = process[element].incoming
    let filled = incoming.filter { flow in
      instance.waiting.contains { $0.element == element && $0.scope == scope && $0.flow == flow }
    }
    return mayStillCome(to: element, over: incoming.filter { !filled.contains($0) }, notOver: filled, in: scope)
  }

  /// - Parameter filled: a token that could come over one of these is not waited for.
  func mayStillCome(to element: ElementIndex, over empty: [FlowIndex], notOver filled: [FlowIndex] = [], in scope: ActivityID) -> Bool {
    guard !empty.isEmpty else { return false }
    var sources = process.elementsLeading(to: empty, past: element, fromHosts: true)
    // A boundary event is no sequence flow of its activity: its token may come beside the activity's own.
    if !filled.isEmpty { sources.subtract(process.elementsLeading(to: filled, past: element, fromHosts: false)) }
    if instance.pending.all.contains(where: { $0.scope == scope && $0.element != element && sources.contains($0.element) }) { return true }
    if instance.waiting.contains(where: { $0.scope == scope && $0.element != element && sources.contains($0.element) }) { return true }
    return instance.activities.contains { $0.value.scope == scope && sources.contains($0.value.element) }
  }
}

extension ExecutableProcess {
  /// Elements from which a token can come over one of these flows without passing `gateway`.
  ///
  /// - Parameter fromHosts: boundary events count with their activity.
  fileprivate func elementsLeading(to flows: [FlowIndex], past gateway: ElementIndex, fromHosts: Bool) -> Set<ElementIndex> {
    var found: Set<ElementIndex> = []
    var open = flows.map { self[$0].source }
    while let element = open.popLast() {
      guard element != gateway, found.insert(element).inserted else { continue }
      open += self[element].incoming.map { self[$0].source }
      if fromHosts, let host = host(of: element) { open.append(host) }
      if case .catchEvent = self[element].kind { open += linkSources(of: element) }
    }
    return found
  }

  private func host(of boundary: ElementIndex) -> ElementIndex? {
    guard case .boundaryEvent = self[boundary].kind else { return nil }
    return elements.firstIndex { $0.boundaryEvents.contains(boundary) }.map { ElementIndex($0) }
  }

  private func linkSources(of element: ElementIndex) -> [ElementIndex] {
    elements.indices.filter { index in
      elements[index].more.events.contains { event in
        guard case .link(_, let target?) = event else { return false }
        return target == element
      }
    }.map { ElementIndex($0) }
  }
}
