/// Cycles that nothing leads out of, and loops without an end.
func endlessLoops(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  cycles(graph) + graph.nodes.compactMap(standardLoop)
}

private func standardLoop(_ node: FlowNode) -> Finding? {
  guard case .standard(let loop) = node.loop, loop.maximum == nil, loop.condition.map({ $0.text.isEmpty }) ?? true else { return nil }
  return LintCode.endlessLoop.finding(
    node, "\(node.title) is a loop with neither loopCondition nor loopMaximum, so it never ends", hint: "add one of them")
}

private func cycles(_ graph: LintGraph) -> [Finding] {
  var components = Components(graph.next)
  let found = components.run()
  return found.compactMap { members -> Finding? in
    guard let first = members.min(), members.count > 1 || graph.next[first].contains(first) else { return nil }
    let inside = Set(members)
    let leaves = members.contains { number in graph.next[number].contains { !inside.contains($0) } || graph.nodes[number].canEndElsewhere }
    guard !leaves else { return nil }
    return LintCode.endlessLoop.finding(
      graph.nodes[first], "nothing leads out of the cycle that \(graph.nodes[first].title) belongs to, so an instance in it never ends",
      hint: "add a gateway with a flow that leaves the cycle")
  }
}

extension FlowNode {
  /// A subprocess or call may end the whole by an error or by terminating; a gateway may find no flow, which is no way out.
  fileprivate var canEndElsewhere: Bool {
    switch kind {
    case .endEvent: true
    case .startEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
      .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway,
      .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }
}

/// Strongly connected components, without recursion: a model can be a chain of many thousand nodes.
///
/// - Source: R. Tarjan, Depth-first search and linear graph algorithms, 1972.
private struct Components {
  private let next: [[Int]]
  private var number: [Int]
  private var low: [Int]
  private var isOpen: [Bool]
  private var open: [Int] = []
  private var calls: [(node: Int, position: Int)] = []
  private var count = 0
  private var found: [[Int]] = []

  init(_ next: [[Int]]) {
    self.next = next
    number = Array(repeating: -1, count: next.count)
    low = number
    isOpen = Array(repeating: false, count: next.count)
  }

  mutating func run() -> [[Int]] {
    for root in next.indices where number[root] < 0 {
      enter(root)
      while let call = calls.popLast() { visit(call.node, from: call.position) }
    }
    return found
  }

  private mutating func enter(_ node: Int) {
    number[node] = count
    low[node] = count
    count += 1
    open.append(node)
    isOpen[node] = true
    calls.append((node, 0))
  }

  private mutating func visit(_ node: Int, from position: Int) {
    for index in position..<next[node].count {
      let target = next[node][index]
      if number[target] < 0 {
        calls.append((node, index))
        return enter(target)
      }
      if isOpen[target] { low[node] = min(low[node], low[target]) }
    }
    guard low[node] == number[node] else { return }
    var members: [Int] = []
    while let member = open.popLast() {
      isOpen[member] = false
      members.append(member)
      if member == node { break }
    }
    found.append(members)
  }
}
