import FlowBPMN
import FlowCore

/// Builds small processes in tests: nodes by id, flows as `"a -> b"`.
package struct ProcessBuilder {
  package private(set) var process: Process
  package var definitions = Definitions()

  package init(_ id: String = "Process") {
    process = Process()
    process.id = id
    process.deploymentID = id.lowercased() + "-00000000"
    process.dialects.rexflow = true
  }

  package func settings(_ change: (inout RexflowGlobals) -> Void) -> ProcessBuilder {
    var copy = self
    change(&copy.process.rexflow)
    return copy
  }

  /// Bodies are variables of the process, as they are without a dialect.
  package func variables() -> ProcessBuilder {
    var copy = self
    copy.process.dialects.rexflow = false
    return copy
  }

  /// Adds a node; `inside` names the subprocess that holds it.
  package func node(_ id: String, _ kind: FlowNodeKind, inside: String? = nil, _ change: (inout FlowNode) -> Void = { _ in })
    -> ProcessBuilder
  {
    var copy = self
    var node = FlowNode(id: id, kind: kind)
    node.parent = inside ?? process.id
    node.derivedName = id
    change(&node)
    copy.process.content.insert(node, into: inside)
    return copy
  }

  package func start(_ id: String = "start", inside: String? = nil) -> ProcessBuilder {
    node(id, .startEvent(StartEvent()), inside: inside)
  }
  package func end(_ id: String = "end", _ definitions: [EventDefinition] = [], inside: String? = nil) -> ProcessBuilder {
    node(id, .endEvent(definitions), inside: inside)
  }

  /// A service task whose service answers at `host`.
  package func service(_ id: String, inside: String? = nil, _ change: (inout RexflowProperties) -> Void = { _ in }) -> ProcessBuilder {
    node(id, .serviceTask(OperationTask()), inside: inside) { node in
      var properties = RexflowProperties()
      var service = RexflowService()
      service.host = id
      properties.service = service
      change(&properties)
      node.rexflow = properties
    }
  }

  /// Changes a node of the process's own level that was added before.
  package func changing(_ id: String, _ change: (inout FlowNode) -> Void) -> ProcessBuilder {
    var copy = self
    for index in copy.process.content.nodes.indices where copy.process.content.nodes[index].id == id {
      change(&copy.process.content.nodes[index])
    }
    return copy
  }

  package func exclusive(_ id: String, default flow: String? = nil) -> ProcessBuilder { node(id, .exclusiveGateway(defaultFlow: flow)) }
  package func parallel(_ id: String, inside: String? = nil) -> ProcessBuilder { node(id, .parallelGateway, inside: inside) }
  package func subProcess(_ id: String, inside: String? = nil) -> ProcessBuilder { node(id, .subProcess(SubProcess()), inside: inside) }

  package func errorBoundary(_ id: String, on activity: String, code: String? = nil, inside: String? = nil) -> ProcessBuilder {
    var copy = self
    var boundary = BoundaryEvent()
    boundary.attachedTo = activity
    boundary.definitions = [.error(ref: code)]
    if let code {
      var error = BPMNError()
      error.id = code
      error.errorCode = code
      copy.definitions.errors.append(error)
    }
    return copy.node(id, .boundaryEvent(boundary), inside: inside)
  }

  /// Adds sequence flows: `"a -> b -> c"`. Their ids are `a_b`.
  package func flow(_ path: String, if condition: String? = nil, inside: String? = nil) -> ProcessBuilder {
    var copy = self
    let ids = path.split(separator: " ").filter { $0 != "->" }.map(String.init)
    for (source, target) in zip(ids, ids.dropFirst()) {
      let flow = SequenceFlow(id: source + "_" + target, from: source, to: target, condition: condition.map { Expression($0) })
      copy.process.content.insert(flow, into: inside)
    }
    return copy
  }
}

extension Scope {
  fileprivate mutating func insert(_ node: FlowNode, into subProcess: String?) {
    guard let subProcess else { return nodes.append(node) }
    change(subProcess) { $0.nodes.append(node) }
  }

  fileprivate mutating func insert(_ flow: SequenceFlow, into subProcess: String?) {
    guard let subProcess else {
      flows.append(flow)
      return connect(flow)
    }
    change(subProcess) {
      $0.flows.append(flow)
      $0.connect(flow)
    }
  }

  private mutating func connect(_ flow: SequenceFlow) {
    for index in nodes.indices {
      if nodes[index].id == flow.source { nodes[index].outgoing.append(flow.id) }
      if nodes[index].id == flow.target { nodes[index].incoming.append(flow.id) }
    }
  }

  private mutating func change(_ subProcess: String, _ body: (inout Scope) -> Void) {
    for index in nodes.indices {
      guard case .subProcess(var inner) = nodes[index].kind else { continue }
      if nodes[index].id == subProcess { body(&inner.content) } else { inner.content.change(subProcess, body) }
      nodes[index].kind = .subProcess(inner)
    }
  }
}
