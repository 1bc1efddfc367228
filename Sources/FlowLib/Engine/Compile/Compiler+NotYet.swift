import FlowBPMN

extension Compiler {
  /// What the model asks for beside the element's kind that no behaviour does yet; a finding each, never a surprise at run time.
  mutating func reportNotYet(_ node: FlowNode) {
    for what in notYet(node) { _ = notExecutable(node, what) }
  }

  private func notYet(_ node: FlowNode) -> [String] {
    var found: [String] = []
    if node.startQuantity != 1 || node.completionQuantity != 1 { found.append("start or completion quantity of") }
    if !(node.zeebe?.executionListeners.isEmpty ?? true) || !(node.zeebe?.taskListeners.isEmpty ?? true) { found.append("a listener of") }
    if case .multiInstance(let multi)? = node.loop, multi.behavior != .all {
      found.append("behaviour '\(multi.behavior.rawValue)' of multi-instance")
    }
    if case .startEvent(let start) = node.kind { found += notYet(start, of: node) }
    return found
  }

  private func notYet(_ start: StartEvent, of node: FlowNode) -> [String] {
    var found: [String] = []
    let isOfProcess = node.parent == process.id
    if start.parallelMultiple, start.definitions.count > 1, isOfProcess { found.append("parallel multiple start event") }
    for definition in start.definitions {
      switch definition {
      case .conditional where isOfProcess: found.append("conditional start event")
      case .compensate: found.append("compensation start event")
      case .message, .timer, .error, .escalation, .signal, .conditional, .link, .cancel, .terminate, .reference: break
      }
    }
    return found
  }
}
