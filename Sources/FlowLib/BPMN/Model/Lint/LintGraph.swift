/// One level of a process as a graph: nodes by number, and where a token can go from each.
struct LintGraph {
  struct Edge {
    var source: Int
    var target: Int
    var flow: SequenceFlow
  }

  let level: ProcessIndex.Level
  let nodes: [FlowNode]
  private(set) var edges: [Edge] = []
  /// Numbers of edges.
  private(set) var outgoing: [[Int]]
  private(set) var incoming: [[Int]]
  /// Where a token can get to next: by flows, by boundary events and by links.
  private(set) var next: [[Int]]

  init(_ level: ProcessIndex.Level) {
    self.level = level
    nodes = level.scope.nodes
    let empty: [[Int]] = Array(repeating: [], count: nodes.count)
    (outgoing, incoming, next) = (empty, empty, empty)
    let numbers = Dictionary(zip(nodes.map(\.id), 0...)) { first, _ in first }
    for flow in level.scope.flows {
      guard let source = numbers[flow.source], let target = numbers[flow.target] else { continue }
      outgoing[source].append(edges.count)
      incoming[target].append(edges.count)
      next[source].append(target)
      edges.append(Edge(source: source, target: target, flow: flow))
    }
    attach(numbers)
    link()
  }

  private mutating func attach(_ numbers: [String: Int]) {
    let associated = level.scope.associated
    for (number, node) in nodes.enumerated() {
      guard case .boundaryEvent(let boundary) = node.kind, let host = numbers[boundary.attachedTo] else { continue }
      next[host].append(number)
      for handler in associated[node.id, default: []] { if let target = numbers[handler] { next[number].append(target) } }
    }
  }

  private mutating func link() {
    var targets: [String: Int] = [:]
    for (number, node) in nodes.enumerated() {
      if case .intermediateCatchEvent = node.kind, let name = node.linkName { targets[name] = number }
    }
    for (number, node) in nodes.enumerated() {
      if case .intermediateThrowEvent = node.kind, let target = node.linkName.flatMap({ targets[$0] }) { next[number].append(target) }
    }
  }
}
