import FlowBPMN

extension Message {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    itemRef = element.reference("itemRef")
    extensions = element.extensions
    correlationKey = extensions.first { $0.name == "subscription" && $0.namespace == Namespace.zeebe }?[attribute: "correlationKey"]
    line = element.line
  }
}

extension Signal {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    structureRef = element.reference("structureRef")
    extensions = element.extensions
    line = element.line
  }
}

extension BPMNError {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    errorCode = element[attribute: "errorCode"]
    structureRef = element.reference("structureRef")
    extensions = element.extensions
    line = element.line
  }
}

extension Escalation {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    escalationCode = element[attribute: "escalationCode"]
    structureRef = element.reference("structureRef")
    extensions = element.extensions
    line = element.line
  }
}

extension ItemDefinition {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    structureRef = element[attribute: "structureRef"]
    isCollection = element.flag("isCollection") ?? false
    line = element.line
  }
}

extension Participant {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    processRef = element.reference("processRef")
    line = element.line
    extensions = element.extensions
    others = element.children.filter { $0.name != "extensionElements" || $0.namespace != Namespace.bpmn }
  }
}

extension MessageFlow {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    source = element.reference("sourceRef") ?? ""
    target = element.reference("targetRef") ?? ""
    messageRef = element.reference("messageRef")
    line = element.line
  }
}
