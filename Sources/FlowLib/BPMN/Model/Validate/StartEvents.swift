/// A process can begin somewhere, and nothing leads to where it begins.
func startEvents(_ index: ProcessIndex) -> [Finding] {
  index.levels.flatMap { starts(of: $0, index) }
}

func startFlows(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .startEvent = node.kind, let flow = node.incoming.first else { return [] }
  return [
    node.error(
      "start-with-incoming", "\(node.title) has the incoming flow '\(flow)', but instances begin here",
      hint: "lead the flow to the element behind the start event")
  ]
}

/// A receive task that begins instances is entered by no flow, but from a gateway that begins them with it.
///
/// - Source: BPMN 2.0.2, 10.3.3, receive task.
func instantiatingTasks(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .receiveTask(let task) = node.kind, task.instantiate else { return [] }
  let flow = node.incoming.compactMap { index.flowByID[$0] }.first { flow in
    guard case .eventBasedGateway? = index.nodeByID[flow.source]?.kind else { return true }
    return false
  }
  guard let flow else { return [] }
  return [
    node.error(
      "start-with-incoming", "\(node.title) begins instances, but the flow '\(flow.id)' leads to it",
      hint: "remove the flow, or its attribute instantiate")
  ]
}

private func starts(of level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  let count = level.scope.nodes.count { if case .startEvent = $0.kind { true } else { false } }
  guard let owner = level.owner else {
    guard count == 0, !level.scope.nodes.contains(where: \.instantiates) else { return [] }
    // Neither Zeebe nor the original begins anything where nothing says so.
    if !index.followsZeebe, !index.isRexflow, level.scope.nodes.contains(where: \.beginsImplicitly) { return [] }
    return [
      Finding(
        .error, "no-start-event", line: level.line, element: level.id, "process '\(level.id)' has no start event, so no instance can begin",
        hint: "add a start event and connect it")
    ]
  }
  guard case .subProcess(let subProcess) = owner.kind else { return [] }
  switch subProcess.kind {
  case .embedded, .transaction:
    if count == 0, index.followsZeebe {
      return [owner.error("subprocess-start", "\(owner.title) has no start event, so a token that enters it is lost", hint: "add one")]
    }
    guard count > 1 else { return [] }
    return [
      owner.error(
        "subprocess-start", "\(owner.title) has \(count) start events, but a token that enters it needs one place to begin",
        hint: "keep one")
    ]
  case .event:
    guard count != 1 else { return [] }
    return [
      owner.error("subprocess-start", "\(owner.title) needs exactly one start event with an event definition", hint: "keep or add one")
    ]
  case .adHoc: return []
  }
}

extension FlowNode {
  /// A receive task or event-based gateway that makes an instance.
  var instantiates: Bool {
    if case .receiveTask(let task) = kind { return task.instantiate }
    if case .eventBasedGateway(let gateway) = kind { return gateway.instantiate }
    return false
  }

  /// Whether it begins with its level where that has no start event: no flow, event, link or compensation leads to it.
  package var beginsImplicitly: Bool {
    guard incoming.isEmpty, !isForCompensation, !(isLink && isCatching) else { return false }
    if case .boundaryEvent = kind { return false }
    if case .subProcess(let subProcess) = kind, case .event = subProcess.kind { return false }
    return true
  }

  private var isCatching: Bool {
    guard case .intermediateCatchEvent = kind else { return false }
    return true
  }
}
