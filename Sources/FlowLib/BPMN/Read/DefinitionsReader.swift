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
    return definitions
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
    case "dataStore":
      definitions.dataStores.append(DataStore(id: element[attribute: "id"] ?? "", name: element[attribute: "name"], element: element))
    case "extensionElements": definitions.extensions.append(contentsOf: element.children)
    default:
      if let definition = EventDefinition(element) {
        definitions.eventDefinitions.append(.init(id: element[attribute: "id"] ?? "", definition: definition))
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
    collaboration.others = collaboration.content.others
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
