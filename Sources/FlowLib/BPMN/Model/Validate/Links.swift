/// A link leads from its throwing events to the one catching event of its name on the same level.
///
/// - Source: BPMN 2.0.2, section 10.5.5.
func links(_ index: ProcessIndex) -> [Finding] { index.levels.flatMap { links($0.scope) } }

private func links(_ scope: Scope) -> [Finding] {
  var findings: [Finding] = []
  var targets: [String: FlowNode] = [:]
  var sources: [(name: String, node: FlowNode)] = []
  for node in scope.nodes {
    guard let name = node.linkName else { continue }
    if name.isEmpty {
      findings.append(node.error("link-without-name", "\(node.title) is a link without a name", hint: "give both its ends the same name"))
    } else if case .intermediateCatchEvent = node.kind {
      if let first = targets[name] { findings.append(second(node, first, name)) } else { targets[name] = node }
    } else {
      sources.append((name, node))
    }
    findings.append(contentsOf: flows(of: node))
  }
  let thrown = Set(sources.map(\.name))
  for (name, node) in sources where targets[name] == nil {
    findings.append(
      node.error(
        "link-without-target", "\(node.title) leads to the link '\(name)', but no catch event on its level has that name",
        hint: targets.isEmpty
          ? "add a catch event with this link" : "known there: \(targets.keys.sorted().joined(separator: ", "))"))
  }
  for (name, node) in targets.sorted(by: { $0.key < $1.key }) where !thrown.contains(name) {
    findings.append(
      node.warning("link-without-source", "nothing leads to the link '\(name)' of \(node.title)", hint: "add a throw event of that name"))
  }
  return findings
}

private func second(_ node: FlowNode, _ first: FlowNode, _ name: String) -> Finding {
  node.error(
    "duplicate-link", "\(node.title) is a second target of the link '\(name)' beside \(first.title)", hint: "rename one, or join them")
}

private func flows(of node: FlowNode) -> [Finding] {
  let isTarget = if case .intermediateCatchEvent = node.kind { true } else { false }
  guard let flow = isTarget ? node.incoming.first : node.outgoing.first else { return [] }
  return [
    node.error(
      "link-with-flow",
      "\(node.title) has the \(isTarget ? "incoming" : "outgoing") flow '\(flow)', but the link itself leads \(isTarget ? "there" : "on")",
      hint: "remove the flow")
  ]
}

extension FlowNode {
  /// nil when the node is no link event.
  var linkName: String? {
    for definition in eventDefinitions { if case .link(let link) = definition { return link.name } }
    return nil
  }
}
