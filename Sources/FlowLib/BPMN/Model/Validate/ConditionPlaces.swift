/// Conditions stand only where BPMN reads them.
func conditionPlaces(_ index: ProcessIndex) -> [Finding] {
  index.flows.compactMap { flow in
    guard flow.condition != nil, let source = index.nodeByID[flow.source] else { return nil }
    switch source.kind {
    case .exclusiveGateway, .inclusiveGateway, .complexGateway: return nil
    case .parallelGateway, .eventBasedGateway, .startEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent,
      .boundaryEvent, .endEvent:
      return Finding(
        .error, "misplaced-condition", line: flow.line, element: flow.id,
        "sequence flow '\(flow.id)' has a condition, but \(source.title) always takes all its flows",
        hint: "put an exclusive gateway before it, or remove the condition")
    case .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity,
      .subProcess, .choreographyTask, .callChoreography, .subChoreography:
      return nil
    }
  }
}
