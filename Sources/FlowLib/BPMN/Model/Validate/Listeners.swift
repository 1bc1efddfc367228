/// A listener says when it is called and by which job type.
func listeners(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard let zeebe = node.zeebe, !zeebe.executionListeners.isEmpty || !zeebe.taskListeners.isEmpty else { return [] }
  return check(zeebe.executionListeners, ofExecution: true, id: node.id, node.title) + places(node, zeebe.executionListeners)
    + check(zeebe.taskListeners, ofExecution: false, id: node.id, node.title)
}

/// Where nothing is begun or left, nobody is called.
///
/// - Source: Zeebe's execution listeners, limitations.
private func places(_ node: FlowNode, _ listeners: [ZeebeListener]) -> [Finding] {
  let lacking = listenersLacking(at: node)
  return listeners.filter { $0.event.map { lacking.events.contains($0) } ?? false }.map { listener in
    Finding(
      .error, "listener", line: listener.line, element: node.id, "\(node.title) has no listener for '\(listener.eventType)'",
      hint: lacking.hint)
  }
}

private func listenersLacking(at node: FlowNode) -> (events: [ZeebeListener.Event], hint: String) {
  switch node.kind {
  case .startEvent: ([.start], "call it at the start of the first activity")
  case .boundaryEvent where node.eventDefinitions.contains { if case .compensate = $0 { true } else { false } }:
    ([.start, .end], "call it at the compensation handler")
  case .boundaryEvent: ([.start], "call it at the start of the activity")
  case .endEvent where node.eventDefinitions.contains { if case .error = $0 { true } else { false } }:
    ([.end], "call it at the event that catches the error")
  case .complexGateway: ([.start, .end], "call it at the element behind the gateway")
  case .exclusiveGateway, .inclusiveGateway, .parallelGateway, .eventBasedGateway:
    ([.end], "call it at the start of the element behind the gateway")
  case .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .serviceTask, .sendTask,
    .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .choreographyTask, .callChoreography,
    .subChoreography:
    ([], "")
  }
}

func processListeners(_ index: ProcessIndex) -> [Finding] {
  let own = index.process.zeebe?.executionListeners ?? []
  return check(own, ofExecution: true, id: index.process.id, "process '\(index.process.id)'")
}

private func check(_ listeners: [ZeebeListener], ofExecution: Bool, id: String, _ title: String) -> [Finding] {
  var seen: Set<String> = []
  let known = ZeebeListener.Event.allCases.filter { $0.isOfExecution == ofExecution }.map(\.rawValue).joined(separator: ", ")
  return listeners.flatMap { listener -> [Finding] in
    var findings: [Finding] = []
    func report(_ code: String, _ message: String, _ hint: String) {
      findings.append(Finding(.error, code, line: listener.line, element: id, message, hint: hint))
    }
    if isBlank(listener.type) { report("listener", "a listener of \(title) has no type", "name the job type that it is done by") }
    if listener.event?.isOfExecution != ofExecution {
      report("listener", "a listener of \(title) has the unknown eventType '\(listener.eventType)'", "known: \(known)")
    }
    if let retries = listener.retries, isBadCount(retries) {
      report(
        "retries", "a listener of \(title) has the retries '\(retries)', which is no number from 0 on", "write a number, or an expression")
    }
    if !seen.insert(listener.eventType + " " + listener.type).inserted {
      report("listener", "\(title) has two listeners of type '\(listener.type)' for '\(listener.eventType)'", "remove one")
    }
    return findings
  }
}
