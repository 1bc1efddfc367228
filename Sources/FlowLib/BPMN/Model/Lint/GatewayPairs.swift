import FlowCore

/// Where branches of one split meet first, they meet in a node that fits the split.
///
/// Each branch of a split colours what it reaches. A node whose incoming flows have one colour each, and not all the same,
/// is where branches meet first; behind it colours mix.
func gatewayPairs(_ graph: LintGraph, _ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  var told: Set<Int> = []
  var steps = Limits.lintSteps
  for split in graph.nodes.indices where graph.outgoing[split].count > 1 {
    guard let kind = Split(graph, split) else { continue }
    guard steps > 0 else { return findings + [tooLarge(graph, index)] }
    let colours = Colours(graph, from: split, steps: &steps)
    for meeting in graph.nodes.indices where graph.incoming[meeting].count > 1 && !told.contains(meeting) {
      guard colours.meetFirst(at: meeting, graph), let finding = check(graph, kind, split, meeting) else { continue }
      told.insert(meeting)
      findings.append(finding)
    }
  }
  return findings
}

private func tooLarge(_ graph: LintGraph, _ index: ProcessIndex) -> Finding {
  Finding(
    LintCode.tooLarge.severity, LintCode.tooLarge.rawValue, line: graph.level.line, element: graph.level.id,
    "'\(graph.level.id)' has so many gateways and flows that not all pairs were looked at", hint: "split the model into call activities")
}

/// How many of a split's branches get a token.
private enum Split {
  case one, some, all

  /// nil when the node takes just one flow, or nothing can be said.
  init?(_ graph: LintGraph, _ number: Int) {
    let flows = graph.outgoing[number].map { graph.edges[$0].flow }
    switch graph.nodes[number].kind {
    case .exclusiveGateway: self = .one
    case .eventBasedGateway(let gateway): self = gateway.kind == .parallel ? .all : .one
    case .inclusiveGateway: self = .some
    case .parallelGateway: self = .all
    case .complexGateway, .choreographyTask, .callChoreography, .subChoreography: return nil
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
      .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess:
      self = flows.contains { $0.condition != nil } ? .some : .all
    }
  }
}

private struct Colours {
  private var ofNode: [UInt64]
  private var ofEdge: [Int: UInt64] = [:]

  /// The first 64 branches; a split with more is no mistake of pairing.
  init(_ graph: LintGraph, from split: Int, steps: inout Int) {
    ofNode = Array(repeating: 0, count: graph.nodes.count)
    steps -= graph.nodes.count
    for (position, edge) in graph.outgoing[split].prefix(64).enumerated() {
      let colour = UInt64(1) << UInt64(position)
      ofEdge[edge] = colour
      var open = [graph.edges[edge].target]
      while let node = open.popLast() {
        // What leads back to the split begins again there.
        guard node != split, ofNode[node] & colour == 0 else { continue }
        ofNode[node] |= colour
        steps -= 1 + graph.next[node].count
        open.append(contentsOf: graph.next[node])
      }
    }
  }

  func meetFirst(at node: Int, _ graph: LintGraph) -> Bool {
    var seen: UInt64 = 0
    for edge in graph.incoming[node] {
      let colour = ofEdge[edge] ?? ofNode[graph.edges[edge].source]
      guard colour.nonzeroBitCount <= 1 else { return false }
      seen |= colour
    }
    return seen.nonzeroBitCount > 1
  }
}

private func check(_ graph: LintGraph, _ kind: Split, _ split: Int, _ meeting: Int) -> Finding? {
  let (from, node) = (graph.nodes[split], graph.nodes[meeting])
  switch node.kind {
  case .inclusiveGateway, .complexGateway, .endEvent: return nil
  case .parallelGateway:
    switch kind {
    case .all: return nil
    case .one, .some:
      return LintCode.choiceJoinedInParallel.finding(
        node, "\(node.title) waits for all branches of \(from.title), which does not take all of them",
        hint: kind == .one ? "join them by an exclusive gateway" : "join them by an inclusive gateway")
    }
  case .exclusiveGateway:
    switch kind {
    case .one: return nil
    case .all, .some:
      return LintCode.parallelNotJoined.finding(
        node, "\(node.title) lets on each token of the branches of \(from.title), so what follows runs several times",
        hint: kind == .all ? "join them by a parallel gateway" : "join them by an inclusive gateway")
    }
  case .startEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask, .serviceTask,
    .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .eventBasedGateway, .choreographyTask,
    .callChoreography, .subChoreography:
    guard kind != .one, node.startQuantity < 2 else { return nil }
    return LintCode.implicitJoin.finding(
      node, "\(node.title) is entered by several branches of \(from.title), so it runs once for each of them",
      hint: "join the branches by a \(kind == .all ? "parallel" : "inclusive") gateway in front of it")
  }
}
