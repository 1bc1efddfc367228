/// An activity, gateway or event: what a token can stand on.
package struct FlowNode: Sendable {
  package var id: String
  package var name: String?
  package var line = 0
  /// Id of the process or subprocess that holds the node.
  package var parent = ""
  package var kind: FlowNodeKind
  /// Ids of sequence flows in document order, taken from the flows themselves, not from `incoming` elements.
  package var incoming: [String] = []
  package var outgoing: [String] = []
  package var loop: LoopCharacteristics?
  package var isForCompensation = false
  package var documentation: [Documentation] = []
  package var extensions: [Element] = []
  /// Every attribute but id and name, of any namespace.
  package var attributes: [Element.Attribute] = []
  /// nil when the node says nothing of data.
  @Apart package var data: DataInterface? = nil
  package var resources: [ResourceRole] = []
  /// Tokens that must have arrived before the activity begins; below 1 is a finding.
  package var startQuantity = 1
  /// Tokens that each outgoing flow gets when the activity completes; below 1 is a finding.
  package var completionQuantity = 1
  /// Event definitions, monitoring …, as read, with what they have beside their typed form.
  package var others: [Element] = []
  @Apart package var rexflow: RexflowProperties? = nil
  @Apart package var camunda: CamundaProperties? = nil
  @Apart package var zeebe: ZeebeProperties? = nil
  /// The name that the original addresses the node by; nil when nothing of name or id survives its rules.
  package var derivedName: String?

  package init(id: String, name: String? = nil, kind: FlowNodeKind) {
    self.id = id
    self.name = name
    self.kind = kind
  }

  /// The nodes inside, of a subprocess.
  package var content: Scope? {
    switch kind {
    case .subProcess(let subProcess): subProcess.content
    case .subChoreography(let content): content
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task,
      .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity,
      .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask,
      .callChoreography:
      nil
    }
  }
}

/// Every flow node of BPMN 2.0.2.
package indirect enum FlowNodeKind: Sendable {
  case startEvent(StartEvent)
  case endEvent([EventDefinition])
  case intermediateCatchEvent(CatchEvent)
  case intermediateThrowEvent([EventDefinition])
  case implicitThrowEvent([EventDefinition])
  case boundaryEvent(BoundaryEvent)

  case task
  case manualTask
  case serviceTask(OperationTask)
  case sendTask(OperationTask)
  case receiveTask(ReceiveTask)
  case userTask(UserTask)
  case scriptTask(ScriptTask)
  case businessRuleTask(OperationTask)
  case callActivity(CallActivity)
  case subProcess(SubProcess)

  case exclusiveGateway(defaultFlow: String?)
  case inclusiveGateway(defaultFlow: String?)
  case parallelGateway
  case complexGateway(defaultFlow: String?, activation: Expression?)
  case eventBasedGateway(EventBasedGateway)

  case choreographyTask
  case callChoreography
  case subChoreography(Scope)

  /// The element's name in the BPMN namespace.
  package var elementName: String {
    switch self {
    case .startEvent: "startEvent"
    case .endEvent: "endEvent"
    case .intermediateCatchEvent: "intermediateCatchEvent"
    case .intermediateThrowEvent: "intermediateThrowEvent"
    case .implicitThrowEvent: "implicitThrowEvent"
    case .boundaryEvent: "boundaryEvent"
    case .task: "task"
    case .manualTask: "manualTask"
    case .serviceTask: "serviceTask"
    case .sendTask: "sendTask"
    case .receiveTask: "receiveTask"
    case .userTask: "userTask"
    case .scriptTask: "scriptTask"
    case .businessRuleTask: "businessRuleTask"
    case .callActivity: "callActivity"
    case .subProcess(let subProcess): subProcess.elementName
    case .exclusiveGateway: "exclusiveGateway"
    case .inclusiveGateway: "inclusiveGateway"
    case .parallelGateway: "parallelGateway"
    case .complexGateway: "complexGateway"
    case .eventBasedGateway: "eventBasedGateway"
    case .choreographyTask: "choreographyTask"
    case .callChoreography: "callChoreography"
    case .subChoreography: "subChoreography"
    }
  }

  package var isGateway: Bool {
    switch self {
    case .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway: true
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task,
      .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity,
      .subProcess, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }

  package var isEvent: Bool {
    switch self {
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent: true
    case .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity,
      .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway,
      .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }

  package var isActivity: Bool { !isGateway && !isEvent }
}
