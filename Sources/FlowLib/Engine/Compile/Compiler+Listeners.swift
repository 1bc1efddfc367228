import FlowBPMN

extension Compiler {
  /// What is called before and after an element; what no behaviour does yet is a finding, never a surprise at run time.
  mutating func listeners(of node: FlowNode, into more: inout ElementExtras) {
    guard let zeebe = node.zeebe, !(zeebe.executionListeners.isEmpty && zeebe.taskListeners.isEmpty) else { return }
    guard zeebe.taskListeners.isEmpty else { return notYet("a task listener of \(node.kind.elementName) \(node.id)", node.line, node.id) }
    guard usesVariables else {
      return notYet("a listener of \(node.kind.elementName) \(node.id), in a process without variables,", node.line, node.id)
    }
    guard !node.kind.isGateway || node.incoming.count < 2 else {
      return notYet("a listener of \(node.kind.elementName) \(node.id), at which flows meet,", node.line, node.id)
    }
    if case .serviceTask = node.kind, zeebe.taskDefinition == nil {
      return notYet("a listener of \(node.kind.elementName) \(node.id), which calls its service,", node.line, node.id)
    }
    guard !zeebe.executionListeners.contains(where: { $0.event == .start }) || !isBehindGateway(node) else {
      return notYet("a listener at the start of \(node.kind.elementName) \(node.id), for which a gateway waits,", node.line, node.id)
    }
    for listener in zeebe.executionListeners {
      guard let event = listener.event,
        let type = value(listener.type, line: listener.line, of: node.id, "job type of a listener"),
        let retries = value(listener.retries ?? "3", line: listener.line, of: node.id, "retries of a listener")
      else { continue }
      let compiled = ExecutableListener(type: type, retries: retries)
      if event == .start { more.startListeners.append(compiled) } else { more.endListeners.append(compiled) }
    }
  }

  mutating func reportListenersOfProcess() {
    guard let listener = process.zeebe?.executionListeners.first else { return }
    notYet("a listener of process '\(process.id)'", listener.line, process.id)
  }

  /// An event that an event-based gateway waits for never waits itself.
  private func isBehindGateway(_ node: FlowNode) -> Bool {
    node.incoming.contains { id in
      guard let source = flows[id]?.source, case .eventBasedGateway? = nodes[source]?.kind else { return false }
      return true
    }
  }

  private mutating func notYet(_ what: String, _ line: Int, _ id: String) {
    report("not-executable", line: line, id, "\(what) can not run in this version", "`flowctl help elements` lists what runs")
  }
}
