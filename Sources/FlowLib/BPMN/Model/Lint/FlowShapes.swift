/// Flows and gateways that do nothing, or the same twice.
func flowShapes(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  graph.nodes.indices.flatMap { number -> [Finding] in
    let node = graph.nodes[number]
    return duplicates(graph, number) + (superfluous(graph, number).map { [$0] } ?? [])
      + (withoutDefault(graph, node, number).map { [$0] } ?? [])
  }
}

private func duplicates(_ graph: LintGraph, _ number: Int) -> [Finding] {
  var seen: Set<Int> = []
  return graph.outgoing[number].compactMap { edge -> Finding? in
    let (flow, target) = (graph.edges[edge].flow, graph.edges[edge].target)
    guard !seen.insert(target).inserted, flow.condition == nil else { return nil }
    return Finding(
      LintCode.duplicateFlow.severity, LintCode.duplicateFlow.rawValue, line: flow.line, element: flow.id,
      "sequence flow '\(flow.id)' leads from \(graph.nodes[number].title) to \(graph.nodes[target].title), as another does already",
      hint: "remove one, or give it a condition")
  }
}

private func superfluous(_ graph: LintGraph, _ number: Int) -> Finding? {
  let node = graph.nodes[number]
  if case .eventBasedGateway = node.kind { return nil }  // validation says so
  guard node.kind.isGateway, graph.incoming[number].count == 1, graph.outgoing[number].count == 1 else { return nil }
  guard graph.edges[graph.outgoing[number][0]].flow.condition == nil else { return nil }
  return LintCode.superfluousGateway.finding(
    node, "\(node.title) has one flow in and one out, so it decides nothing and joins nothing", hint: "remove it")
}

private func withoutDefault(_ graph: LintGraph, _ node: FlowNode, _ number: Int) -> Finding? {
  guard case .inclusiveGateway(let defaultFlow) = node.kind, defaultFlow == nil, graph.outgoing[number].count > 1 else { return nil }
  guard graph.outgoing[number].allSatisfy({ graph.edges[$0].flow.condition != nil }) else { return nil }
  return LintCode.inclusiveWithoutDefault.finding(
    node, "\(node.title) has no default flow; an instance stops there when no condition holds", hint: "set the default attribute")
}
