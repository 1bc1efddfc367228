/// In Zeebe's dialect it is clear where an instance begins: one none start event at most, each message and signal once.
func startTriggers(_ index: ProcessIndex) -> [Finding] {
  guard index.followsZeebe else { return [] }
  var findings: [Finding] = []
  var seen: [String: FlowNode] = [:]
  for node in index.process.content.nodes {
    guard case .startEvent = node.kind else { continue }
    let definitions = index.events(of: node)
    let triggers = node.eventDefinitions.isEmpty ? ["none"] : definitions.compactMap { trigger($0, index.roots) }
    for trigger in triggers {
      guard let first = seen[trigger] else {
        seen[trigger] = node
        continue
      }
      findings.append(trigger == "none" ? secondNone(node, first) : duplicate(trigger, node, first))
    }
  }
  return findings
}

private func trigger(_ definition: EventDefinition, _ definitions: RootIndex) -> String? {
  switch definition {
  case .message(let ref, _): ref.flatMap { definitions.message($0)?.name }.map { "message '\($0)'" }
  case .signal(let ref): ref.flatMap { definitions.signal($0)?.name }.map { "signal '\($0)'" }
  case .timer, .error, .escalation, .compensate, .conditional, .link, .cancel, .terminate, .reference: nil
  }
}

private func secondNone(_ node: FlowNode, _ first: FlowNode) -> Finding {
  node.error(
    "several-none-starts",
    "\(node.title) is a second start event without definition beside \(first.title), so it is not clear where '\(node.parent)' begins",
    hint: "keep one, or give it an event definition")
}

private func duplicate(_ trigger: String, _ node: FlowNode, _ first: FlowNode) -> Finding {
  node.error(
    "duplicate-start-trigger", "\(node.title) begins instances of '\(node.parent)' by the \(trigger), as \(first.title) does already",
    hint: "keep one of them")
}
