import FlowBPMN

extension Compiler {
  /// What the model asks for beside the element's kind that no behaviour does yet; a finding, never a surprise at run time.
  mutating func reportNotYet(_ node: FlowNode) {
    guard let zeebe = node.zeebe, !(zeebe.executionListeners.isEmpty && zeebe.taskListeners.isEmpty) else { return }
    if !zeebe.taskListeners.isEmpty || !node.canBeListenedTo || isBehindGateway(node) { _ = notExecutable(node, "a listener of") }
  }

  /// An event that a gateway waits for never waits itself.
  private func isBehindGateway(_ node: FlowNode) -> Bool {
    node.incoming.contains { id in
      guard let source = flows[id]?.source, case .eventBasedGateway? = nodes[source]?.kind else { return false }
      return true
    }
  }

  /// Listeners of the process as a whole are called by nobody yet.
  mutating func reportNotYet() {
    guard let zeebe = process.zeebe, !zeebe.executionListeners.isEmpty else { return }
    report(
      "not-executable", line: process.line, process.id, "a listener of process \(process.id) can not run in this version",
      "give it to an element of the process")
  }

  mutating func listeners(_ event: ZeebeListener.Event, of node: FlowNode) -> [ExecutableListener] {
    (node.zeebe?.executionListeners ?? []).compactMap { listener in
      guard listener.event == event, let type = value(listener.type, line: listener.line, of: node.id, "listener"),
        let retries = value(listener.retries ?? "3", line: listener.line, of: node.id, "listener")
      else { return nil }
      return ExecutableListener(type: type, retries: retries)
    }
  }
}

extension FlowNode {
  /// Whether it goes the whole way of an activity, on which listeners are called.
  fileprivate var canBeListenedTo: Bool {
    switch kind {
    case .startEvent, .boundaryEvent, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway,
      .choreographyTask, .callChoreography, .subChoreography:
      return false
    case .subProcess(let subProcess):
      if case .event = subProcess.kind { return false }
      return true
    case .serviceTask: return zeebe?.taskDefinition != nil
    case .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .sendTask, .receiveTask,
      .userTask, .scriptTask, .businessRuleTask, .callActivity:
      return true
    }
  }
}
