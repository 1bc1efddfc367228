/// A compensation boundary event leads by an association to one handler, which no flow enters or leaves.
///
/// - Source: BPMN 2.0.2, section 10.7.
func compensation(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  var handlers: Set<String> = []
  for level in index.levels where level.scope.nodes.contains(where: { $0.isCompensationBoundary(index) }) {
    let associated = level.scope.associated
    for node in level.scope.nodes where node.isCompensationBoundary(index) {
      let targets = associated[node.id, default: []].filter { index.nodeByID[$0]?.parent == node.parent }
      handlers.formUnion(targets)
      findings.append(contentsOf: check(node, targets, index))
    }
  }
  for node in index.nodes {
    if node.isForCompensation { findings.append(contentsOf: handler(node, isUsed: handlers.contains(node.id))) }
    findings.append(contentsOf: thrown(by: node, index))
  }
  return findings
}

private func check(_ node: FlowNode, _ targets: [String], _ index: ProcessIndex) -> [Finding] {
  if let flow = node.outgoing.first {
    return [
      node.error(
        "compensation-with-flow", "\(node.title) has the outgoing flow '\(flow)', but compensation leads to its handler by an association",
        hint: "replace the flow by an association to an activity with isForCompensation=\"true\"")
    ]
  }
  guard targets.count == 1, let handler = index.nodeByID[targets[0]] else {
    return [
      node.error(
        "compensation-handler", "\(node.title) has \(targets.count) compensation handlers; it needs exactly one",
        hint: "draw an association to one activity with isForCompensation=\"true\"")
    ]
  }
  guard handler.kind.isActivity, handler.isForCompensation else {
    return [
      node.error(
        "compensation-handler", "\(node.title) leads to \(handler.title), which is no compensation handler",
        hint: "set isForCompensation=\"true\" on an activity there")
    ]
  }
  return []
}

private func handler(_ node: FlowNode, isUsed: Bool) -> [Finding] {
  var findings: [Finding] = []
  if let flow = node.incoming.first ?? node.outgoing.first {
    findings.append(
      node.error(
        "compensation-with-flow", "\(node.title) is a compensation handler, but the flow '\(flow)' is connected to it",
        hint: "remove the flow; compensation begins it"))
  }
  if !isUsed, !node.isEventSubProcess {
    findings.append(
      node.warning(
        "compensation-unused", "no compensation boundary event leads to the handler \(node.title), so it never runs",
        hint: "draw an association from a compensation boundary event to it"))
  }
  return findings
}

/// What a throw event says it compensates can be compensated.
private func thrown(by node: FlowNode, _ index: ProcessIndex) -> [Finding] {
  switch node.kind {
  case .endEvent, .intermediateThrowEvent, .implicitThrowEvent: break
  case .startEvent, .intermediateCatchEvent, .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask,
    .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
    .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
    return []
  }
  return index.events(of: node).compactMap { definition -> Finding? in
    guard case .compensate(let reference?, _) = definition else { return nil }
    guard let activity = index.nodeByID[reference], activity.kind.isActivity else {
      return node.error(
        "dangling-reference", "\(node.title) compensates '\(reference)', which is no activity of this process",
        hint: "name an activity by activityRef, or none to compensate all")
    }
    guard activity.content == nil, !index.hasHandler(activity) else { return nil }
    return node.error(
      "compensation-handler", "\(node.title) compensates \(activity.title), which nothing undoes",
      hint: "attach a compensation boundary event with a handler to it")
  }
}

extension ProcessIndex {
  /// Whether a compensation boundary event is attached to an activity.
  fileprivate func hasHandler(_ activity: FlowNode) -> Bool {
    nodes.contains { node in
      guard case .boundaryEvent(let boundary) = node.kind, boundary.attachedTo == activity.id else { return false }
      return node.isCompensationBoundary(self)
    }
  }
}

extension Scope {
  /// Ids that associations connect with each id; tools draw them in either direction.
  var associated: [String: [String]] {
    var ids: [String: [String]] = [:]
    for association in artifacts.associations {
      ids[association.source, default: []].append(association.target)
      ids[association.target, default: []].append(association.source)
    }
    return ids
  }
}

extension FlowNode {
  func isCompensationBoundary(_ index: ProcessIndex) -> Bool {
    guard case .boundaryEvent = kind else { return false }
    return index.events(of: self).contains { if case .compensate = $0 { true } else { false } }
  }

  var isEventSubProcess: Bool {
    guard case .subProcess(let subProcess) = kind, case .event = subProcess.kind else { return false }
    return true
  }
}
