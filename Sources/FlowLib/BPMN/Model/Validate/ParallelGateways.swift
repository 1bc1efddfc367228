/// What a `rexflow:` annotation says of a parallel gateway fits its flows.
func parallelGateways(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .parallelGateway = node.kind, let rexflow = node.rexflow else { return [] }
  var findings: [Finding] = []
  if rexflow.service != nil {
    findings.append(
      node.error(
        "gateway-with-service", "\(node.title) has a service, but a gateway calls none", hint: "remove service from its annotation"))
  }
  switch rexflow.gatewayType {
  case .splitter: findings.append(contentsOf: splitter(node, rexflow, index))
  case .combiner:
    if node.outgoing.count != 1 {
      findings.append(
        node.error(
          "gateway-edges", "\(node.title) is a combiner with \(node.outgoing.count) outgoing flows", hint: "a combiner has exactly one"))
    }
  case nil: break
  }
  return findings
}

private func splitter(_ node: FlowNode, _ rexflow: RexflowProperties, _ index: ProcessIndex) -> [Finding] {
  var findings: [Finding] = []
  if node.outgoing.count < 2 {
    findings.append(
      node.error(
        "gateway-edges", "\(node.title) is a splitter with \(node.outgoing.count) outgoing flows", hint: "a splitter has two or more"))
  }
  let steps = index.outgoing(of: node).compactMap { index.nodeByID[$0.target]?.rexflow?.nextStepID }
  for step in rexflow.gatewaySplit where !steps.contains(step) {
    findings.append(
      node.error(
        "gateway-split", "\(node.title) splits to '\(step)', but no element behind it has that next_step_id",
        hint: "known there: \(steps.joined(separator: ", "))"))
  }
  return findings
}
