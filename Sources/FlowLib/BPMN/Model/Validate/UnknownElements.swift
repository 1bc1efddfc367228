/// What BPMN does not have is not passed over: a misspelled element would be missing, and a misspelled truth value its default.
///
/// - Source: BPMN 2.0.2, Semantic.xsd.
func unknownElements(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  for level in index.levels {
    for other in level.scope.others where other.namespace == .bpmn && !partsOfScopes.contains(other.name) {
      findings.append(unknown(other, in: level.owner?.title ?? "process '\(level.id)'"))
    }
    for node in level.scope.nodes {
      for other in node.others where other.namespace == .bpmn && !partsOfNodes.contains(other.name) {
        findings.append(unknown(other, in: node.title))
      }
      findings += node.attributes.compactMap { badTruth($0, of: node) }
    }
  }
  return findings
}

private func unknown(_ element: Element, in place: String) -> Finding {
  let id = element[attribute: "id"]
  return Finding(
    .error, "unknown-element", line: element.line, element: id,
    "\(place) has the element '\(element.name)'\(id.map { " (\($0))" } ?? ""), which BPMN does not have there",
    hint: "correct its name or its place, or put it into extensionElements with a namespace of its own")
}

private func badTruth(_ attribute: Element.Attribute, of node: FlowNode) -> Finding? {
  guard attribute.namespace == .none, truths.contains(attribute.name) else { return nil }
  guard !["true", "false", "1", "0"].contains(attribute.value) else { return nil }
  return node.error(
    "bad-boolean", "\(attribute.name) of \(node.title) is '\(attribute.value)', which is neither true nor false",
    hint: "write true or false")
}

private let truths: Set<String> = [
  "cancelActivity", "cancelRemainingInstances", "instantiate", "isForCompensation", "isInterrupting", "parallelMultiple",
  "triggeredByEvent",
]

/// What the model has no type for, and keeps.
private let partsOfNodes: Set<String> = [
  "activationCondition", "auditing", "cancelEventDefinition", "categoryValueRef", "compensateEventDefinition", "completionCondition",
  "conditionalEventDefinition", "correlationKey", "dataInput", "dataInputAssociation", "dataOutput", "dataOutputAssociation",
  "errorEventDefinition", "escalationEventDefinition", "eventDefinitionRef", "humanPerformer", "inputSet", "ioSpecification",
  "linkEventDefinition", "messageEventDefinition", "messageFlowRef", "monitoring", "outputSet", "participantAssociation", "participantRef",
  "performer", "potentialOwner", "property", "rendering", "resourceRole", "script", "signalEventDefinition", "terminateEventDefinition",
  "timerEventDefinition",
]

private let partsOfScopes: Set<String> = [
  "artifact", "auditing", "categoryValueRef", "completionCondition", "correlationKey", "correlationSubscription", "dataInputAssociation",
  "dataObject", "dataObjectReference", "dataOutputAssociation", "dataStoreReference", "documentation", "extensionElements", "group",
  "humanPerformer", "incoming", "ioBinding", "ioSpecification", "laneSet", "messageFlowRef", "monitoring",
  "multiInstanceLoopCharacteristics", "outgoing", "participantRef", "performer", "potentialOwner", "property", "resourceRole",
  "standardLoopCharacteristics", "supportedInterfaceRef", "supports",
]
