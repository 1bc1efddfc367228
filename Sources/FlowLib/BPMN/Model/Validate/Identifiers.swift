/// Nodes, flows and the process have ids, and no two the same one.
func identifiers(_ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  var firstLine: [String: Int] = [:]
  func check(_ id: String, _ what: String, _ line: Int) {
    if id.isEmpty {
      findings.append(Finding(.error, "missing-id", line: line, "this \(what) has no id", hint: "give it an id that is unique in the file"))
    } else if let first = firstLine[id] {
      findings.append(
        Finding(
          .error, "duplicate-id", line: line, element: id, "the id '\(id)' of this \(what) was given already in line \(first)",
          hint: "give one of them another id, and mend what refers to it"))
    } else {
      firstLine[id] = line
    }
  }
  check(index.process.id, "process", index.process.line)
  for node in index.nodes { check(node.id, node.kind.elementName, node.line) }
  for flow in index.flows { check(flow.id, "sequence flow", flow.line) }
  for message in index.definitions.messages { check(message.id, "message", message.line) }
  for signal in index.definitions.signals { check(signal.id, "signal", signal.line) }
  for error in index.definitions.errors { check(error.id, "error", error.line) }
  for escalation in index.definitions.escalations { check(escalation.id, "escalation", escalation.line) }
  return findings
}
