/// Whoever is asked to do something is known: a job type, a service, an expression or a decision.
func taskTypes(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  switch node.kind {
  case .serviceTask:
    return node.isDoneByJob || node.isDoneByService ? typeProblems(node) : [missing(node, "which job or service does its work", jobHint)]
  case .sendTask(let task): return sending(node, messageRef: task.messageRef, index)
  case .businessRuleTask: return businessRule(node)
  case .scriptTask(let task): return script(node, task)
  case .endEvent(let definitions), .intermediateThrowEvent(let definitions), .implicitThrowEvent(let definitions):
    return definitions.flatMap { definition -> [Finding] in
      guard case .message(let ref, _) = index.roots.resolved(definition) else { return [] }
      return sending(node, messageRef: ref, index)
    }
  case .startEvent, .intermediateCatchEvent, .boundaryEvent, .task, .manualTask, .receiveTask, .userTask, .callActivity, .subProcess,
    .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography,
    .subChoreography:
    return typeProblems(node)
  }
}

private let jobHint = "add zeebe:taskDefinition with a type, or attach a text annotation rexflow: with service: {host: name, port: 80}"

private func missing(_ node: FlowNode, _ what: String, _ hint: String) -> Finding {
  node.error("task-type-missing", "\(node.title) does not say \(what)", hint: hint)
}

/// In Zeebe's dialect a message is sent by a job, or published with what it takes; elsewhere naming the message is enough.
private func sending(_ node: FlowNode, messageRef: String?, _ index: ProcessIndex) -> [Finding] {
  if node.isDoneByJob || node.isDoneByService { return typeProblems(node) }
  let hasKeys = !index.roots.correlationKeys.isEmpty
  if let messageRef, !messageRef.isEmpty, node.zeebe?.publishMessage != nil || !index.followsZeebe || hasKeys { return [] }
  if index.isRexflow, node.rexflow?.topic != nil || node.rexflow?.kafkaTopic != nil { return [] }
  if node.zeebe?.publishMessage != nil {
    return [missing(node, "which message it publishes", "name a message by messageRef")]
  }
  return [
    missing(
      node, "how its message is sent",
      index.followsZeebe ? "add zeebe:taskDefinition with a type, or zeebe:publishMessage" : "name a message by messageRef")
  ]
}

private func businessRule(_ node: FlowNode) -> [Finding] {
  if let decision = node.zeebe?.calledDecision {
    return blanks(node, [("decisionId", decision.decisionID), ("resultVariable", decision.resultVariable)], of: "zeebe:calledDecision")
      + both(node, "zeebe:calledDecision")
  }
  if node.isDoneByJob || node.isDoneByService || node.camunda?.task?.decisionRef != nil { return typeProblems(node) }
  return [missing(node, "which decision or job does its work", "add zeebe:calledDecision, or zeebe:taskDefinition with a type")]
}

private func script(_ node: FlowNode, _ task: ScriptTask) -> [Finding] {
  if let script = node.zeebe?.script {
    return blanks(node, [("expression", script.expression), ("resultVariable", script.resultVariable)], of: "zeebe:script")
      + both(node, "zeebe:script")
  }
  if node.isDoneByJob || node.isDoneByService { return typeProblems(node) }
  if let text = task.script?.text, !text.isEmpty { return [] }
  return [missing(node, "what its script is", "add zeebe:script with expression and resultVariable, or a script element")]
}

private func both(_ node: FlowNode, _ what: String) -> [Finding] {
  guard node.zeebe?.taskDefinition != nil else { return [] }
  return [
    node.error("task-type-ambiguous", "\(node.title) has \(what) and zeebe:taskDefinition, so two would do its work", hint: "keep one")
  ]
}

private func blanks(_ node: FlowNode, _ attributes: [(name: String, value: String?)], of element: String) -> [Finding] {
  attributes.filter { $0.value.map(isBlank) ?? true }.map { attribute in
    node.error(
      "missing-attribute", "\(node.title) has a \(element) without \(attribute.name)", hint: "fill in its attribute \(attribute.name)")
  }
}

/// What is wrong with the job that a task definition asks for.
private func typeProblems(_ node: FlowNode) -> [Finding] {
  guard let definition = node.zeebe?.taskDefinition else { return [] }
  var findings = isBlank(definition.type) ? blanks(node, [("type", nil)], of: "zeebe:taskDefinition") : []
  if node.extensions.count(where: { $0.name == "taskDefinition" && $0.namespace == .zeebe }) > 1 {
    findings.append(
      node.error("task-type-ambiguous", "\(node.title) has several zeebe:taskDefinition, but is one job", hint: "keep one of them"))
  }
  if let retries = definition.retries, isBadCount(retries) {
    findings.append(
      node.error(
        "retries", "\(node.title) has the retries '\(retries)', which is no number from 0 on",
        hint: "write a number, or an expression behind '='"))
  }
  return findings
}

/// A text that is neither an expression nor a number from 0 on.
func isBadCount(_ text: String) -> Bool { !text.hasPrefix("=") && (Int32(text).map { $0 < 0 } ?? true) }

func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }

extension FlowNode {
  fileprivate var isDoneByJob: Bool {
    zeebe?.taskDefinition != nil || camunda?.task.map { $0.isExternal && $0.topic?.isEmpty == false } ?? false
  }

  /// An annotation without host has a finding of its own.
  fileprivate var isDoneByService: Bool { rexflow != nil || camunda?.connectorID != nil }
}
