import FlowBPMN

extension Compiler {
  /// What the model asks for beside the element's kind that no behaviour does yet; a finding, never a surprise at run time.
  mutating func reportNotYet(_ node: FlowNode) {
    guard let zeebe = node.zeebe, !(zeebe.executionListeners.isEmpty && zeebe.taskListeners.isEmpty) else { return }
    _ = notExecutable(node, "a listener of")
  }
}
