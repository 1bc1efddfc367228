/// Data associations, references to data objects, roles and correlation name what is there.
func dataReferences(_ index: ProcessIndex) -> [Finding] {
  guard index.usesData else { return correlation(index) }
  let known = knownData(index)
  var findings = index.levels.flatMap { objects(in: $0.scope, known, index) }
  for node in index.nodes { findings.append(contentsOf: associations(of: node, known)) }
  return findings + correlation(index)
}

/// Ids of everything in the process that holds data.
private func knownData(_ index: ProcessIndex) -> Set<String> {
  var ids = Set(index.definitions.dataStores.map(\.id))
  for level in index.levels {
    ids.formUnion(level.scope.dataObjects.map(\.id))
    ids.formUnion(level.scope.dataReferences.map(\.id))
    ids.formUnion(level.scope.properties.map(\.id))
    ids.formUnion(level.scope.ioSpecification.map(ids(of:)) ?? [])
  }
  for node in index.nodes {
    guard let data = node.data else { continue }
    ids.formUnion(data.properties.map(\.id))
    ids.formUnion(data.specification.map(ids(of:)) ?? [])
  }
  for node in index.nodes {
    guard case .multiInstance(let loop) = node.loop else { continue }
    ids.formUnion([loop.inputDataItem?.id, loop.outputDataItem?.id].compactMap { $0 })
  }
  return ids
}

private func ids(of specification: IOSpecification) -> [String] { (specification.inputs + specification.outputs).map(\.id) }

private func objects(in scope: Scope, _ known: Set<String>, _ index: ProcessIndex) -> [Finding] {
  scope.dataReferences.compactMap { reference in
    guard reference.kind == .object, let target = reference.target, !known.contains(target) else { return nil }
    return Finding(
      .warning, "dangling-data", line: reference.element.line, element: reference.id,
      "the data object reference '\(reference.id)' refers to '\(target)', which the process does not have",
      hint: "add a dataObject of that id, or mend the reference")
  }
}

private func associations(of node: FlowNode, _ known: Set<String>) -> [Finding] {
  var findings: [Finding] = []
  func check(_ id: String, _ line: Int, _ what: String) {
    guard !id.isEmpty, !known.contains(id) else { return }
    findings.append(
      node.finding(
        .warning, "dangling-data", line: line, "\(node.title) has the \(what) '\(id)', which is no data of the process",
        hint: "name a data object, property, data input or data output"))
  }
  for association in (node.data?.inputAssociations ?? []) + (node.data?.outputAssociations ?? []) {
    for source in association.sources { check(source, association.element.line, "source of data") }
    check(association.target, association.element.line, "target of data")
  }
  if case .multiInstance(let loop) = node.loop {
    check(loop.loopDataInputRef ?? "", loop.line, "collection")
    check(loop.loopDataOutputRef ?? "", loop.line, "collection of results")
  }
  return findings
}

private func correlation(_ index: ProcessIndex) -> [Finding] {
  index.process.content.correlationSubscriptions.flatMap { subscription -> [Finding] in
    var findings: [Finding] = []
    func report(_ what: String, _ id: String) {
      findings.append(
        Finding(
          .error, "dangling-reference", line: subscription.line, element: subscription.id,
          "the correlation subscription '\(subscription.id)' refers to the \(what) '\(id)', which the file does not have",
          hint: "add the \(what), or mend the reference"))
    }
    if !index.roots.correlationKeys.contains(subscription.keyRef) { report("correlation key", subscription.keyRef) }
    for binding in subscription.bindings where !index.roots.hasCorrelationProperty(binding.propertyRef) {
      report("correlation property", binding.propertyRef)
    }
    return findings
  }
}

extension ProcessIndex {
  fileprivate var usesData: Bool {
    levels.contains { !$0.scope.dataReferences.isEmpty } || nodes.contains { $0.data != nil || $0.loop != nil }
  }
}
