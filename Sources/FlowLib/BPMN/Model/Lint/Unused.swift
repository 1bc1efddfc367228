/// Messages, signals, errors and escalations that nothing in the file refers to.
func unusedRoots(_ definitions: Definitions) -> [Finding] {
  var used = Set(definitions.collaborations.flatMap(\.messageFlows).compactMap(\.messageRef))
  used.formUnion(definitions.correlationProperties.flatMap(\.retrievals).map(\.messageRef))
  for element in definitions.others { collect(element, into: &used) }
  for definition in definitions.eventDefinitions { used.formUnion(references(of: definition.definition)) }
  for process in definitions.processes { for node in process.allNodes { used.formUnion(references(of: node)) } }
  func unused(_ code: LintCode, _ what: String, _ id: String, _ line: Int) -> Finding? {
    guard !id.isEmpty, !used.contains(id) else { return nil }
    return Finding(
      code.severity, code.rawValue, line: line, element: id, "nothing refers to the \(what) '\(id)'", hint: "remove it, or refer to it")
  }
  return definitions.messages.compactMap { unused(.unusedMessage, "message", $0.id, $0.line) }
    + definitions.signals.compactMap { unused(.unusedSignal, "signal", $0.id, $0.line) }
    + definitions.errors.compactMap { unused(.unusedError, "error", $0.id, $0.line) }
    + definitions.escalations.compactMap { unused(.unusedEscalation, "escalation", $0.id, $0.line) }
}

/// What interfaces, choreographies … name; they are kept as read.
private func collect(_ element: Element, into used: inout Set<String>) {
  for attribute in element.attributes where attribute.name.hasSuffix("Ref") { used.insert(attribute.value) }
  if element.name.hasSuffix("Ref") { used.insert(element.text) }
  for child in element.children { collect(child, into: &used) }
}

private func references(of node: FlowNode) -> [String] {
  let ofTask: String? =
    switch node.kind {
    case .receiveTask(let task): task.messageRef
    case .sendTask(let task), .serviceTask(let task), .businessRuleTask(let task): task.messageRef
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
      .userTask, .scriptTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
      .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      nil
    }
  var found = node.eventDefinitions.flatMap { references(of: $0) } + [ofTask].compactMap { $0 }
  if case .multiInstance(let loop) = node.loop { found += loop.complexBehaviors.compactMap(\.event).flatMap { references(of: $0) } }
  return found
}

private func references(of definition: EventDefinition) -> [String] {
  switch definition {
  case .message(let ref, _), .error(let ref), .escalation(let ref), .signal(let ref): [ref].compactMap { $0 }
  case .timer, .compensate, .conditional, .link, .cancel, .terminate, .reference: []
  }
}

/// Data objects that neither a reference, an association nor a loop uses.
func unusedData(_ index: ProcessIndex) -> [Finding] {
  var used = Set(index.levels.flatMap(\.scope.dataReferences).compactMap(\.target))
  for node in index.nodes {
    for association in (node.data?.inputAssociations ?? []) + (node.data?.outputAssociations ?? []) {
      used.formUnion(association.sources + [association.target])
    }
    if case .multiInstance(let loop) = node.loop { used.formUnion([loop.loopDataInputRef, loop.loopDataOutputRef].compactMap { $0 }) }
  }
  return index.levels.flatMap(\.scope.dataObjects).filter { !$0.id.isEmpty && !used.contains($0.id) }.map { object in
    Finding(
      LintCode.unusedData.severity, LintCode.unusedData.rawValue, line: object.element.line, element: object.id,
      "nothing uses the data object '\(object.name ?? object.id)'", hint: "remove it, or draw an association to what reads or writes it")
  }
}
