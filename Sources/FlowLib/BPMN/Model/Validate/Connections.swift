/// Every node can be reached, and in the original's dialect a catch event leads somewhere.
func connections(_ index: ProcessIndex) -> [Finding] {
  var findings = danglingCatchEvents(index)
  for level in index.levels where !level.isLoose {
    let reached = reachable(in: level, index)
    for node in level.scope.nodes where !reached.contains(node.id) {
      let isAlone = node.incoming.isEmpty && node.outgoing.isEmpty
      findings.append(
        node.warning(
          isAlone ? "unconnected" : "unreachable",
          "\(node.title) \(isAlone ? "is connected to nothing" : "can not be reached from a start event"), so it never runs",
          hint: "connect it, or remove it"))
    }
  }
  return findings
}

/// - Source: reference, row A12: the original refuses a catch event with a missing edge.
private func danglingCatchEvents(_ index: ProcessIndex) -> [Finding] {
  guard index.process.dialects.rexflow else { return [] }
  return index.nodes.compactMap { node in
    guard case .intermediateCatchEvent = node.kind, !node.isLink else { return nil }
    guard node.outgoing.isEmpty || (node.incoming.isEmpty && !node.isEnteredByTopic) else { return nil }
    let missing = node.outgoing.isEmpty ? "outgoing" : "incoming"
    return node.error(
      "dangling-catch-event", "\(node.title) has no \(missing) sequence flow, so a token would be lost there",
      hint: "connect it to an element on its \(missing) side")
  }
}

private func reachable(in level: ProcessIndex.Level, _ index: ProcessIndex) -> Set<String> {
  var attached: [String: [String]] = [:]
  var next: [String: [String]] = [:]
  for flow in level.scope.flows { next[flow.source, default: []].append(flow.target) }
  for node in level.scope.nodes {
    if case .boundaryEvent(let boundary) = node.kind { attached[boundary.attachedTo, default: []].append(node.id) }
  }
  var open = beginnings(of: level)
  var reached = Set(open)
  while let id = open.popLast() {
    for target in (next[id] ?? []) + (attached[id] ?? []) where reached.insert(target).inserted { open.append(target) }
  }
  return reached
}

private func beginnings(of level: ProcessIndex.Level) -> [String] {
  let nodes = level.scope.nodes
  let hasStart = nodes.contains { if case .startEvent = $0.kind { true } else { false } }
  return nodes.filter { node in
    if case .startEvent = node.kind { return true }
    if case .boundaryEvent = node.kind { return false }
    if case .subProcess(let subProcess) = node.kind, case .event = subProcess.kind { return true }
    return node.instantiates || node.isForCompensation || node.isEnteredByTopic || (node.isLink && node.incoming.isEmpty)
      || (!hasStart && node.incoming.isEmpty)
  }.map(\.id)
}

extension ProcessIndex.Level {
  /// The nodes of an ad-hoc subprocess need no flows.
  fileprivate var isLoose: Bool {
    guard case .subProcess(let subProcess) = owner?.kind, case .adHoc = subProcess.kind else { return false }
    return true
  }
}

extension FlowNode {
  /// Older dialect: the message on a Kafka topic brings the token with it, so that no flow leads there.
  fileprivate var isEnteredByTopic: Bool {
    guard case .intermediateCatchEvent = kind else { return false }
    return rexflow?.kafkaTopic != nil
  }

  var isLink: Bool { eventDefinitions.contains { if case .link = $0 { true } else { false } } }
}
