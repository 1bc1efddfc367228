/// A process never goes round and round on its own: in a loop something waits, or asks somebody.
///
/// Zeebe refuses every loop of gateways and of tasks that nobody does; elsewhere one that a decision may leave is let run.
func straightLoops(_ index: ProcessIndex) -> [Finding] {
  guard !index.isRexflow else { return [] }
  return index.levels.compactMap { level in
    let nodes = Dictionary(level.scope.nodes.map { ($0.id, $0) }) { first, _ in first }
    let loop = forcedLoop(level, nodes, index) ?? (index.followsZeebe ? loopOfNobody(level, nodes, index) : nil)
    return loop.flatMap { tell($0, nodes) }
  } + endlessCalls(index)
}

private func tell(_ loop: [String], _ nodes: [String: FlowNode]) -> Finding? {
  guard let first = loop.first, let node = nodes[first] else { return nil }
  let path = (loop + [first]).joined(separator: " > ")
  return node.error(
    "straight-loop", "\(node.title) belongs to a loop in which nothing ever waits: \(path)",
    hint: "put something into the loop that waits: a task that somebody does, or a catch event")
}

// MARK: loops without any way out

/// Nodes each of which has just one way to go, back to the first of them.
private func forcedLoop(_ level: ProcessIndex.Level, _ nodes: [String: FlowNode], _ index: ProcessIndex) -> [String]? {
  // A node that was on a way that ends, or on one that is known, need not be walked again.
  var walked: Set<String> = []
  for start in level.scope.nodes {
    var path: [String] = []
    var at = start
    while walked.insert(at.id).inserted {
      path.append(at.id)
      guard let next = index.onlyNext(of: at, nodes) else { break }
      if let begin = path.firstIndex(of: next.id) { return Array(path[begin...]) }
      at = next
    }
  }
  return nil
}

/// Calls of the process itself that every instance comes to before it ever waits.
private func endlessCalls(_ index: ProcessIndex) -> [Finding] {
  let content = index.process.content
  let nodes = Dictionary(content.nodes.map { ($0.id, $0) }) { first, _ in first }
  for start in content.nodes where start.isNoneStart {
    var seen: Set<String> = []
    var at = start
    while seen.insert(at.id).inserted, let next = index.onlyNext(of: at, nodes) { at = next }
    guard case .callActivity(let call) = at.kind, at.loop == nil else { continue }
    guard (at.zeebe?.calledElement?.processID ?? call.calledElement) == index.process.id else { continue }
    return [
      at.error(
        "straight-loop", "\(at.title) calls its own process before it ever waits, and so without an end",
        hint: "let a gateway decide before it, or call another process")
    ]
  }
  return []
}

extension ProcessIndex {
  /// Where a token goes at once from a node where nobody does anything; nil when it waits, chooses, splits or ends.
  fileprivate func onlyNext(of node: FlowNode, _ nodes: [String: FlowNode]) -> FlowNode? {
    guard node.isPassed(self), node.outgoing.count == 1, let flow = flowByID[node.outgoing[0]], flow.condition == nil else { return nil }
    return nodes[flow.target]
  }
}

extension FlowNode {
  /// No worker is asked, neither for the node itself nor as it begins and ends.
  fileprivate var isWithoutJob: Bool {
    camunda?.task == nil && zeebe?.taskDefinition == nil && zeebe?.executionListeners.isEmpty ?? true
  }

  fileprivate var isNoneStart: Bool {
    guard case .startEvent(let start) = kind else { return false }
    return start.definitions.isEmpty
  }

  /// Nobody does anything here, and nothing is waited for.
  fileprivate func isPassed(_ index: ProcessIndex) -> Bool {
    guard loop == nil, startQuantity == 1, completionQuantity == 1 else { return false }
    switch kind {
    case .task, .manualTask, .exclusiveGateway, .inclusiveGateway: return isWithoutJob
    case .startEvent: return isNoneStart && isWithoutJob
    case .intermediateThrowEvent(let definitions): return definitions.isEmpty && isWithoutJob
    case .parallelGateway: return incoming.count == 1 && isWithoutJob
    case .subProcess(let subProcess):
      guard case .embedded = subProcess.kind, isWithoutJob else { return false }
      return isPassedThrough(subProcess.content, index)
    case .endEvent, .intermediateCatchEvent, .implicitThrowEvent, .boundaryEvent, .serviceTask, .sendTask, .receiveTask, .userTask,
      .scriptTask, .businessRuleTask, .callActivity, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography,
      .subChoreography:
      return false
    }
  }

  /// A subprocess whose only way leads from its start to an end that throws nothing.
  private func isPassedThrough(_ content: Scope, _ index: ProcessIndex) -> Bool {
    let nodes = Dictionary(content.nodes.map { ($0.id, $0) }) { first, _ in first }
    guard var at = content.nodes.first(where: \.isNoneStart) else { return false }
    var seen: Set<String> = []
    while seen.insert(at.id).inserted, let next = index.onlyNext(of: at, nodes) { at = next }
    if case .endEvent(let definitions) = at.kind { return definitions.isEmpty && at.isWithoutJob }
    return at.outgoing.isEmpty && at.isPassed(index)
  }
}

// MARK: loops that Zeebe refuses

/// A loop of gateways and at least one task that nobody does, whatever the gateways decide.
private func loopOfNobody(_ level: ProcessIndex.Level, _ nodes: [String: FlowNode], _ index: ProcessIndex) -> [String]? {
  var known: Set<String> = []
  for task in level.scope.nodes where task.isUndone && !known.contains(task.id) {
    if let loop = way(from: task, nodes, index, known: &known) { return loop }
  }
  return nil
}

/// The shortest way from a task over what is passed back to itself.
private func way(from task: FlowNode, _ nodes: [String: FlowNode], _ index: ProcessIndex, known: inout Set<String>) -> [String]? {
  var before: [String: String] = [:]
  var queue = [task]
  var position = 0
  while position < queue.count {
    let at = queue[position]
    position += 1
    for target in index.outgoing(of: at).compactMap({ nodes[$0.target] }) where target.isUndone || target.decides {
      if target.id == task.id { return path(to: at.id, from: task.id, before) }
      // From a task that is in no loop nothing leads back.
      guard before[target.id] == nil, !known.contains(target.id) else { continue }
      before[target.id] = at.id
      queue.append(target)
    }
  }
  known.insert(task.id)
  return nil
}

private func path(to last: String, from first: String, _ before: [String: String]) -> [String] {
  var path = [last]
  while let id = path.last, id != first, let earlier = before[id] { path.append(earlier) }
  return path.reversed()
}

extension FlowNode {
  /// A task without a worker, service or person.
  fileprivate var isUndone: Bool {
    switch kind {
    case .task, .manualTask: isWithoutJob
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .serviceTask,
      .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway,
      .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }

  fileprivate var decides: Bool {
    switch kind {
    case .exclusiveGateway, .inclusiveGateway, .parallelGateway: isWithoutJob
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task,
      .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess,
      .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }
}
