/// Timer specifications: exactly one kind, of the right form, and bounded where a token repeats.
func timers(_ index: ProcessIndex) -> [Finding] {
  index.nodes.flatMap { node in
    node.eventDefinitions.compactMap { definition -> Finding? in
      guard case .timer(let timer) = definition else { return nil }
      return check(timer, of: node)
    }
  }
}

private func check(_ timer: TimerDefinition, of node: FlowNode) -> Finding? {
  let given = [timer.date, timer.duration, timer.cycle].compactMap { $0 }
  guard given.count == 1, let only = given.first else {
    return node.error(
      "timer-spec", "\(node.title) has \(given.count) of timeDate, timeDuration and timeCycle; a timer needs exactly one",
      hint: given.isEmpty ? "add timeDuration PT10S, timeDate or timeCycle" : "keep one")
  }
  // Braces and parentheses are filled in at run time, `=` and `$` begin an expression: the engine checks what comes out.
  if only.text.isEmpty || only.text.utf8.contains(where: { "{(=$".utf8.contains($0) }) { return nil }
  let problem: String? =
    if timer.cycle != nil {
      cycleProblem(only.text, of: node)
    } else if timer.duration != nil {
      only.text.hasPrefix("P") && only.text.utf8.count > 1 ? nil : "is no ISO 8601 duration such as PT10S"
    } else {
      only.text.contains("T") && only.text.utf8.count >= 15 ? nil : "is no ISO 8601 date and time such as 2026-11-20T12:00:00Z"
    }
  guard let problem else { return nil }
  return Finding(
    .error, "timer-spec", line: only.line, element: node.id, "the timer '\(only.text)' of \(node.title) \(problem)",
    hint: "dates: 2026-11-20T12:00:00Z; durations: PT10S; cycles: R3/PT10S")
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
  guard case .intermediateCatchEvent = node.kind else { return nil }
  guard !digits.isEmpty else { return "repeats without end, but each firing is a token of the instance" }
  guard let count = Int(digits), count <= 1024 else { return "repeats more than 1024 times" }
  return nil
}
