/// All processes that are marked executable are deployed; in the original's dialect one file is one deployment.
func processCount(_ definitions: Definitions) -> [Finding] {
  let candidates = definitions.candidates
  guard let first = candidates.first else {
    return [
      Finding(.error, "no-process", line: definitions.line, "the file has no process", hint: "add a process with isExecutable=\"true\"")
    ]
  }
  let followsZeebe = candidates.contains { $0.dialects.zeebe && !$0.dialects.rexflow }
  if followsZeebe { return notMarked(candidates) + sameIDs(candidates) }
  let areMarked = candidates.allSatisfy { $0.isExecutable == true }
  if areMarked, !candidates.contains(where: \.dialects.rexflow) { return sameIDs(candidates) }
  if candidates.count > 1 {
    let ids = candidates.map(\.id).joined(separator: ", ")
    return [
      Finding(
        .error, "several-processes", line: candidates[1].line, element: candidates[1].id,
        "the file has \(candidates.count) processes to deploy (\(ids)), but one file is one deployment",
        hint: "put each process into a file of its own, or mark one isExecutable=\"true\" and the others \"false\"")
    ]
  }
  guard first.isExecutable != true else { return [] }
  return [
    Finding(
      .warning, "not-marked-executable", line: first.line, element: first.id,
      "process '\(first.id)' is not marked as executable; it is deployed all the same", hint: "set isExecutable=\"true\"")
  ]
}

/// Zeebe runs nothing that is not marked.
private func notMarked(_ candidates: [Process]) -> [Finding] {
  guard let first = candidates.first, !candidates.contains(where: { $0.isExecutable == true }) else { return [] }
  return [
    Finding(
      .error, "no-executable-process", line: first.line, element: first.id,
      "the file has no executable process: '\(first.id)' is not marked as one", hint: "set isExecutable=\"true\"")
  ]
}

private func sameIDs(_ candidates: [Process]) -> [Finding] {
  var seen: Set<String> = []
  return candidates.filter { !seen.insert($0.id).inserted }.map {
    Finding(
      .error, "duplicate-process", line: $0.line, element: $0.id, "the file has a second process '\($0.id)'", hint: "give it another id")
  }
}
