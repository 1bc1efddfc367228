/// An ad-hoc subprocess has activities to choose from, and neither begins nor ends by events.
///
/// - Source: BPMN 2.0.2, section 10.3.5.
func adHocSubProcesses(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .subProcess(let subProcess) = node.kind, case .adHoc = subProcess.kind else { return [] }
  var findings: [Finding] = []
  if !subProcess.content.nodes.contains(where: \.kind.isActivity) {
    findings.append(node.error("adhoc-content", "\(node.title) has no activity in it", hint: "add an activity, or remove the subprocess"))
  }
  for inner in subProcess.content.nodes {
    switch inner.kind {
    case .startEvent, .endEvent:
      findings.append(
        inner.error(
          "adhoc-content", "\(inner.title) lies in the ad-hoc subprocess \(node.title), which has no start and end events",
          hint: "remove it"))
    case .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask,
      .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway,
      .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      break
    }
  }
  return findings
}
