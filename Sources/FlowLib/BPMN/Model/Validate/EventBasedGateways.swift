/// An event-based gateway waits for two events or more, each of which is entered from it alone.
///
/// - Source: BPMN 2.0.2, section 10.6.6.
func eventBasedGateways(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .eventBasedGateway(let gateway) = node.kind else { return [] }
  var findings: [Finding] = []
  if node.outgoing.count < 2 {
    findings.append(
      node.error(
        "event-gateway-flows", "\(node.title) has \(node.outgoing.count) outgoing flows, but it chooses among two events or more",
        hint: "add events behind it, or use one intermediate catch event instead"))
  }
  if gateway.instantiate, let flow = node.incoming.first {
    findings.append(
      node.error(
        "event-gateway-flows", "\(node.title) begins instances, but the flow '\(flow)' leads to it",
        hint: "remove the flow, or its attribute instantiate"))
  }
  for flow in index.outgoing(of: node) {
    if let target = index.nodeByID[flow.target] { findings.append(contentsOf: check(target, behind: node, gateway, index)) }
  }
  return findings
}

private func check(_ target: FlowNode, behind node: FlowNode, _ gateway: EventBasedGateway, _ index: ProcessIndex) -> [Finding] {
  guard target.waits(index, onlyForMessages: gateway.instantiate && gateway.kind == .parallel) else {
    return [
      node.error(
        "event-gateway-target", "\(node.title) leads to \(target.title), which is no event that it could wait for",
        hint: "let it lead to intermediate catch events (message, timer, signal, conditional) and receive tasks")
    ]
  }
  guard target.incoming.count > 1 else { return [] }
  return [
    target.error(
      "event-gateway-target", "\(target.title) belongs to \(node.title), but other flows lead to it too",
      hint: "give the other flows an event of their own")
  ]
}

extension FlowNode {
  fileprivate func waits(_ index: ProcessIndex, onlyForMessages: Bool) -> Bool {
    switch kind {
    case .receiveTask: return true
    case .intermediateCatchEvent:
      // One without definition has a finding of its own.
      return index.events(of: self).allSatisfy { definition in
        switch definition {
        case .message: true
        case .timer, .signal, .conditional: !onlyForMessages
        case .error, .escalation, .compensate, .link, .cancel, .terminate, .reference: false
        }
      }
    case .startEvent, .endEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask,
      .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway,
      .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      return false
    }
  }
}
