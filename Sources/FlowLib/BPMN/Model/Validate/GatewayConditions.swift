/// An exclusive gateway always knows where a token goes.
///
/// The original wants exactly one flow with a condition and one without, and does not look at `default`. BPMN wants a
/// condition on each flow but one, Zeebe on each but the default. Where `default` is set, BPMN's rule holds for all.
func gatewayConditions(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .exclusiveGateway(let defaultFlow) = node.kind else { return [] }
  let flows = index.outgoing(of: node)
  // A gateway that only merges decides nothing.
  if flows.count == 1, flows[0].condition == nil { return [] }
  if index.isRexflow, defaultFlow == nil { return original(node, flows) }
  return general(node, flows, defaultFlow, index)
}

private func original(_ node: FlowNode, _ flows: [SequenceFlow]) -> [Finding] {
  let conditional = flows.count { $0.condition != nil }
  let unconditional = flows.count - conditional
  guard conditional != 1 || unconditional != 1 else { return [] }
  return [
    node.error(
      "gateway-conditions",
      "\(node.title) has \(conditional) flows with a condition and \(unconditional) without; it needs one of each to decide",
      hint: "put a condition on one flow and none on the other, or name the gateway's default flow to have any number of conditions")
  ]
}

private func general(_ node: FlowNode, _ flows: [SequenceFlow], _ defaultFlow: String?, _ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  let open = flows.filter { $0.condition == nil && $0.id != defaultFlow }
  // BPMN ends a token where nothing leads on.
  if flows.isEmpty, index.isRexflow {
    findings.append(
      node.error("gateway-without-outgoing", "\(node.title) has no outgoing flow, so a token would be lost there", hint: "connect it"))
  }
  if open.count > (defaultFlow == nil && !index.followsZeebe ? 1 : 0), flows.count > 1 {
    let ids = open.map(\.id).joined(separator: ", ")
    findings.append(
      node.error(
        "gateway-conditions",
        "\(node.title) has flows without condition\(defaultFlow == nil ? "" : " beside its default") (\(ids)), so it can not decide",
        hint: "give each flow a condition, or name the one without it as the gateway's default"))
  }
  findings += defaultCondition(node, flows, defaultFlow)
  if open.isEmpty, defaultFlow == nil, !flows.isEmpty {
    findings.append(
      node.warning(
        "gateway-without-default", "\(node.title) has no default flow; an instance stops there when no condition holds",
        hint: "set the default attribute"))
  }
  return findings
}

/// The default flow is taken when no condition holds, so that nobody would ever look at its own.
func defaultCondition(_ node: FlowNode, _ flows: [SequenceFlow], _ defaultFlow: String?) -> [Finding] {
  guard let flow = flows.first(where: { $0.id == defaultFlow }), flow.condition != nil else { return [] }
  return [
    Finding(
      .warning, "default-with-condition", line: flow.line, element: flow.id,
      "the default flow '\(flow.id)' of \(node.title) has a condition, which nobody looks at", hint: "remove the condition")
  ]
}
