import FlowBPMN

extension DefinitionsReader {
  /// The content of a process or a subprocess.
  mutating func readScope(_ element: Element, id: String) -> Scope {
    var scope = Scope()
    for child in element.children where child.namespace == Namespace.bpmn { add(child, to: &scope, parent: id) }
    scope.others.append(contentsOf: element.children.filter { $0.namespace != Namespace.bpmn })
    connect(&scope)
    return scope
  }

  private mutating func add(_ element: Element, to scope: inout Scope, parent: String) {
    switch element.name {
    case "sequenceFlow": scope.flows.append(SequenceFlow(element))
    case "laneSet": scope.lanes.append(contentsOf: lanes(element))
    case "textAnnotation": scope.artifacts.annotations.append(TextAnnotation(element))
    case "association": scope.artifacts.associations.append(Association(element))
    case "group": scope.artifacts.groups.append(Group(element))
    case "dataObject": scope.dataObjects.append(DataObject(reading: element))
    case "dataObjectReference": scope.dataReferences.append(DataReference(reading: element, .object))
    case "dataStoreReference": scope.dataReferences.append(DataReference(reading: element, .store))
    case "property": scope.properties.append(DataItem(reading: element))
    case "correlationSubscription": scope.correlationSubscriptions.append(CorrelationSubscription(element))
    case "extensionElements", "documentation", "incoming", "outgoing", "standardLoopCharacteristics",
      "multiInstanceLoopCharacteristics", "ioSpecification", "dataInputAssociation", "dataOutputAssociation", "resourceRole", "performer",
      "humanPerformer", "potentialOwner":
      break  // kept by whoever reads the element itself
    default:
      if let node = readNode(element, parent: parent) { scope.nodes.append(node) } else { scope.others.append(element) }
    }
  }

  /// Tells nodes their flows, in the flows' order.
  private func connect(_ scope: inout Scope) {
    var positions: [String: Int] = [:]
    for (position, node) in scope.nodes.enumerated() where positions[node.id] == nil { positions[node.id] = position }
    for flow in scope.flows {
      if let source = positions[flow.source] { scope.nodes[source].outgoing.append(flow.id) }
      if let target = positions[flow.target] { scope.nodes[target].incoming.append(flow.id) }
    }
  }

  private func lanes(_ set: Element) -> [Lane] {
    set.all("lane", in: Namespace.bpmn).map { element in
      var lane = Lane()
      lane.id = element[attribute: "id"] ?? ""
      lane.name = element[attribute: "name"]
      lane.flowNodeRefs = element.references("flowNodeRef").map(localName)
      lane.children = element.first("childLaneSet", in: Namespace.bpmn).map(lanes) ?? []
      lane.extensions = element.extensions
      lane.line = element.line
      return lane
    }
  }
}

extension SequenceFlow {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    source = element.reference("sourceRef") ?? ""
    target = element.reference("targetRef") ?? ""
    condition = element.expression("conditionExpression")
    isImmediate = element.flag("isImmediate")
    documentation = element.documentation
    extensions = element.extensions
    attributes = element.foreignAttributes
    line = element.line
  }
}

extension TextAnnotation {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    textFormat = element[attribute: "textFormat"]
    line = element.line
    let child = element.first("text", in: Namespace.bpmn)
    text = child?.text ?? ""
    textLine = child?.line ?? element.line
  }
}

extension Association {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    source = element.reference("sourceRef") ?? ""
    target = element.reference("targetRef") ?? ""
    direction = element[attribute: "associationDirection"].flatMap(Direction.init) ?? .none
    line = element.line
  }
}

extension Group {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    categoryValueRef = element.reference("categoryValueRef")
    line = element.line
  }
}
