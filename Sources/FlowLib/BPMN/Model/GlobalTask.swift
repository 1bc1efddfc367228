/// A task at the top of the file that call activities call: `globalTask`, `globalUserTask`, `globalScriptTask`,
/// `globalManualTask` or `globalBusinessRuleTask`.
package struct GlobalTask: Sendable {
  /// The task as it runs when called. Its id and name are the global task's; it has no flows and no parent.
  package var node: FlowNode
  package var element: Element

  package init(node: FlowNode, element: Element) {
    self.node = node
    self.element = element
  }

  package var id: String { node.id }
  package var name: String? { node.name }
  package var line: Int { node.line }
  package var ioSpecification: IOSpecification? { node.data?.specification }
}

/// What a call activity can call within a file.
package enum CallableElement: Sendable {
  case process(Process)
  case globalTask(GlobalTask)
}

extension Definitions {
  /// The process or global task of that id in this file; other files are for the engine to look up.
  package func callable(_ id: String) -> CallableElement? {
    if let process = processes.first(where: { $0.id == id }) { return .process(process) }
    return globalTasks.first { $0.id == id }.map(CallableElement.globalTask)
  }
}
