/// Mappings lead from something to a variable, and what is written has a name that an expression can read again.
func mappings(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  if let zeebe = node.zeebe {
    for mapping in zeebe.inputs { findings += check(mapping, isOutput: false, of: node) }
    for mapping in zeebe.outputs { findings += check(mapping, isOutput: true, of: node) }
    findings += headers(of: node)
  }
  if node.zeebe != nil || node.loop != nil { findings += writtenNames(of: node).compactMap { badName($0.what, $0.name, of: node) } }
  return findings
}

private func check(_ mapping: ZeebeMapping, isOutput: Bool, of node: FlowNode) -> [Finding] {
  let what = isOutput ? "output" : "input"
  var findings: [Finding] = []
  if isBlank(mapping.target) {
    findings.append(
      node.finding(
        .error, "mapping-target", line: mapping.line, "an \(what) mapping of \(node.title) has no target",
        hint: "name the variable that it writes"))
  } else if !isVariablePath(mapping.target) {
    findings.append(
      node.finding(
        .error, "mapping-target", line: mapping.line,
        "the target '\(mapping.target)' of an \(what) mapping of \(node.title) is no variable", hint: nameHint))
  } else if reservedWords.contains(mapping.target) {
    findings.append(
      node.finding(
        .error, "mapping-target", line: mapping.line,
        "the target '\(mapping.target)' of an \(what) mapping of \(node.title) is a word of FEEL, so no expression could read it",
        hint: "choose another name"))
  }
  return findings + source(of: mapping, isOutput: isOutput, of: node)
}

/// An input may be a text; what goes out has to be worked out.
private func source(of mapping: ZeebeMapping, isOutput: Bool, of node: FlowNode) -> [Finding] {
  let what = isOutput ? "output" : "input"
  let isExpression = mapping.source.hasPrefix("=")
  if isBlank(isExpression ? String(mapping.source.dropFirst()) : mapping.source) {
    return [
      node.finding(
        .error, "mapping-source", line: mapping.line, "an \(what) mapping of \(node.title) has no source",
        hint: "write an expression behind '='")
    ]
  }
  guard isOutput, !isExpression else { return [] }
  return [
    node.finding(
      .error, "mapping-source", line: mapping.line,
      "the source '\(mapping.source)' of an output mapping of \(node.title) is no expression",
      hint: "write it behind '=': =\(mapping.source)")
  ]
}

/// - Source: Zeebe, words that can be no variable.
private let reservedWords: Set<String> = [
  "null", "true", "false", "function", "if", "then", "else", "for", "between", "instance", "of",
]

/// Variables that a node writes beside its mappings.
private func writtenNames(of node: FlowNode) -> [(what: String, name: String?)] {
  var names: [(String, String?)] = [
    ("resultVariable", node.zeebe?.script?.resultVariable), ("resultVariable", node.zeebe?.calledDecision?.resultVariable),
    ("outputCollection", node.zeebe?.adHoc?.outputCollection),
  ]
  if case .multiInstance(let loop) = node.loop {
    names += [("inputElement", loop.zeebe?.inputElement), ("outputCollection", loop.zeebe?.outputCollection)]
  }
  return names
}

private func badName(_ what: String, _ name: String?, of node: FlowNode) -> Finding? {
  // One that is missing has a finding of its own where it is needed.
  guard let name, !isBlank(name), !isVariablePath(name) else { return nil }
  return node.error("variable-name", "the \(what) '\(name)' of \(node.title) is no name of a variable", hint: nameHint)
}

private func headers(of node: FlowNode) -> [Finding] {
  guard let zeebe = node.zeebe else { return [] }
  var findings = zeebe.headers.filter { $0.key.hasPrefix(ZeebeProperties.ownHeaders) }.map { header in
    node.error(
      "header-reserved",
      "\(node.title) has the header '\(header.key)', but names that begin with '\(ZeebeProperties.ownHeaders)' are the engine's",
      hint: "choose another name")
  }
  if zeebe.headers.contains(where: { $0.key.isEmpty }) {
    findings.append(
      node.warning("header-without-key", "\(node.title) has a header without key, which nobody can read", hint: "give it a key"))
  }
  return findings
}

private let nameHint = "write letters, digits and '_', beginning with a letter; '.' leads into a context: order.total"

/// Names joined by dots.
func isVariablePath(_ text: String) -> Bool {
  text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
    guard let first = part.unicodeScalars.first, first == "_" || first == "$" || first.properties.isAlphabetic else { return false }
    return part.unicodeScalars.allSatisfy { $0 == "_" || $0 == "$" || $0.properties.isAlphabetic || $0.properties.numericType != nil }
  }
}
