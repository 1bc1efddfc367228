/// Whatever is referred to exists, and on the level where it must be.
func references(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  for level in index.levels {
    let here = Set(level.scope.nodes.map(\.id))
    for flow in level.scope.flows {
      findings.append(contentsOf: end(of: flow, flow.source, "source", here, index))
      findings.append(contentsOf: end(of: flow, flow.target, "target", here, index))
    }
    for node in level.scope.nodes {
      findings.append(contentsOf: attachment(of: node, here))
      findings.append(contentsOf: defaultFlow(of: node, index))
    }
  }
  return findings
}

private func end(of flow: SequenceFlow, _ id: String, _ what: String, _ here: Set<String>, _ index: ProcessIndex) -> [Finding] {
  if here.contains(id) { return [] }
  if let elsewhere = index.nodeByID[id] {
    return [
      Finding(
        .error, "flow-crosses-scope", line: flow.line, element: flow.id,
        "sequence flow '\(flow.id)' has its \(what) '\(elsewhere.id)' inside another (sub)process, which a sequence flow can not reach",
        hint: "end it at the border of the subprocess, or use a message or signal")
    ]
  }
  let missing = id.isEmpty ? "has no \(what)Ref" : "has the \(what) '\(id)', which is no flow node of this process"
  return [
    Finding(
      .error, "dangling-\(what)", line: flow.line, element: flow.id, "sequence flow '\(flow.id)' \(missing)",
      hint: "connect it to an element, or remove it")
  ]
}

private func attachment(of node: FlowNode, _ here: Set<String>) -> [Finding] {
  guard case .boundaryEvent(let boundary) = node.kind, !here.contains(boundary.attachedTo) else { return [] }
  return [
    node.error(
      "dangling-attached-to", "\(node.title) is attached to '\(boundary.attachedTo)', which is no activity beside it",
      hint: "attach it to an activity on the same level")
  ]
}

private func defaultFlow(of node: FlowNode, _ index: ProcessIndex) -> [Finding] {
  guard let flow = node.defaultFlow, !node.outgoing.contains(flow) else { return [] }
  return [
    node.error(
      "dangling-default", "\(node.title) has the default flow '\(flow)', which does not leave it",
      hint: "name one of its outgoing flows: \(node.outgoing.joined(separator: ", "))")
  ]
}

func rootReferences(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard node.kind.isEvent else { return taskReferences(of: node, index.roots) }
  let roots = index.roots
  return node.eventDefinitions.compactMap { definition -> Finding? in
    let (kind, reference, isKnown): (String, String?, (String) -> Bool) =
      switch definition {
      case .message(let ref, _): ("message", ref, { roots.message($0) != nil })
      case .error(let ref): ("error", ref, { roots.error($0) != nil })
      case .signal(let ref): ("signal", ref, { roots.signal($0) != nil })
      case .escalation(let ref): ("escalation", ref, { roots.escalation($0) != nil })
      case .reference(let id): ("event definition", id, { roots.eventDefinition($0) != nil })
      case .timer, .compensate, .conditional, .link, .cancel, .terminate: ("", nil, { _ in true })
      }
    guard let reference, !isKnown(reference) else { return nil }
    return node.error(
      "dangling-reference", "\(node.title) refers to the \(kind) '\(reference)', which the file does not have",
      hint: "add the \(kind) under definitions, or mend the reference")
  }
}

private func taskReferences(of node: FlowNode, _ roots: RootIndex) -> [Finding] {
  let reference: String?
  switch node.kind {
  case .serviceTask(let task), .sendTask(let task), .businessRuleTask(let task): reference = task.messageRef
  case .receiveTask(let task): reference = task.messageRef
  case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
    .userTask, .scriptTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
    .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
    reference = nil
  }
  guard let reference, !reference.isEmpty, roots.message(reference) == nil else { return [] }
  return [
    node.error(
      "dangling-reference", "\(node.title) refers to the message '\(reference)', which the file does not have",
      hint: "add the message under definitions, or mend the reference")
  ]
}
