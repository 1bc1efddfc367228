/// Activities and deciding gateways have names.
func missingNames(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  graph.nodes.indices.compactMap { number -> Finding? in
    let node = graph.nodes[number]
    guard node.name.map(isBlank) ?? true, needsName(node, outgoing: graph.outgoing[number].count) else { return nil }
    return LintCode.missingName.finding(node, "\(node.title) has no name", hint: "say in a word or two what it does or decides")
  }
}

private func needsName(_ node: FlowNode, outgoing: Int) -> Bool {
  switch node.kind {
  case .exclusiveGateway, .inclusiveGateway, .complexGateway: outgoing > 1
  case .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess:
    true
  case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .parallelGateway,
    .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
    false
  }
}
