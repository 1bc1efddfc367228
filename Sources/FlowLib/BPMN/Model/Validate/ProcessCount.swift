/// Exactly one process is deployed from one file.
func processCount(_ definitions: Definitions) -> [Finding] {
  let candidates = definitions.candidates
  guard let first = candidates.first else {
    return [
      Finding(.error, "no-process", line: definitions.line, "the file has no process", hint: "add a process with isExecutable=\"true\"")
    ]
  }
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
