/// An event has only definitions that BPMN has for its place, and where it waits it has one.
///
/// - Source: BPMN 2.0.2, tables 10.84 to 10.93.
func eventPlaces(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard let place = EventPlace(node, in: level) else { return [] }
  guard node.eventDefinitions.isEmpty else {
    return index.events(of: node).filter { !place.takes($0) }.map { misplaced($0, on: node, place, level) }
  }
  guard place.needsDefinition, node.rexflow?.kafkaTopic == nil, node.rexflow?.topic == nil else { return [] }
  return [
    node.error(
      "event-without-definition", "\(node.title) has no event definition, so it never fires",
      hint: "say what it waits for, such as a message or a timer")
  ]
}

private func misplaced(_ definition: EventDefinition, on node: FlowNode, _ place: EventPlace, _ level: ProcessIndex.Level) -> Finding {
  let around = place.isStartInside ? level.owner.map { " such as '\($0.id)'" } ?? "" : ""
  return node.error(
    "misplaced-event-definition", "\(node.title) has a \(definition.elementName), which \(place.rawValue)\(around) can not have",
    hint: "known there: \(place.known.isEmpty ? "none at all" : place.known.joined(separator: ", "))")
}

/// Where an event stands decides what it can wait for or do.
private enum EventPlace: String {
  case processStart = "the start event of a process"
  case innerStart = "the start event of an embedded subprocess"
  case eventSubProcessStart = "the start event of an event subprocess"
  case intermediateCatch = "an intermediate catch event"
  case intermediateThrow = "an intermediate throw event"
  case boundary = "a boundary event"
  case end = "an end event"

  /// nil when the node is no event.
  init?(_ node: FlowNode, in level: ProcessIndex.Level) {
    switch node.kind {
    case .startEvent: self = EventPlace(startIn: level)
    case .endEvent: self = .end
    case .intermediateCatchEvent: self = .intermediateCatch
    case .intermediateThrowEvent, .implicitThrowEvent: self = .intermediateThrow
    case .boundaryEvent: self = .boundary
    case .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess,
      .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography,
      .subChoreography:
      return nil
    }
  }

  private init(startIn level: ProcessIndex.Level) {
    guard case .subProcess(let subProcess) = level.owner?.kind else {
      self = .processStart
      return
    }
    self = if case .event = subProcess.kind { .eventSubProcessStart } else { .innerStart }
  }

  var isStartInside: Bool { self == .innerStart || self == .eventSubProcessStart }

  var needsDefinition: Bool {
    switch self {
    case .eventSubProcessStart, .intermediateCatch, .boundary: true
    case .processStart, .innerStart, .intermediateThrow, .end: false
    }
  }

  /// In the specification's words.
  var known: [String] {
    switch self {
    case .processStart: ["message", "timer", "conditional", "signal"]
    case .innerStart: []
    case .eventSubProcessStart: ["message", "timer", "escalation", "error", "compensate", "conditional", "signal"]
    case .intermediateCatch: ["message", "timer", "conditional", "link", "signal"]
    case .intermediateThrow: ["message", "escalation", "compensate", "link", "signal"]
    case .boundary: ["message", "timer", "escalation", "error", "cancel", "compensate", "conditional", "signal"]
    case .end: ["message", "escalation", "error", "cancel", "compensate", "signal", "terminate"]
    }
  }

  func takes(_ definition: EventDefinition) -> Bool {
    let word =
      switch definition {
      case .message: "message"
      case .timer: "timer"
      case .error: "error"
      case .escalation: "escalation"
      case .signal: "signal"
      case .compensate: "compensate"
      case .conditional: "conditional"
      case .link: "link"
      case .cancel: "cancel"
      case .terminate: "terminate"
      case .reference: ""
      }
    return word.isEmpty || known.contains(word)
  }
}
