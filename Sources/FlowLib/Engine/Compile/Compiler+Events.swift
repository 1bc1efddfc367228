import FlowBPMN
import FlowCore
import FlowFEEL

extension Compiler {
  // MARK: what events wait for, or do

  mutating func events(of node: FlowNode, into more: inout ElementExtras) {
    switch node.kind {
    case .startEvent(let start):
      more.isInterrupting = start.isInterrupting
      more.isParallelMultiple = start.parallelMultiple
    case .boundaryEvent(let boundary):
      more.isInterrupting = boundary.isInterrupting
      more.isParallelMultiple = boundary.parallelMultiple
    case .intermediateCatchEvent(let event): more.isParallelMultiple = event.parallelMultiple
    case .receiveTask(let task): return more.events = message(task.messageRef, of: node).map { [$0] } ?? []
    case .sendTask(let task):
      more.events = task.messageRef.flatMap { message($0, of: node) }.map { [$0] } ?? []
      more.publication = publication(of: node)
      return
    case .endEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .serviceTask, .userTask, .scriptTask,
      .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
      .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      break
    }
    more.events = node.eventDefinitions.compactMap { event($0, of: node) }
    more.publication = publication(of: node)
  }

  private mutating func publication(of node: FlowNode) -> Publication? {
    guard let publish = node.zeebe?.publishMessage else { return nil }
    return Publication(
      key: value(publish.correlationKey, line: node.line, of: node.id, "correlation key"),
      messageID: value(publish.messageID, line: node.line, of: node.id, "message id"),
      timeToLive: value(publish.timeToLive, line: node.line, of: node.id, "time to live"))
  }

  mutating func event(_ definition: EventDefinition, of node: FlowNode) -> ExecutableEvent? {
    switch definition {
    case .message(let ref, _): return message(ref, of: node)
    case .timer(let timer): return self.timer(timer, of: node)
    case .signal(let ref):
      let name = ref.flatMap { definitions.signal($0)?.name } ?? ref
      return value(name, line: node.line, of: node.id, "signal").flatMap { startName($0, of: node, "signal name") }.map {
        .signal(name: $0)
      }
    case .conditional(let condition):
      guard let text = condition.condition, let compiled = expression(text, of: node.id, "condition") else {
        return incomplete(node, "a conditional event needs a condition")
      }
      let hasFilter = !condition.variableNames.isEmpty || !condition.changes.isEmpty
      return .condition(compiled, filter: hasFilter ? ConditionFilter(names: condition.variableNames, kinds: condition.changes) : nil)
    case .error(let ref):
      let code = ref.map { definitions.error($0)?.errorCode ?? (node.kind.isCatching ? nil : $0) } ?? nil
      return .error(code: value(code, line: node.line, of: node.id, "error code"))
    case .escalation(let ref):
      let code = ref.map { definitions.escalation($0)?.escalationCode ?? (node.kind.isCatching ? nil : $0) } ?? nil
      return .escalation(code: value(code, line: node.line, of: node.id, "escalation code"))
    case .compensate(let activity, let waits): return .compensation(activity: activity.flatMap { index(of: $0) }, waits: waits)
    case .cancel: return .cancel
    case .terminate: return .terminate
    case .link(let link): return .link(name: link.name, target: node.kind.isCatching ? nil : linkTarget(link.name, of: node))
    case .reference(let id):
      guard let found = definitions.eventDefinitions.first(where: { $0.id == id })?.definition, found != definition else {
        return incomplete(node, "event definition \(id) is not in the file")
      }
      return event(found, of: node)
    }
  }

  private mutating func incomplete(_ node: FlowNode, _ what: String) -> ExecutableEvent? {
    report(
      "event-definition", line: node.line, node.id, "\(node.kind.elementName) \(node.id): \(what)", "complete the event in the modeler")
    return nil
  }

  private mutating func message(_ ref: String?, of node: FlowNode) -> ExecutableEvent? {
    guard let message = ref.flatMap({ definitions.message($0) }) else {
      return node.kind.isCatching ? incomplete(node, "its message is not in the file") : .message(name: .text(ref ?? ""), key: nil)
    }
    let given = value(message.name ?? message.id, line: message.line, of: node.id, "message name")
    guard let name = given.flatMap({ startName($0, of: node, "message name") }) else { return nil }
    let key = message.correlationKey.flatMap { feel($0, line: message.line, of: node.id, "correlation key") }
    return .message(name: name, key: key.map { .expression($0) })
  }

  private mutating func timer(_ timer: TimerDefinition, of node: FlowNode) -> ExecutableEvent? {
    let kinds: [(TimerKind, FlowBPMN.Expression?)] = [(.date, timer.date), (.duration, timer.duration), (.cycle, timer.cycle)]
    for (kind, text) in kinds {
      guard let text else { continue }
      guard let compiled = value(text.text, line: text.line, of: node.id, "timer"), isKnown(compiled, of: node, "timer") else { return nil }
      if case .cycle = kind, case .text(let cycle) = compiled, !canRepeat(cycle) {
        return incomplete(node, "its cycle '\(cycle)' never fires")
      }
      return .timer(kind, compiled)
    }
    return incomplete(node, "a timer needs a date, a duration or a cycle")
  }

  /// What names a time zone is read when it is opened; braces are places that the original fills in.
  private func canRepeat(_ cycle: String) -> Bool {
    process.dialects.rexflow || cycle.contains("[") || cycle.contains("{") || Cycle(cycle, .utcOnly) != nil
  }

  /// The catching link of that name on the same level.
  private func linkTarget(_ name: String, of node: FlowNode) -> ElementIndex? {
    let target = process.allNodes.first { candidate in
      guard candidate.parent == node.parent, case .intermediateCatchEvent = candidate.kind else { return false }
      return candidate.eventDefinitions.contains { definition in
        guard case .link(let link) = definition else { return false }
        return link.name == name
      }
    }
    return target.flatMap { index(of: $0.id) }
  }

  // MARK: throwing and ending

  mutating func throwEvent(_ node: FlowNode, _ definitions: [EventDefinition]) -> ExecutableKind? {
    if definitions.isEmpty { return .task }
    if case .message = definitions[0], node.zeebe?.taskDefinition != nil { return job(node) }
    for definition in definitions {
      if case .link(let link) = definition, linkTarget(link.name, of: node) == nil {
        report(
          "link-target", line: node.line, node.id, "no link event of this level catches '\(link.name)', which \(node.id) throws",
          "add an intermediate catch event with a link of that name")
        return nil
      }
    }
    return .throwEvent
  }

  mutating func endEvent(_ node: FlowNode, _ definitions: [EventDefinition]) -> ExecutableKind? {
    guard definitions.count == 1, let definition = definitions.first else { return .endEvent(definitions.isEmpty ? .none : .events) }
    switch definition {
    case .terminate: return .endEvent(.terminate)
    case .error(let ref) where !(self.errorCode(ref)?.hasPrefix("=") ?? false):
      return .endEvent(.error(code: errorCode(ref) ?? ref ?? "ERROR"))
    case .message where node.zeebe?.taskDefinition != nil: return job(node)
    case .error, .message, .timer, .escalation, .signal, .compensate, .conditional, .link, .cancel, .reference: return .endEvent(.events)
    }
  }

  private func errorCode(_ ref: String?) -> String? { ref.flatMap { definitions.error($0)?.errorCode } }
}

extension FlowNodeKind {
  var isCatching: Bool {
    switch self {
    case .startEvent, .intermediateCatchEvent, .boundaryEvent, .receiveTask: true
    case .endEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .serviceTask, .sendTask, .userTask, .scriptTask,
      .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway,
      .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      false
    }
  }
}
