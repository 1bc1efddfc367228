/// A process never goes round and round on its own: in a loop something waits, or asks somebody.
///
/// Zeebe refuses every loop of gateways and of tasks that nobody does; elsewhere one that a decision may leave is let run.
func straightLoops(_ index: ProcessIndex) -> [Finding] {
  guard !index.isRexflow else { return [] }
  return index.levels.compactMap { level in
    (forcedLoop(level, index) ?? (index.followsZeebe ? loopOfNobody(level) : nil)).flatMap(tell)
  } + endlessCalls(index)
}

private func tell(_ loop: [FlowNode]) -> Finding? {
  guard let first = loop.first else { return nil }
  let path = (loop + [first]).map(\.id).joined(separator: " > ")
  return first.error(
    "straight-loop", "\(first.title) belongs to a loop in which nothing ever waits: \(path)",
    hint: "put something into the loop that waits: a task that somebody does, or a catch event")
}

// MARK: loops without any way out

/// Nodes each of which has just one way to go, back to the first of them.
private func forcedLoop(_ level: ProcessIndex.Level, _ index: ProcessIndex) -> [FlowNode]? {
  // A node that was on a way that ends, or on one that is known, need not be walked again.
  var walked: Set<String> = []
  for start in level.scope.nodes {
    var path: [FlowNode] = []
    var at = start
    while walked.insert(at.id).inserted, let next = index.onlyNext(of: at) {
      path.append(at)
      at = next
    }
    if let begin = path.firstIndex(where: { $0.id == at.id }) { return Array(path[begin...]) }
  }
  return nil
}

/// Calls of the process itself that every instance comes to before it ever waits.
private func endlessCalls(_ index: ProcessIndex) -> [Finding] {
  index.process.content.nodes.filter(\.isNoneStart).compactMap { start in
    let at = index.end(of: start)
    guard case .callActivity(let call) = at.kind, at.loop == nil else { return nil }
    guard (at.zeebe?.calledElement?.processID ?? call.calledElement) == index.process.id else { return nil }
    return at.error(
      "straight-loop", "\(at.title) calls its own process before it ever waits, and so without an end",
      hint: "let a gateway decide before it, or call another process")
  }
}

extension ProcessIndex {
  /// Where a token goes at once from a node where nobody does anything; nil when it waits, chooses, splits or ends.
  fileprivate func onlyNext(of node: FlowNode) -> FlowNode? {
    guard node.isPassed(self), node.outgoing.count == 1, let flow = flowByID[node.outgoing[0]], flow.condition == nil,
      let next = nodeByID[flow.target], next.parent == node.parent
    else { return nil }
    return next
  }

  /// Where a token that goes its only way comes to rest, or where its way begins to repeat.
  fileprivate func end(of start: FlowNode) -> FlowNode {
    var seen: Set<String> = []
    var at = start
    while seen.insert(at.id).inserted, let next = onlyNext(of: at) { at = next }
    return at
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
    guard loop == nil, startQuantity == 1, completionQuantity == 1, isWithoutJob else { return false }
    switch kind {
    case .task, .manualTask, .exclusiveGateway, .inclusiveGateway: return true
    case .startEvent: return isNoneStart
    case .intermediateThrowEvent(let definitions): return definitions.isEmpty
    case .parallelGateway: return incoming.count == 1
    case .subProcess(let subProcess):
      guard case .embedded = subProcess.kind else { return false }
      return isPassedThrough(subProcess.content, index)
    case .endEvent, .intermediateCatchEvent, .implicitThrowEvent, .boundaryEvent, .serviceTask, .sendTask, .receiveTask, .userTask,
      .scriptTask, .businessRuleTask, .callActivity, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography,
      .subChoreography:
      return false
    }
  }

  /// A subprocess whose only way leads from its start to an end that throws nothing.
  private func isPassedThrough(_ content: Scope, _ index: ProcessIndex) -> Bool {
    guard let start = content.nodes.first(where: \.isNoneStart) else { return false }
    let last = index.end(of: start)
    if case .endEvent(let definitions) = last.kind { return definitions.isEmpty && last.isWithoutJob }
    return last.outgoing.isEmpty && last.isPassed(index)
  }
}

// MARK: loops that Zeebe refuses

/// A loop of gateways and at least one task that nobody does, whatever the gateways decide.
private func loopOfNobody(_ level: ProcessIndex.Level) -> [FlowNode]? {
  let nodes = level.scope.nodes.filter { $0.isUndone || $0.decides }
  guard nodes.contains(where: \.isUndone) else { return nil }
  let numbers = Dictionary(zip(nodes.map(\.id), 0...)) { first, _ in first }
  var next: [[Int]] = Array(repeating: [], count: nodes.count)
  for flow in level.scope.flows {
    guard let source = numbers[flow.source], let target = numbers[flow.target] else { continue }
    next[source].append(target)
  }
  var components = Components(next)
  for members in components.run() where members.count > 1 || next[members[0]].contains(members[0]) {
    guard let first = members.filter({ nodes[$0].isUndone }).min() else { continue }
    return way(from: first, next, inside: Set(members)).map { nodes[$0] }
  }
  return nil
}

/// The shortest way from a node of a loop back to itself.
private func way(from first: Int, _ next: [[Int]], inside members: Set<Int>) -> [Int] {
  var before: [Int: Int] = [:]
  var queue = [first]
  var position = 0
  while position < queue.count {
    let at = queue[position]
    position += 1
    for target in next[at] where members.contains(target) {
      guard target != first else {
        var path = [at]
        while let last = path.last, last != first, let earlier = before[last] { path.append(earlier) }
        return path.reversed()
      }
      guard before[target] == nil else { continue }
      before[target] = at
      queue.append(target)
    }
  }
  return [first]
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
