/// Cycles that nothing leads out of, and loops without an end.
func endlessLoops(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  cycles(graph) + graph.nodes.compactMap(standardLoop)
}

private func standardLoop(_ node: FlowNode) -> Finding? {
  guard case .standard(let loop) = node.loop, loop.maximum == nil, loop.condition.map({ $0.text.isEmpty }) ?? true else { return nil }
  return LintCode.endlessLoop.finding(
    node, "\(node.title) is a loop with neither loopCondition nor loopMaximum, so it never ends", hint: "add one of them")
}

private func cycles(_ graph: LintGraph) -> [Finding] {
  var components = Components(graph.next)
  let found = components.run()
  return found.compactMap { members -> Finding? in
    guard let first = members.min(), members.count > 1 || graph.next[first].contains(first) else { return nil }
    let inside = Set(members)
    let leaves = members.contains { number in graph.next[number].contains { !inside.contains($0) } || graph.nodes[number].canEndElsewhere }
    guard !leaves else { return nil }
    return LintCode.endlessLoop.finding(
      graph.nodes[first], "nothing leads out of the cycle that \(graph.nodes[first].title) belongs to, so an instance in it never ends",
      hint: "add a gateway with a flow that leaves the cycle")
  }
}

extension FlowNode {
  /// A subprocess or call may end the whole by an error or by terminating; a gateway may find no flow, which is no way out.
  fileprivate var canEndElsewhere: Bool {
    switch kind {
    case .endEvent: true
    case .startEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
      .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway,
      .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }
}
