import FlowBPMN

extension EventDefinition {
  static func all(in event: Element) -> [EventDefinition] { event.children.compactMap(EventDefinition.init) }

  /// nil when the element is no event definition.
  init?(_ element: Element) {
    guard element.namespace == Namespace.bpmn else { return nil }
    switch element.name {
    case "messageEventDefinition":
      let operation = element.references("operationRef").first.map(localName)
      self = .message(ref: element.reference("messageRef"), operationRef: operation)
    case "timerEventDefinition": self = .timer(TimerDefinition(element))
    case "errorEventDefinition": self = .error(ref: element.reference("errorRef"))
    case "escalationEventDefinition": self = .escalation(ref: element.reference("escalationRef"))
    case "signalEventDefinition": self = .signal(ref: element.reference("signalRef"))
    case "compensateEventDefinition":
      self = .compensate(activityRef: element.reference("activityRef"), waitForCompletion: element.flag("waitForCompletion") ?? true)
    case "conditionalEventDefinition": self = .conditional(ConditionalDefinition(element))
    case "linkEventDefinition": self = .link(LinkDefinition(element))
    case "cancelEventDefinition": self = .cancel
    case "terminateEventDefinition": self = .terminate
    case "eventDefinitionRef": self = .reference(localName(trimmed(element.text)))
    default: return nil
    }
  }
}

extension TimerDefinition {
  init(_ element: Element) {
    self.init()
    date = element.expression("timeDate")
    duration = element.expression("timeDuration")
    cycle = element.expression("timeCycle")
    line = element.line
  }
}

extension ConditionalDefinition {
  init(_ element: Element) {
    self.init()
    condition = element.expression("condition")
    let filter = element.extensions.first { $0.name == "conditionalFilter" && $0.namespace == Namespace.zeebe }
    let names = filter?[attribute: "variableNames"] ?? element[attribute: "variableName", namespace: .camunda]
    let events = filter?[attribute: "variableEvents"] ?? element[attribute: "variableEvents", namespace: .camunda]
    variableNames = (names ?? "").split(separator: ",").map { trimmed(String($0)) }.filter { !$0.isEmpty }
    changes = (events ?? "").split(separator: ",").compactMap { Change(rawValue: trimmed(String($0)).lowercased()) }
  }
}

extension LinkDefinition {
  init(_ element: Element) {
    self.init()
    name = element[attribute: "name"] ?? ""
    sources = element.references("source").map(localName)
    target = element.references("target").first.map(localName)
  }
}

extension StartEvent {
  init(_ element: Element) {
    self.init()
    definitions = EventDefinition.all(in: element)
    isInterrupting = element.flag("isInterrupting") ?? true
    parallelMultiple = element.flag("parallelMultiple") ?? false
  }
}

extension CatchEvent {
  init(_ element: Element) {
    self.init()
    definitions = EventDefinition.all(in: element)
    parallelMultiple = element.flag("parallelMultiple") ?? false
  }
}

extension BoundaryEvent {
  init(_ element: Element) {
    self.init()
    attachedTo = element.reference("attachedToRef") ?? ""
    isInterrupting = element.flag("cancelActivity") ?? true
    definitions = EventDefinition.all(in: element)
    parallelMultiple = element.flag("parallelMultiple") ?? false
  }
}

extension EventBasedGateway {
  init(_ element: Element) {
    self.init()
    instantiate = element.flag("instantiate") ?? false
    kind = element[attribute: "eventGatewayType"].flatMap(Kind.init) ?? .exclusive
  }
}
