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
    // A global script task calls it otherwise.
    scriptFormat = element[attribute: "scriptFormat"] ?? element[attribute: "scriptLanguage"]
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

extension AdHoc {
  init(_ element: Element) {
    self.init()
    ordering = element[attribute: "ordering"].flatMap(Ordering.init) ?? .parallel
    cancelRemainingInstances = element.flag("cancelRemainingInstances") ?? true
    completion = element.expression("completionCondition")
  }
}
