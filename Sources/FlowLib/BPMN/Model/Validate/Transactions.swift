/// Cancel events belong to transactions: thrown at their end, caught at their border.
func transactions(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard node.kind.isEvent, index.events(of: node).contains(.cancel) else { return [] }
  switch node.kind {
  case .boundaryEvent(let boundary):
    guard let host = index.nodeByID[boundary.attachedTo], !host.isTransaction else { return [] }
    return [
      node.error(
        "cancel-outside-transaction", "\(node.title) sits on \(host.title), but only transactions are canceled",
        hint: "move it to a transaction")
    ]
  case .endEvent:
    guard !isInTransaction(node, index) else { return [] }
    return [
      node.error(
        "cancel-outside-transaction", "\(node.title) cancels a transaction, but lies in none", hint: "use an error or terminate end event")
    ]
  case .startEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .serviceTask, .sendTask,
    .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway,
    .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
    return []  // refused where events are
  }
}

/// Directly, or in a subprocess or event subprocess of one.
private func isInTransaction(_ node: FlowNode, _ index: ProcessIndex) -> Bool {
  var around = index.nodeByID[node.parent]
  while let scope = around {
    if scope.isTransaction { return true }
    around = index.nodeByID[scope.parent]
  }
  return false
}

extension FlowNode {
  fileprivate var isTransaction: Bool {
    guard case .subProcess(let subProcess) = kind, case .transaction = subProcess.kind else { return false }
    return true
  }
}
