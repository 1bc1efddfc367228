/// Who waits for a message says for which, and in Zeebe's dialect by which key it is known.
func messages(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard node.rexflow?.topic == nil, node.rexflow?.kafkaTopic == nil else { return [] }
  return node.awaitedMessages(index).flatMap { check($0, of: node, isStart: node.startsInstances(in: level, index), index) }
}

private func check(_ reference: String?, of node: FlowNode, isStart: Bool, _ index: ProcessIndex) -> [Finding] {
  guard let reference, !reference.isEmpty else {
    return [
      node.error(
        "message-missing", "\(node.title) waits for a message but does not say for which",
        hint: "add a message under definitions and name it by messageRef")
    ]
  }
  // What refers to nothing has a finding of its own.
  guard let message = index.roots.message(reference) else { return [] }
  var findings: [Finding] = []
  if message.name.map(isBlank) ?? true {
    findings.append(
      node.finding(
        .error, "message-name-missing", line: message.line, "the message '\(reference)' that \(node.title) waits for has no name",
        hint: "give it a name; messages are published by it"))
  }
  let isKeyless = message.correlationKey.map(isBlank) ?? true
  if index.followsZeebe, !isStart, isKeyless, index.process.content.correlationSubscriptions.isEmpty, index.roots.correlationKeys.isEmpty {
    findings.append(
      node.finding(
        .error, "correlation-key-missing", line: message.line,
        "the message '\(message.name ?? reference)' that \(node.title) waits for has no correlation key",
        hint: "add zeebe:subscription with correlationKey to the message's extension elements"))
  } else if index.followsZeebe, let key = message.correlationKey, !isKeyless, !key.hasPrefix("=") {
    findings.append(
      node.finding(
        .error, "correlation-key-static", line: message.line,
        "the correlation key '\(key)' of the message '\(message.name ?? reference)' that \(node.title) waits for is no expression",
        hint: "write it behind '=': =\(key)"))
  }
  return findings
}

extension FlowNode {
  /// References of the messages that the node waits for; nil for one that is not said.
  fileprivate func awaitedMessages(_ index: ProcessIndex) -> [String?] {
    switch kind {
    case .receiveTask(let task): return [task.messageRef]
    case .startEvent, .intermediateCatchEvent, .boundaryEvent:
      return index.events(of: self).compactMap { definition -> String?? in
        guard case .message(let ref, _) = definition else { return nil }
        return .some(ref)
      }
    case .endEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .serviceTask, .sendTask, .userTask, .scriptTask,
      .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
      .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      return []
    }
  }

  /// A message that makes an instance is known by its name alone.
  fileprivate func startsInstances(in level: ProcessIndex.Level, _ index: ProcessIndex) -> Bool {
    if instantiates || isBehindFirstEvent(index) { return true }
    guard case .startEvent = kind else { return false }
    return level.owner == nil
  }

  /// Behind a gateway that begins instances by whichever of its events comes first.
  private func isBehindFirstEvent(_ index: ProcessIndex) -> Bool {
    incoming.contains { flow in
      guard let source = index.flowByID[flow].flatMap({ index.nodeByID[$0.source] }) else { return false }
      guard case .eventBasedGateway(let gateway) = source.kind else { return false }
      return gateway.instantiate && gateway.kind == .exclusive
    }
  }
}
