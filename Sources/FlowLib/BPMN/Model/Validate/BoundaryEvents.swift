/// Boundary events sit on activities and are not entered by flows.
func boundaryEvents(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  var errorHandlers: [String: [FlowNode]] = [:]
  for node in index.nodes {
    guard case .boundaryEvent(let boundary) = node.kind else { continue }
    if let flow = node.incoming.first {
      findings.append(
        node.error(
          "boundary-with-incoming", "\(node.title) has the incoming flow '\(flow)', but only its activity triggers it",
          hint: "remove the flow"))
    }
    if let host = index.nodeByID[boundary.attachedTo], !host.kind.isActivity {
      findings.append(
        node.error(
          "boundary-on-event", "\(node.title) sits on \(host.title), but only activities have boundary events",
          hint: "move it to an activity"))
    }
    if case .error = boundary.definitions.first { errorHandlers[boundary.attachedTo, default: []].append(node) }
  }
  for (_, handlers) in errorHandlers.sorted(by: { $0.key < $1.key }) { findings.append(contentsOf: ambiguous(handlers)) }
  return findings
}

/// Two handlers of one error, or two of any error, leave open which one catches.
private func ambiguous(_ handlers: [FlowNode]) -> [Finding] {
  var seen: Set<String> = []
  return handlers.compactMap { node in
    guard case .error(let reference) = node.eventDefinitions.first, !seen.insert(reference ?? "").inserted else { return nil }
    return node.error(
      "duplicate-error-handler", "\(node.title) catches the same error as another boundary event of its activity",
      hint: "keep one, or let each name an error of its own")
  }
}
