/// Nodes without a way on, where others of their level have one.
func deadEnds(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  guard !graph.edges.isEmpty, !graph.isAdHoc else { return [] }
  return graph.nodes.indices.compactMap { number -> Finding? in
    let node = graph.nodes[number]
    guard graph.next[number].allSatisfy({ graph.isBoundary($0) }), !endsByItself(node, index) else { return nil }
    if case .boundaryEvent = node.kind {
      return LintCode.boundaryWithoutFlow.finding(
        node, "\(node.title) has no outgoing flow, so what it catches is lost", hint: "lead it to what is to be done then")
    }
    return LintCode.deadEnd.finding(
      node, "\(node.title) has no outgoing flow, but is no end event",
      hint: "connect it to an end event, to show that the branch ends there")
  }
}

private func endsByItself(_ node: FlowNode, _ index: ProcessIndex) -> Bool {
  if node.isForCompensation || node.isEventSubProcess || node.isCompensationBoundary(index) { return true }
  switch node.kind {
  case .endEvent: return true
  // Validation says so already.
  case .exclusiveGateway, .eventBasedGateway: return true
  case .serviceTask: return index.isRexflow
  case .intermediateThrowEvent: return node.isLink
  case .startEvent, .intermediateCatchEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask, .sendTask, .receiveTask, .userTask,
    .scriptTask, .businessRuleTask, .callActivity, .subProcess, .inclusiveGateway, .parallelGateway, .complexGateway, .choreographyTask,
    .callChoreography, .subChoreography:
    return false
  }
}

/// Boundary events of tasks that do nothing.
func idleBoundaries(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  graph.nodes.compactMap { node -> Finding? in
    guard case .boundaryEvent(let boundary) = node.kind, !node.isCompensationBoundary(index) else { return nil }
    guard let host = index.nodeByID[boundary.attachedTo], host.isIdle else { return nil }
    return LintCode.boundaryNeverFires.finding(
      node, "\(node.title) never fires: \(host.title) takes no time and does nothing",
      hint: "make the activity a task that someone does, or remove the event")
  }
}

extension LintGraph {
  fileprivate var isAdHoc: Bool {
    guard case .subProcess(let subProcess) = level.owner?.kind, case .adHoc = subProcess.kind else { return false }
    return true
  }

  fileprivate func isBoundary(_ number: Int) -> Bool {
    if case .boundaryEvent = nodes[number].kind { true } else { false }
  }
}

extension FlowNode {
  /// A token passes through at once.
  fileprivate var isIdle: Bool {
    guard loop == nil, zeebe?.taskDefinition == nil, zeebe?.executionListeners.isEmpty ?? true, rexflow == nil else { return false }
    switch kind {
    case .task, .manualTask: return true
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .serviceTask,
      .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway,
      .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      return false
    }
  }
}
