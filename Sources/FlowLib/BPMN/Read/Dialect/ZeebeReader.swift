import FlowBPMN

extension ZeebeProperties {
  /// nil when no extension element is Zeebe's.
  init?(_ extensions: [Element]) {
    let own = extensions.filter { $0.namespace == Namespace.zeebe }
    guard !own.isEmpty else { return nil }
    self.init()
    for element in own { add(element) }
  }

  private mutating func add(_ element: Element) {
    switch element.name {
    case "taskDefinition": taskDefinition = .init(type: element[attribute: "type"] ?? "", retries: element[attribute: "retries"])
    case "ioMapping":
      inputs.append(contentsOf: element.mappings("input"))
      outputs.append(contentsOf: element.mappings("output"))
    case "taskHeaders": headers.append(contentsOf: element.headers("header", key: "key"))
    case "properties": properties.append(contentsOf: element.headers("property", key: "name"))
    case "calledElement": calledElement = ZeebeCalledElement(element)
    case "calledDecision": calledDecision = ZeebeCalledDecision(element)
    case "script":
      script = .init(expression: element[attribute: "expression"] ?? "", resultVariable: element[attribute: "resultVariable"] ?? "")
    case "userTask": isNativeUserTask = true
    case "formDefinition": form = ZeebeForm(element)
    case "assignmentDefinition": assignment = ZeebeAssignment(element)
    case "taskSchedule": schedule = ZeebeSchedule(element)
    case "priorityDefinition": priority = element[attribute: "priority"]
    case "executionListeners": executionListeners.append(contentsOf: element.listeners("executionListener"))
    case "taskListeners": taskListeners.append(contentsOf: element.listeners("taskListener"))
    case "adHoc": adHoc = ZeebeAdHoc(element)
    case "publishMessage": publishMessage = ZeebePublishMessage(element)
    case "linkedResources":
      linkedResources.append(contentsOf: element.all("linkedResource", in: Namespace.zeebe).map(ZeebeLinkedResource.init))
    default: break  // kept in the node's extension elements
    }
  }
}

extension ZeebeProcess {
  init?(_ extensions: [Element]) {
    let own = extensions.filter { $0.namespace == Namespace.zeebe }
    guard !own.isEmpty else { return nil }
    self.init()
    for element in own {
      switch element.name {
      case "versionTag": versionTag = element[attribute: "value"]
      case "executionListeners": executionListeners.append(contentsOf: element.listeners("executionListener"))
      case "properties": properties.append(contentsOf: element.headers("property", key: "name"))
      case "userTaskForm": forms.append(ZeebeEmbeddedForm(id: element[attribute: "id"] ?? "", json: trimmed(element.text)))
      default: break  // kept in the process's extension elements
      }
    }
  }
}

extension Element {
  fileprivate func mappings(_ name: String) -> [ZeebeMapping] {
    all(name, in: Namespace.zeebe).map {
      ZeebeMapping(source: $0[attribute: "source"] ?? "", target: $0[attribute: "target"] ?? "", line: $0.line)
    }
  }

  fileprivate func headers(_ name: String, key: String) -> [ZeebeHeader] {
    all(name, in: Namespace.zeebe).map { ZeebeHeader(key: $0[attribute: key] ?? "", value: $0[attribute: "value"] ?? "") }
  }

  fileprivate func listeners(_ name: String) -> [ZeebeListener] {
    all(name, in: Namespace.zeebe).map {
      var listener = ZeebeListener(
        eventType: $0[attribute: "eventType"] ?? "", type: $0[attribute: "type"] ?? "", retries: $0[attribute: "retries"])
      listener.line = $0.line
      return listener
    }
  }
}

extension ZeebeCalledElement {
  init(_ element: Element) {
    self.init()
    processID = element[attribute: "processId"]
    propagateAllChildVariables = element.flag("propagateAllChildVariables") ?? true
    propagateAllParentVariables = element.flag("propagateAllParentVariables") ?? true
    bindingType = element[attribute: "bindingType"]
    versionTag = element[attribute: "versionTag"]
  }
}

extension ZeebeCalledDecision {
  init(_ element: Element) {
    self.init()
    decisionID = element[attribute: "decisionId"]
    resultVariable = element[attribute: "resultVariable"]
    bindingType = element[attribute: "bindingType"]
    versionTag = element[attribute: "versionTag"]
  }
}

extension ZeebeForm {
  init(_ element: Element) {
    self.init()
    formID = element[attribute: "formId"]
    formKey = element[attribute: "formKey"]
    externalReference = element[attribute: "externalReference"]
    bindingType = element[attribute: "bindingType"]
    versionTag = element[attribute: "versionTag"]
  }
}

extension ZeebeAssignment {
  init(_ element: Element) {
    self.init()
    assignee = element[attribute: "assignee"]
    candidateGroups = element[attribute: "candidateGroups"]
    candidateUsers = element[attribute: "candidateUsers"]
  }
}

extension ZeebeSchedule {
  init(_ element: Element) {
    self.init()
    dueDate = element[attribute: "dueDate"]
    followUpDate = element[attribute: "followUpDate"]
  }
}

extension ZeebeLoop {
  init(_ element: Element) {
    self.init()
    inputCollection = element[attribute: "inputCollection"]
    inputElement = element[attribute: "inputElement"]
    outputCollection = element[attribute: "outputCollection"]
    outputElement = element[attribute: "outputElement"]
  }
}

extension ZeebeAdHoc {
  init(_ element: Element) {
    self.init()
    activeElementsCollection = element[attribute: "activeElementsCollection"]
    outputCollection = element[attribute: "outputCollection"]
    outputElement = element[attribute: "outputElement"]
  }
}

extension ZeebePublishMessage {
  init(_ element: Element) {
    self.init()
    correlationKey = element[attribute: "correlationKey"]
    messageID = element[attribute: "messageId"]
    timeToLive = element[attribute: "timeToLive"]
  }
}

extension ZeebeLinkedResource {
  init(_ element: Element) {
    self.init()
    resourceID = element[attribute: "resourceId"]
    resourceType = element[attribute: "resourceType"]
    linkName = element[attribute: "linkName"]
    bindingType = element[attribute: "bindingType"]
    versionTag = element[attribute: "versionTag"]
  }
}
