/// Signals have names, conditional events conditions; errors and escalations have codes where they are thrown.
func eventNames(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  node.kind.isEvent ? index.events(of: node).flatMap { check($0, on: node, index) } : []
}

private func check(_ definition: EventDefinition, on node: FlowNode, _ index: ProcessIndex) -> [Finding] {
  let file = index.roots
  switch definition {
  case .signal(let reference): return signal(reference.map { ($0, file.signal($0)) }, on: node)
  case .error(let reference):
    let found = reference.flatMap { file.error($0) }
    return code(.init("error", "errorRef", "errorCode", reference, found?.errorCode, isFound: found != nil), on: node, index)
  case .escalation(let reference):
    let found = reference.flatMap { file.escalation($0) }
    return code(
      .init("escalation", "escalationRef", "escalationCode", reference, found?.escalationCode, isFound: found != nil), on: node, index)
  case .conditional(let conditional): return condition(conditional, on: node)
  case .message, .timer, .compensate, .link, .cancel, .terminate, .reference: return []
  }
}

private func condition(_ conditional: ConditionalDefinition, on node: FlowNode) -> [Finding] {
  guard conditional.condition.map({ isBlank($0.text) }) ?? true else { return [] }
  return [node.error("condition-missing", "\(node.title) waits for a condition but does not say which", hint: "add a condition to it")]
}

private func signal(_ signal: (id: String, found: Signal?)?, on node: FlowNode) -> [Finding] {
  guard let signal, !signal.id.isEmpty else {
    return [
      node.error(
        "signal-missing", "\(node.title) does not say which signal", hint: "add a signal under definitions and name it by signalRef")
    ]
  }
  guard let found = signal.found, found.name.map(isBlank) ?? true else { return [] }
  return [
    node.finding(
      .error, "signal-name-missing", line: found.line, "the signal '\(signal.id)' of \(node.title) has no name",
      hint: "give it a name; signals are broadcast by it")
  ]
}

private struct Coded {
  var kind: String
  var referenceName: String
  var codeName: String
  var reference: String?
  var code: String?
  var isFound: Bool
  init(_ kind: String, _ referenceName: String, _ codeName: String, _ reference: String?, _ code: String?, isFound: Bool) {
    self.kind = kind
    self.referenceName = referenceName
    self.codeName = codeName
    self.reference = reference
    self.code = code
    self.isFound = isFound
  }
}

private func code(_ coded: Coded, on node: FlowNode, _ index: ProcessIndex) -> [Finding] {
  guard index.followsZeebe else { return [] }
  guard let reference = coded.reference, !reference.isEmpty else {
    guard node.throws else { return [] }
    return [
      node.error(
        "\(coded.kind)-missing", "\(node.title) does not say which \(coded.kind) it throws",
        hint: "add one under definitions and name it by \(coded.referenceName)")
    ]
  }
  guard coded.isFound else { return [] }
  if coded.code.map(isBlank) ?? true {
    // Who catches without a code catches all.
    guard node.throws else { return [] }
    return [
      node.error(
        "\(coded.kind)-code-missing", "the \(coded.kind) '\(reference)' of \(node.title) has no \(coded.codeName)", hint: "give it a code")
    ]
  }
  guard coded.code?.hasPrefix("=") == true, !node.throws else { return [] }
  return [
    node.error(
      "code-expression", "\(node.title) catches the \(coded.kind) '\(reference)', whose code is an expression",
      hint: "only throw events have codes that are expressions; write a text")
  ]
}

extension FlowNode {
  fileprivate var `throws`: Bool {
    switch kind {
    case .endEvent, .intermediateThrowEvent, .implicitThrowEvent: true
    case .startEvent, .intermediateCatchEvent, .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask,
      .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
      .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }
}
