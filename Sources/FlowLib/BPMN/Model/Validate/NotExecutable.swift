/// What can not run in any version to come, and what the original's dialect asks for and is not there.
///
/// Whether the engine runs an element is for its compiler to say.
func notExecutable(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  missing(node).map { node.error("not-executable", "\(node.title) can not run: \($0.what)", hint: $0.hint) }
}

private func missing(_ node: FlowNode) -> [(what: String, hint: String)] {
  var missing: [(String, String)] = []
  switch node.kind {
  case .choreographyTask, .callChoreography, .subChoreography:
    missing.append(("choreographies are drawings and do not run", "model a process"))
  case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
    .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway,
    .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway:
    break
  }
  if node.rexflow?.service?.asynchronous == true {
    missing.append(
      ("asynchronous services do not run yet", "let the service answer in its response and remove asynchronous"))
  }
  if node.rexflow?.kafkaTopic != nil || node.rexflow?.topic != nil {
    missing.append(("Kafka topics are not there yet", "remove the topic; instances can be started by flowctl run"))
  }
  return missing
}
