import FlowBPMN

extension StandardLoop {
  init(_ element: Element) {
    self.init()
    testBefore = element.flag("testBefore") ?? false
    maximum = element[attribute: "loopMaximum"].map { Int(trimmed($0)) ?? -1 }
    condition = element.expression("loopCondition")
    line = element.line
  }
}

extension MultiInstance {
  init(_ element: Element) {
    self.init()
    line = element.line
    isSequential = element.flag("isSequential") ?? false
    behavior = element[attribute: "behavior"].flatMap(Behavior.init) ?? .all
    oneBehaviorEventRef = element.reference("oneBehaviorEventRef")
    noneBehaviorEventRef = element.reference("noneBehaviorEventRef")
    zeebe = element.extensions.first { $0.name == "loopCharacteristics" && $0.namespace == Namespace.zeebe }.map(ZeebeLoop.init)
    camunda = CamundaLoop(element)
    for child in element.children { add(child) }
  }

  private enum Part: String {
    case loopCardinality, completionCondition, loopDataInputRef, loopDataOutputRef, inputDataItem, outputDataItem, complexBehaviorDefinition
  }

  private mutating func add(_ child: Element) {
    guard child.namespace == Namespace.bpmn, let part = Part(rawValue: child.name) else { return others.append(child) }
    switch part {
    case .loopCardinality: cardinality = child.asExpression
    case .completionCondition: completionCondition = child.asExpression
    case .loopDataInputRef: loopDataInputRef = localName(trimmed(child.text))
    case .loopDataOutputRef: loopDataOutputRef = localName(trimmed(child.text))
    case .inputDataItem: inputDataItem = DataItem(reading: child)
    case .outputDataItem: outputDataItem = DataItem(reading: child)
    case .complexBehaviorDefinition: complexBehaviors.append(ComplexBehavior(child))
    }
  }
}

extension MultiInstance.ComplexBehavior {
  init(_ element: Element) {
    self.init()
    line = element.line
    condition = element.expression("condition")
    guard var event = element.first("event", in: Namespace.bpmn) ?? element.first("implicitThrowEvent", in: Namespace.bpmn) else { return }
    // Its type is that of an implicit throw event, whatever the schema calls the element.
    event.name = "implicitThrowEvent"
    var reader = DefinitionsReader()
    self.event = reader.readNode(event, parent: "")
  }
}
