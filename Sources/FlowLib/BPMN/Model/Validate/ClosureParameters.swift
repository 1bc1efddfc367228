/// Declarations of the closure transport can be read, where it is on.
func closureParameters(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard index.process.rexflow.useClosureTransport, let camunda = node.camunda else { return [] }
  var findings = (camunda.inputs + camunda.outputs).compactMap { unreadable($0, of: node) }
  if camunda.inputs.count > 1, let whole = camunda.inputs.first(where: { $0.name == "." }) {
    findings.append(notAlone(whole, "input", of: node))
  }
  if camunda.outputs.count > 1, let whole = camunda.outputs.first(where: { $0.variable == "." }) {
    findings.append(notAlone(whole, "output", of: node))
  }
  return findings
}

private func unreadable(_ parameter: ClosureParameter, of node: FlowNode) -> Finding? {
  guard let problem = parameter.problem else { return nil }
  let types = ClosureParameter.ValueType.allCases.map(\.rawValue).joined(separator: ", ")
  return Finding(
    .error, "closure-parameter", line: parameter.line, element: node.id,
    "the parameter '\(parameter.name)' of \(node.title) is no declaration: \(problem)",
    hint: "write 'variable: TYPE' and if wanted a second line 'default: value'; types: \(types)")
}

private func notAlone(_ parameter: ClosureParameter, _ what: String, of node: FlowNode) -> Finding {
  Finding(
    .error, "closure-whole", line: parameter.line, element: node.id,
    "\(node.title) has an \(what) parameter '.', which stands for the whole, and others beside it", hint: "keep only the one with '.'")
}
