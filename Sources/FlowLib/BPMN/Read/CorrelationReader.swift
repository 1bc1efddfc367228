import FlowBPMN

extension CorrelationProperty {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    typeRef = element.reference("type")
    line = element.line
    for child in element.all("correlationPropertyRetrievalExpression", in: Namespace.bpmn) {
      guard let path = child.expression("messagePath") else { continue }
      retrievals.append(Retrieval(messageRef: child.reference("messageRef") ?? "", path: path))
    }
  }
}

extension CorrelationKey {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    propertyRefs = element.references("correlationPropertyRef").map(localName)
    line = element.line
  }
}

extension CorrelationSubscription {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    keyRef = element.reference("correlationKeyRef") ?? ""
    line = element.line
    for child in element.all("correlationPropertyBinding", in: Namespace.bpmn) {
      guard let path = child.expression("dataPath") else { continue }
      bindings.append(Binding(propertyRef: child.reference("correlationPropertyRef") ?? "", path: path))
    }
  }
}

extension Conversation {
  /// nil when the element is no conversation. Nesting is bounded by that of XML.
  init?(_ element: Element) {
    guard element.namespace == Namespace.bpmn, let kind = Kind(rawValue: element.name) else { return nil }
    self.init(kind: kind, element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    participantRefs = element.references("participantRef").map(localName)
    messageFlowRefs = element.references("messageFlowRef").map(localName)
    correlationKeys = element.all("correlationKey", in: Namespace.bpmn).map(CorrelationKey.init)
    conversations = element.children.compactMap(Conversation.init)
  }
}
