/// One process with what the rules look up again and again.
struct ProcessIndex {
  struct Level {
    /// Id of the process or subprocess.
    var id: String
    var scope: Scope
    var line: Int
    /// nil for the process itself.
    var owner: FlowNode?
    /// Subprocesses around it, itself included; 0 for the process.
    var depth: Int
  }

  let definitions: Definitions
  let roots: RootIndex
  let process: Process
  private(set) var levels: [Level] = []
  private(set) var nodes: [FlowNode] = []
  private(set) var flows: [SequenceFlow] = []
  /// The first one where ids come twice.
  private(set) var nodeByID: [String: FlowNode] = [:]
  private(set) var flowByID: [String: SequenceFlow] = [:]

  init(_ process: Process, of definitions: Definitions, _ roots: RootIndex) {
    self.definitions = definitions
    self.roots = roots
    self.process = process
    add(process.content, id: process.id, line: process.line, owner: nil, depth: 0)
  }

  private mutating func add(_ scope: Scope, id: String, line: Int, owner: FlowNode?, depth: Int) {
    levels.append(Level(id: id, scope: scope, line: line, owner: owner, depth: depth))
    for flow in scope.flows {
      flows.append(flow)
      if flowByID[flow.id] == nil { flowByID[flow.id] = flow }
    }
    for node in scope.nodes {
      nodes.append(node)
      if nodeByID[node.id] == nil { nodeByID[node.id] = node }
      if let content = node.content { add(content, id: node.id, line: node.line, owner: node, depth: depth + 1) }
    }
  }

  func outgoing(of node: FlowNode) -> [SequenceFlow] { node.outgoing.compactMap { flowByID[$0] } }

  /// Definitions of an event, those that it refers to among them.
  func events(of node: FlowNode) -> [EventDefinition] { roots.resolvedDefinitions(of: node) }

  var isRexflow: Bool { process.dialects.rexflow }
  var isZeebe: Bool { process.dialects.zeebe }
  /// Zeebe's rules hold where the original's say nothing; in a process of both the original's go first.
  var followsZeebe: Bool { isZeebe && !isRexflow }
}

extension FlowNode {
  /// How a message calls the node: `serviceTask 'Collect' (Task_1)`.
  var title: String {
    let label = name.flatMap { $0.isEmpty ? nil : "'\($0)' " } ?? ""
    return "\(kind.elementName) \(label)(\(id))"
  }

  func error(_ code: String, _ message: String, hint: String) -> Finding {
    Finding(.error, code, line: line, element: id, message, hint: hint)
  }

  func finding(_ severity: Finding.Severity, _ code: String, line: Int = 0, _ message: String, hint: String) -> Finding {
    Finding(severity, code, line: line > 0 ? line : self.line, element: id, message, hint: hint)
  }

  func warning(_ code: String, _ message: String, hint: String) -> Finding {
    Finding(.warning, code, line: line, element: id, message, hint: hint)
  }
}
