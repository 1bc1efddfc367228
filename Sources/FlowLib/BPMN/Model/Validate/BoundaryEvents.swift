/// Boundary events sit on activities, are not entered by flows, and no two of an activity catch the same.
func boundaryEvents(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  var triggers: [String: TriggerSet] = [:]
  for node in index.nodes {
    guard case .boundaryEvent(let boundary) = node.kind else { continue }
    let definitions = index.events(of: node)
    findings.append(contentsOf: place(of: node, boundary, index))
    findings.append(contentsOf: escalation(of: node, boundary, definitions, index))
    findings.append(contentsOf: interruption(of: node, boundary, definitions))
    findings.append(
      contentsOf: triggers[boundary.attachedTo, default: TriggerSet()].insert(
        node, definitions, index.roots, of: "on '\(boundary.attachedTo)'"))
  }
  return findings
}

private func place(of node: FlowNode, _ boundary: BoundaryEvent, _ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  if let flow = node.incoming.first {
    findings.append(
      node.error(
        "boundary-with-incoming", "\(node.title) has the incoming flow '\(flow)', but only its activity triggers it",
        hint: "remove the flow"))
  }
  guard let host = index.nodeByID[boundary.attachedTo] else { return findings }
  if !host.kind.isActivity {
    findings.append(
      node.error(
        "boundary-on-event", "\(node.title) sits on \(host.title), but only activities have boundary events", hint: "move it to an activity"
      ))
  } else if host.isEventSubProcess {
    findings.append(
      node.error(
        "boundary-on-event", "\(node.title) sits on the event subprocess \(host.title), which is no activity that a token enters",
        hint: "catch it inside, or around the scope that it belongs to"))
  }
  return findings
}

/// In Zeebe's dialect only what has something inside can escalate.
private func escalation(of node: FlowNode, _ boundary: BoundaryEvent, _ definitions: [EventDefinition], _ index: ProcessIndex) -> [Finding]
{
  guard index.followsZeebe, definitions.contains(where: { if case .escalation = $0 { true } else { false } }),
    let host = index.nodeByID[boundary.attachedTo], host.kind.isActivity, !host.kind.canEscalate, !host.throwsLoopEvents
  else { return [] }
  return [
    node.error(
      "escalation-on-task", "\(node.title) catches an escalation of \(host.title), where none can be thrown",
      hint: "attach it to a subprocess or a call activity")
  ]
}

extension FlowNode {
  /// Instances of its loop may throw events by themselves.
  fileprivate var throwsLoopEvents: Bool {
    guard case .multiInstance(let multi)? = loop else { return false }
    return multi.behavior != .all
  }
}

extension FlowNodeKind {
  fileprivate var canEscalate: Bool {
    switch self {
    case .subProcess, .callActivity: true
    case .startEvent, .endEvent, .intermediateCatchEvent, .boundaryEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask,
      .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .exclusiveGateway, .inclusiveGateway,
      .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }
}

private func interruption(of node: FlowNode, _ boundary: BoundaryEvent, _ definitions: [EventDefinition]) -> [Finding] {
  guard !boundary.isInterrupting else { return [] }
  return definitions.compactMap { definition in
    switch definition {
    case .error, .cancel:
      node.error(
        "error-must-interrupt",
        "\(node.title) does not interrupt its activity, but a \(definition.elementName) means that the activity has ended",
        hint: "set cancelActivity=\"true\"")
    case .message, .timer, .escalation, .signal, .compensate, .conditional, .link, .terminate, .reference: nil
    }
  }
}
