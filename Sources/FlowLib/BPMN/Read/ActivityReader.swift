import FlowBPMN

extension OperationTask {
  init(_ element: Element) {
    self.init()
    defaultFlow = element.reference("default")
    implementation = element[attribute: "implementation"]
    operationRef = element.reference("operationRef")
    messageRef = element.reference("messageRef")
  }
}

extension ReceiveTask {
  init(_ element: Element) {
    self.init()
    defaultFlow = element.reference("default")
    messageRef = element.reference("messageRef")
    operationRef = element.reference("operationRef")
    instantiate = element.flag("instantiate") ?? false
  }
}

extension UserTask {
  init(_ element: Element) {
    self.init()
    defaultFlow = element.reference("default")
    implementation = element[attribute: "implementation"]
    renderings = element.all("rendering", in: Namespace.bpmn)
  }
}

extension ScriptTask {
  init(_ element: Element) {
    self.init()
    defaultFlow = element.reference("default")
    scriptFormat = element[attribute: "scriptFormat"]
    script = element.expression("script")
  }
}

extension CallActivity {
  init(_ element: Element) {
    self.init()
    defaultFlow = element.reference("default")
    calledElement = element.reference("calledElement")
  }
}

extension StandardLoop {
  init(_ element: Element) {
    self.init()
    testBefore = element.flag("testBefore") ?? false
    maximum = element[attribute: "loopMaximum"].flatMap { Int($0) }
    condition = element.expression("loopCondition")
  }
}

extension MultiInstance {
  init(_ element: Element) {
    self.init()
    isSequential = element.flag("isSequential") ?? false
    behavior = element[attribute: "behavior"]
    cardinality = element.expression("loopCardinality")
    completionCondition = element.expression("completionCondition")
    zeebe = element.extensions.first { $0.name == "loopCharacteristics" && $0.namespace == Namespace.zeebe }.map(ZeebeLoop.init)
    let typed: Set<String> = ["loopCardinality", "completionCondition"]
    others = element.children.filter { $0.namespace != Namespace.bpmn || !typed.contains($0.name) }
  }
}

extension DataAssociation {
  init(reading element: Element) {
    self.init(element: element)
    sources = element.references("sourceRef").map(localName)
    target = element.references("targetRef").first.map(localName) ?? ""
    transformation = element.expression("transformation")
  }
}
