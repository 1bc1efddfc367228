/// Timer specifications: exactly one kind, of the right form, and bounded where a token repeats.
func timers(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard node.kind.isEvent else { return [] }
  return index.events(of: node).compactMap { definition in
    guard case .timer(let timer) = definition else { return nil }
    return check(timer, of: node, index)
  }
}

private func check(_ timer: TimerDefinition, of node: FlowNode, _ index: ProcessIndex) -> Finding? {
  let given = [timer.date, timer.duration, timer.cycle].compactMap { $0 }
  guard given.count == 1, let only = given.first else {
    return node.error(
      "timer-spec", "\(node.title) has \(given.count) of timeDate, timeDuration and timeCycle; a timer needs exactly one",
      hint: given.isEmpty ? "add timeDuration PT10S, timeDate or timeCycle" : "keep one")
  }
  guard let problem = placeProblem(timer, of: node, index) ?? textProblem(only.text, timer, of: node, index) else { return nil }
  return node.finding(
    .error, "timer-spec", line: only.line, "the timer '\(only.text)' of \(node.title) \(problem)",
    hint: "dates: 2026-11-20T12:00:00Z; durations: PT10S; cycles: R3/PT10S")
}

/// Zeebe repeats only what may fire again: start events, and boundary events and event subprocesses that do not interrupt.
private func placeProblem(_ timer: TimerDefinition, of node: FlowNode, _ index: ProcessIndex) -> String? {
  guard index.followsZeebe, timer.cycle != nil else { return nil }
  switch node.kind {
  case .intermediateCatchEvent: return "repeats, but a token waits there only once"
  case .boundaryEvent(let boundary) where boundary.isInterrupting: return "repeats, but it interrupts its activity when it fires first"
  case .startEvent(let start) where start.isInterrupting && index.nodeByID[node.parent]?.isEventSubProcess == true:
    return "repeats, but it interrupts its scope when it fires first"
  case .startEvent, .endEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask,
    .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway,
    .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
    return nil
  }
}

private func textProblem(_ text: String, _ timer: TimerDefinition, of node: FlowNode, _ index: ProcessIndex) -> String? {
  if text.isEmpty { return index.followsZeebe ? "is empty" : nil }
  // Braces and parentheses are filled in at run time, `=` and `$` begin an expression: the engine checks what comes out.
  if text.utf8.contains(where: { "{(=$".utf8.contains($0) }) { return nil }
  if timer.duration != nil { return ISOText.isDuration(text) ? nil : "is no ISO 8601 duration such as PT10S" }
  if timer.date != nil { return ISOText.isDateTime(text) ? nil : "is no ISO 8601 date and time such as 2026-11-20T12:00:00Z" }
  if !index.isRexflow, ISOText.isCron(text) { return nil }
  return cycleProblem(text, of: node)
}

/// - Source: reference section 6.10: `Rn/…` with n from 0 to 1024 on a catch event, where each firing is a token.
private func cycleProblem(_ text: String, of node: FlowNode) -> String? {
  let parts = text.split(separator: "/", omittingEmptySubsequences: false)
  guard let head = parts.first, head.hasPrefix("R"), (2...3).contains(parts.count), !parts.dropFirst().contains("") else {
    return "is no cycle such as R3/PT10S"
  }
  let digits = head.dropFirst()
  guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return "has no count behind R" }
  if parts.count == 3, parts[1].hasPrefix("P"), parts[2].hasPrefix("P") { return "has two durations" }
  guard parts.dropFirst().allSatisfy({ ISOText.isDuration(String($0)) || ISOText.isDateTime(String($0)) }),
    parts.dropFirst().contains(where: { ISOText.isDuration(String($0)) })
  else { return "has no ISO 8601 duration such as PT10S" }
  guard case .intermediateCatchEvent = node.kind else { return nil }
  guard !digits.isEmpty else { return "repeats without end, but each firing is a token of the instance" }
  guard let count = Int(digits), count <= 1024 else { return "repeats more than 1024 times" }
  return nil
}
