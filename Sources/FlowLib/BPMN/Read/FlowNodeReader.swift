import FlowBPMN

extension DefinitionsReader {
  /// nil when the element is no flow node.
  mutating func readNode(_ element: Element, parent: String) -> FlowNode? {
    guard let kind = gatewayOrEvent(element) ?? activity(element) else { return nil }
    var node = FlowNode(id: element[attribute: "id"] ?? "", name: element[attribute: "name"], kind: kind)
    node.line = element.line
    node.parent = parent
    node.isForCompensation = element.flag("isForCompensation") ?? false
    node.attributes = element.attributesBesidesName
    if !element.children.isEmpty { readChildren(element, into: &node) }
    return node
  }

  private func readChildren(_ element: Element, into node: inout FlowNode) {
    for child in element.children where child.namespace == Namespace.bpmn { read(child, into: &node) }
    guard !node.extensions.isEmpty else { return }
    node.zeebe = ZeebeProperties(node.extensions)
    node.camunda = CamundaProperties(node.extensions)
  }

  private func read(_ child: Element, into node: inout FlowNode) {
    switch child.name {
    case "incoming", "outgoing": break
    case "documentation":
      node.documentation.append(Documentation(text: child.text, textFormat: child[attribute: "textFormat"], line: child.line))
    case "extensionElements": node.extensions.append(contentsOf: child.children)
    case "standardLoopCharacteristics": node.loop = .standard(StandardLoop(child))
    case "multiInstanceLoopCharacteristics": node.loop = .multiInstance(MultiInstance(child))
    case "ioSpecification": node.data.specification = child
    case "dataInputAssociation": node.data.inputs.append(DataAssociation(reading: child))
    case "dataOutputAssociation": node.data.outputs.append(DataAssociation(reading: child))
    default:
      // A subprocess keeps what is in it in its scope.
      if node.content == nil { node.others.append(child) }
    }
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
    case "adHocSubProcess":
      subProcess.kind = .adHoc(
        ordering: element[attribute: "ordering"], cancelRemainingInstances: element.flag("cancelRemainingInstances") ?? true,
        completion: element.expression("completionCondition"))
    default: subProcess.kind = element.flag("triggeredByEvent") == true ? .event : .embedded
    }
    subProcess.defaultFlow = element.reference("default")
    subProcess.content = readScope(element, id: element[attribute: "id"] ?? "")
    return subProcess
  }
}
