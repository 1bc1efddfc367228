/// Where an inclusive gateway decides, each flow but the default one has a condition.
///
/// BPMN always takes a flow without condition, so that it is refused only in Zeebe's dialect.
func inclusiveGateways(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .inclusiveGateway(let defaultFlow) = node.kind, node.outgoing.count > 1 else { return [] }
  let flows = index.outgoing(of: node)
  let open = flows.filter { $0.condition == nil && $0.id != defaultFlow }
  guard !open.isEmpty else { return defaultCondition(node, flows, defaultFlow) }
  return [
    node.finding(
      index.followsZeebe ? .error : .warning, "gateway-conditions",
      "\(node.title) has flows without condition (\(open.map(\.id).joined(separator: ", "))), which are always taken",
      hint: "give each a condition, or make one the default flow")
  ]
}
