import FlowBPMN
import FlowCore

/// Makes the model from the tree: what has a type goes there, the rest is kept as elements.
struct DefinitionsReader {
  var findings: [Finding] = []

  mutating func read(_ root: Element) -> Definitions {
    var definitions = Definitions()
    definitions.id = root[attribute: "id"] ?? ""
    definitions.name = root[attribute: "name"]
    definitions.targetNamespace = root[attribute: "targetNamespace"] ?? ""
    definitions.expressionLanguage = root[attribute: "expressionLanguage"]
    definitions.exporter = root[attribute: "exporter"]
    definitions.exporterVersion = root[attribute: "exporterVersion"]
    definitions.line = root.line
    let references = RootReferences(root)
    for child in root.children { add(child, to: &definitions, references) }
    tellDialects(&definitions)
    return definitions
  }

  /// A process whose messages have Zeebe's keys speaks Zeebe's dialect, also when nothing in it does.
  private func tellDialects(_ definitions: inout Definitions) {
    let keyed = Set(definitions.messages.filter { $0.correlationKey != nil }.map(\.id))
    guard !keyed.isEmpty else { return }
    for position in definitions.processes.indices where !definitions.processes[position].dialects.zeebe {
      let refers = definitions.processes[position].allNodes.contains { $0.messageRefs.contains(where: keyed.contains) }
      definitions.processes[position].dialects.zeebe = refers
    }
  }

  private mutating func add(_ element: Element, to definitions: inout Definitions, _ references: RootReferences) {
    if element.namespace == Namespace.diagram, element.name == "BPMNDiagram" {
      return definitions.diagrams.append(Diagram(element))
    }
    guard element.namespace == Namespace.bpmn else { return definitions.others.append(element) }
    switch element.name {
    case "process": definitions.processes.append(readProcess(element, references))
    case "collaboration", "choreography", "globalConversation": definitions.collaborations.append(readCollaboration(element))
    case "message": definitions.messages.append(Message(element))
    case "signal": definitions.signals.append(Signal(element))
    case "error": definitions.errors.append(BPMNError(element))
    case "escalation": definitions.escalations.append(Escalation(element))
    case "itemDefinition": definitions.itemDefinitions.append(ItemDefinition(element))
    case "dataStore": definitions.dataStores.append(DataStore(reading: element))
    case "correlationProperty": definitions.correlationProperties.append(CorrelationProperty(element))
    case "resource": definitions.resources.append(Resource(reading: element))
    case "extensionElements": definitions.extensions.append(contentsOf: element.children)
    default:
      if let definition = EventDefinition(element) {
        definitions.eventDefinitions.append(.init(id: element[attribute: "id"] ?? "", definition: definition))
      } else if let task = readGlobalTask(element) {
        definitions.globalTasks.append(task)
      } else {
        definitions.others.append(element)
      }
    }
  }

  private mutating func readProcess(_ element: Element, _ references: RootReferences) -> Process {
    var process = Process()
    process.id = element[attribute: "id"] ?? ""
    process.name = element[attribute: "name"]
    process.isExecutable = element.flag("isExecutable")
    process.line = element.line
    process.attributes = element.attributesBesidesName
    process.documentation = element.documentation
    process.extensions = element.extensions
    process.content = readScope(element, id: process.id)
    process.zeebe = ZeebeProcess(process.extensions)
    process.camunda = CamundaProcess(process.attributes)
    for child in element.children where child.namespace == Namespace.bpmn {
      if child.name == "ioSpecification" { process.content.ioSpecification = IOSpecification(child) }
      if let role = ResourceRole(child) { process.content.resources.append(role) }
    }
    process.digest = digest(of: element, referring: references)
    DialectReader.apply(to: &process, findings: &findings)
    return process
  }

  private mutating func readCollaboration(_ element: Element) -> Collaboration {
    var collaboration = Collaboration()
    collaboration.id = element[attribute: "id"] ?? ""
    collaboration.name = element[attribute: "name"]
    collaboration.line = element.line
    collaboration.extensions = element.extensions
    var rest = element
    rest.children = []
    for child in element.children {
      switch (child.namespace == Namespace.bpmn, child.name) {
      case (true, "participant"): collaboration.participants.append(Participant(child))
      case (true, "messageFlow"): collaboration.messageFlows.append(MessageFlow(child))
      default: rest.children.append(child)
      }
    }
    collaboration.content = readScope(rest, id: collaboration.id)
    collaboration.artifacts = collaboration.content.artifacts
    for other in collaboration.content.others {
      if let conversation = Conversation(other) {
        collaboration.conversations.append(conversation)
      } else if other.namespace == Namespace.bpmn, other.name == "correlationKey" {
        collaboration.correlationKeys.append(CorrelationKey(other))
      } else {
        collaboration.others.append(other)
      }
    }
    return collaboration
  }
}

extension Element {
  /// An XML boolean; nil when the attribute is missing or something else.
  func flag(_ name: String) -> Bool? {
    switch self[attribute: name] {
    case "true", "1": true
    case "false", "0": false
    case nil, .some: nil
    }
  }

  var extensions: [Element] { first("extensionElements", in: Namespace.bpmn)?.children ?? [] }

  var attributesBesidesName: [Attribute] {
    attributes.contains { $0.name != "id" && $0.name != "name" }
      ? attributes.filter { $0.namespace != .none || ($0.name != "id" && $0.name != "name") } : []
  }

  var foreignAttributes: [Attribute] { attributes.contains { $0.namespace != .none } ? attributes.filter { $0.namespace != .none } : [] }

  var documentation: [Documentation] {
    children.compactMap { child -> Documentation? in
      guard child.name == "documentation", child.namespace == Namespace.bpmn else { return nil }
      return Documentation(text: child.text, textFormat: child[attribute: "textFormat"], line: child.line)
    }
  }

  /// The texts of children such as `flowNodeRef`.
  func references(_ name: String) -> [String] {
    children.compactMap { $0.name == name && $0.namespace == Namespace.bpmn ? trimmed($0.text) : nil }
  }

  /// A reference by attribute, its prefix gone.
  func reference(_ name: String) -> String? { self[attribute: name].map(localName) }

  func expression(_ name: String) -> Expression? { first(name, in: Namespace.bpmn)?.asExpression }

  var asExpression: Expression { Expression(trimmed(text), language: self[attribute: "language"], line: line) }
}

extension FlowNode {
  /// Messages that the node itself names.
  fileprivate var messageRefs: [String] {
    let ofTask: String? =
      switch kind {
      case .receiveTask(let task): task.messageRef
      case .sendTask(let task), .serviceTask(let task), .businessRuleTask(let task): task.messageRef
      case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task,
        .manualTask,
        .userTask, .scriptTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
        .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
        nil
      }
    return eventDefinitions.compactMap { if case .message(let ref, _) = $0 { ref } else { nil } } + (ofTask.map { [$0] } ?? [])
  }
}
