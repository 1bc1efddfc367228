/// In the original's dialect a service task has a service and leads somewhere.
func serviceTasks(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard index.isRexflow, case .serviceTask = node.kind else { return [] }
  var findings: [Finding] = []
  if let rexflow = node.rexflow, rexflow.service?.host.map(\.isEmpty) ?? true {
    findings.append(
      Finding(
        .error, "service-host-missing", line: rexflow.line, element: node.id,
        "the rexflow annotation of \(node.title) has no service.host, so there is nothing to call",
        hint: "add service: {host: name, port: 80} to it"))
  }
  if node.outgoing.isEmpty {
    findings.append(
      node.error(
        "service-without-outgoing", "\(node.title) has no outgoing sequence flow, so its answer goes nowhere",
        hint: "connect it to an end event"))
  }
  return findings
}
