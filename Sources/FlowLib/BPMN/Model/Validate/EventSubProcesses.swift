/// An event subprocess is begun by its event and by no flow, and no two on one level by the same.
func eventSubProcesses(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  for level in index.levels {
    var triggers = TriggerSet()
    for node in level.scope.nodes where node.isEventSubProcess {
      if let flow = node.incoming.first ?? node.outgoing.first {
        findings.append(
          node.error(
            "event-subprocess-with-flow",
            "the flow '\(flow)' is connected to the event subprocess \(node.title), which only its event begins",
            hint: "remove the flow"))
      }
      for start in node.content?.nodes ?? [] {
        guard case .startEvent(let event) = start.kind else { continue }
        let definitions = index.events(of: start)
        findings.append(contentsOf: mustInterrupt(start, event, definitions, in: node))
        findings.append(contentsOf: outsideSubProcess(start, definitions, level))
        findings.append(contentsOf: triggers.insert(start, definitions, index.roots, of: "in '\(level.id)'"))
      }
    }
  }
  return findings
}

/// Behind an error nothing goes on in the scope that it ended.
private func mustInterrupt(_ start: FlowNode, _ event: StartEvent, _ definitions: [EventDefinition], in node: FlowNode) -> [Finding] {
  guard !event.isInterrupting, definitions.contains(where: { if case .error = $0 { true } else { false } }) else { return [] }
  return [
    start.error(
      "error-must-interrupt", "\(start.title) catches an error without interrupting what \(node.title) belongs to",
      hint: "set isInterrupting=\"true\"")
  ]
}

private func outsideSubProcess(_ start: FlowNode, _ definitions: [EventDefinition], _ level: ProcessIndex.Level) -> [Finding] {
  guard level.owner == nil, definitions.contains(where: { if case .compensate = $0 { true } else { false } }) else { return [] }
  return [
    start.error(
      "misplaced-event-definition", "\(start.title) compensates a process, but only subprocesses can be compensated",
      hint: "move the event subprocess into a subprocess")
  ]
}

/// What has been caught on one activity or level already.
struct TriggerSet {
  private var first: [String: FlowNode] = [:]

  /// Findings for definitions that another node has already.
  ///
  /// - Parameter place: the activity or level that they belong to, for the message.
  mutating func insert(_ node: FlowNode, _ definitions: [EventDefinition], _ file: RootIndex, of place: String) -> [Finding] {
    definitions.compactMap { definition -> Finding? in
      guard let (kind, value) = trigger(definition, file) else { return nil }
      guard let other = first[kind + " " + value] else {
        first[kind + " " + value] = node
        return nil
      }
      if other.id == node.id, other.line == node.line { return nil }
      let code = kind == "error" ? "duplicate-error-handler" : "duplicate-trigger"
      let which = value.isEmpty ? "any \(kind)" : "the \(kind) '\(value)'"
      return node.error(
        code, "\(node.title) catches \(which) \(place), as \(other.title) does already", hint: "keep one, or let each catch its own")
    }
  }

  private func trigger(_ definition: EventDefinition, _ file: RootIndex) -> (kind: String, value: String)? {
    switch definition {
    // Handlers of codes are told apart by the codes; without one every error is caught.
    case .error(let ref): ("error", ref.map { ref in file.error(ref).map { $0.errorCode ?? "" } ?? ref } ?? "")
    case .escalation(let ref): ("escalation", ref.map { ref in file.escalation(ref).map { $0.escalationCode ?? "" } ?? ref } ?? "")
    case .message(let ref, _): ref.map { ("message", file.message($0)?.name ?? $0) }
    case .signal(let ref): ref.map { ("signal", file.signal($0)?.name ?? $0) }
    case .timer, .compensate, .conditional, .link, .cancel, .terminate, .reference: nil
    }
  }
}
