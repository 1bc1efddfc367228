import FlowBPMN

extension DefinitionsReader {
  /// nil when the element is no flow node.
  mutating func readNode(_ element: Element, parent: String) -> FlowNode? {
    guard let kind = gatewayOrEvent(element) ?? activity(element) else { return nil }
    var node = FlowNode(id: element[attribute: "id"] ?? "", name: element[attribute: "name"], kind: kind)
    node.line = element.line
    node.parent = parent
    node.attributes = element.attributesBesidesName
    for attribute in node.attributes where attribute.namespace == .none { read(attribute, into: &node) }
    if !element.children.isEmpty { readChildren(element, into: &node) }
    node.camunda = CamundaProperties(node.attributes, node.extensions, children: kind.isEvent ? element.children : [])
    return node
  }

  private func read(_ attribute: Element.Attribute, into node: inout FlowNode) {
    if attribute.name == "isForCompensation" {
      node.isForCompensation = attribute.value == "true" || attribute.value == "1"
    } else if attribute.name == "startQuantity" {
      // What is no number is told as one that is too small.
      node.startQuantity = Int(attribute.value) ?? 0
    } else if attribute.name == "completionQuantity" {
      node.completionQuantity = Int(attribute.value) ?? 0
    }
  }

  private func readChildren(_ element: Element, into node: inout FlowNode) {
    var data = DataInterface()
    var hasData = false
    let hasContent = node.content != nil
    var extensions: [Element] = []
    for child in element.children where child.namespace == Namespace.bpmn {
      switch child.name {
      case "incoming", "outgoing": break
      case "documentation":
        node.documentation.append(Documentation(text: child.text, textFormat: child[attribute: "textFormat"], line: child.line))
      case "extensionElements": node.extensions.append(contentsOf: child.children)
      case "standardLoopCharacteristics": node.loop = .standard(StandardLoop(child))
      case "multiInstanceLoopCharacteristics": node.loop = .multiInstance(MultiInstance(child))
      // A subprocess keeps what is in it in its scope.
      case "property" where hasContent: break
      default:
        if data.add(child) {
          hasData = true
        } else if let role = ResourceRole(child) {
          node.resources.append(role)
        } else if !hasContent {
          node.others.append(child)
          // What a message event does is said on its definition.
          if node.kind.isEvent, !child.children.isEmpty { extensions.append(contentsOf: child.extensions) }
        }
      }
    }
    if hasData { node.data = data }
    if !node.extensions.isEmpty || !extensions.isEmpty { node.zeebe = ZeebeProperties(node.extensions + extensions) }
  }

  private func gatewayOrEvent(_ element: Element) -> FlowNodeKind? {
    switch element.name {
    case "startEvent": return .startEvent(StartEvent(element))
    case "endEvent": return .endEvent(EventDefinition.all(in: element))
    case "intermediateCatchEvent": return .intermediateCatchEvent(CatchEvent(element))
    case "intermediateThrowEvent": return .intermediateThrowEvent(EventDefinition.all(in: element))
    case "implicitThrowEvent": return .implicitThrowEvent(EventDefinition.all(in: element))
    case "boundaryEvent": return .boundaryEvent(BoundaryEvent(element))
    case "exclusiveGateway": return .exclusiveGateway(defaultFlow: element.reference("default"))
    case "inclusiveGateway": return .inclusiveGateway(defaultFlow: element.reference("default"))
    case "parallelGateway": return .parallelGateway
    case "complexGateway":
      return .complexGateway(defaultFlow: element.reference("default"), activation: element.expression("activationCondition"))
    case "eventBasedGateway": return .eventBasedGateway(EventBasedGateway(element))
    default: return nil
    }
  }

  private mutating func activity(_ element: Element) -> FlowNodeKind? {
    switch element.name {
    case "task": return .task
    case "manualTask": return .manualTask
    case "serviceTask": return .serviceTask(OperationTask(element))
    case "sendTask": return .sendTask(OperationTask(element))
    case "businessRuleTask": return .businessRuleTask(OperationTask(element))
    case "receiveTask": return .receiveTask(ReceiveTask(element))
    case "userTask": return .userTask(UserTask(element))
    case "scriptTask": return .scriptTask(ScriptTask(element))
    case "callActivity": return .callActivity(CallActivity(element))
    case "subProcess", "transaction", "adHocSubProcess": return .subProcess(subProcess(element))
    case "choreographyTask": return .choreographyTask
    case "callChoreography": return .callChoreography
    case "subChoreography": return .subChoreography(readScope(element, id: element[attribute: "id"] ?? ""))
    default: return nil
    }
  }

  private mutating func subProcess(_ element: Element) -> SubProcess {
    var subProcess = SubProcess()
    switch element.name {
    case "transaction": subProcess.kind = .transaction(method: element[attribute: "method"])
    case "adHocSubProcess": subProcess.kind = .adHoc(AdHoc(element))
    default: subProcess.kind = element.flag("triggeredByEvent") == true ? .event : .embedded
    }
    subProcess.defaultFlow = element.reference("default")
    subProcess.content = readScope(element, id: element[attribute: "id"] ?? "")
    return subProcess
  }
}

extension DefinitionsReader {
  /// nil when the element is no global task.
  mutating func readGlobalTask(_ element: Element) -> GlobalTask? {
    guard let name = DefinitionsReader.taskNames[element.name] else { return nil }
    var task = element
    task.name = name
    guard var node = readNode(task, parent: "") else { return nil }
    node.derivedName = sanitised(node.name ?? node.id)
    return GlobalTask(node: node, element: element)
  }

  /// What a global task is when it is called.
  private static let taskNames = [
    "globalTask": "task", "globalUserTask": "userTask", "globalManualTask": "manualTask", "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
  ]
}
