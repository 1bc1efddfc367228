/// A multi-instance activity knows how many instances it has, and what its behaviour throws.
func loops(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  switch node.loop {
  case nil: []
  case .standard(let loop): standard(loop, of: node)
  case .multiInstance(let loop): count(loop, of: node) + output(loop, of: node) + texts(loop, of: node) + behavior(loop, of: node, index)
  }
}

private func standard(_ loop: StandardLoop, of node: FlowNode) -> [Finding] {
  guard let maximum = loop.maximum, maximum < 0 else { return [] }
  return [
    node.finding(
      .error, "loop-maximum", line: loop.line, "the loopMaximum of \(node.title) is no number from 0 on",
      hint: "write a number, or remove it")
  ]
}

private func count(_ loop: MultiInstance, of node: FlowNode) -> [Finding] {
  let collections = [loop.zeebe?.inputCollection, loop.loopDataInputRef, loop.camunda?.collection, loop.cardinality?.text]
  guard !collections.contains(where: { $0.map { !isBlank($0) } ?? false }) else { return [] }
  return [
    node.finding(
      .error, "loop-without-collection", line: loop.line, "\(node.title) is a multi-instance activity, but nothing says how many instances",
      hint: "add zeebe:loopCharacteristics with inputCollection, loopDataInputRef or loopCardinality")
  ]
}

/// A collection of results needs to know what a result is, and the other way round.
private func output(_ loop: MultiInstance, of node: FlowNode) -> [Finding] {
  guard let zeebe = loop.zeebe else { return [] }
  let hasCollection = zeebe.outputCollection.map { !isBlank($0) } ?? false
  let hasElement = zeebe.outputElement.map { !isBlank($0) } ?? false
  guard hasCollection != hasElement else { return [] }
  return [
    node.finding(
      .error, "loop-output", line: loop.line,
      "\(node.title) has an \(hasCollection ? "outputCollection without outputElement" : "outputElement without outputCollection")",
      hint: "give both, or neither")
  ]
}

/// What the instances are made of and what they give has to be worked out.
private func texts(_ loop: MultiInstance, of node: FlowNode) -> [Finding] {
  [("inputCollection", loop.zeebe?.inputCollection), ("outputElement", loop.zeebe?.outputElement)].compactMap { name, text in
    guard let text, !isBlank(text), !text.hasPrefix("=") else { return nil }
    return node.finding(
      .error, "loop-static", line: loop.line, "the \(name) '\(text)' of \(node.title) is no expression",
      hint: "write it behind '=': =\(text)")
  }
}

private func behavior(_ loop: MultiInstance, of node: FlowNode, _ index: ProcessIndex) -> [Finding] {
  let (name, reference): (String, String?)
  switch loop.behavior {
  case .all: return []
  case .complex:
    guard loop.complexBehaviors.isEmpty else { return [] }
    return [
      node.finding(
        .error, "loop-behavior", line: loop.line, "the behavior of \(node.title) is Complex, but it has no complexBehaviorDefinition",
        hint: "add one with a condition and an event")
    ]
  case .none: (name, reference) = ("noneBehaviorEventRef", loop.noneBehaviorEventRef)
  case .one: (name, reference) = ("oneBehaviorEventRef", loop.oneBehaviorEventRef)
  }
  guard let reference, index.roots.eventDefinition(reference) != nil else {
    let what = reference.map { "names '\($0)', which the file does not have" } ?? "is missing"
    return [
      node.finding(
        .error, "loop-behavior", line: loop.line, "the behavior of \(node.title) is \(loop.behavior.rawValue), but its \(name) \(what)",
        hint: "name an event definition that lies under definitions")
    ]
  }
  return []
}
