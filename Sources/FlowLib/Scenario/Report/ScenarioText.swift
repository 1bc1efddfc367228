import FlowCommandLine
import FlowCore

/// What people read: one line a scenario, then the failures, then the coverage, last `N passed, N failed`.
package enum ScenarioText {
  /// `ok      practice-01  hello: one service task  (1.2 ms)`
  package static func line(_ result: ScenarioResult, isVerbose: Bool = false) -> String {
    let title = result.title.isEmpty || result.title == result.id ? "" : "  \(result.title)"
    let time = "\(result.microseconds / 1000).\(result.microseconds % 1000 / 100) ms"
    let first = Printable.line("\(result.hasPassed ? "ok    " : "FAILED")  \(result.id)\(title)  (\(time))") + "\n"
    return isVerbose ? first + Printable.line("        path: \(list(result.path))") + "\n" : first
  }

  /// Everything about a scenario that failed; empty when it did not.
  package static func details(_ result: ScenarioResult) -> String {
    switch result.outcome {
    case .passed, .skipped: ""
    case .mistaken(let mistakes):
      Printable.line("FAILED  \(result.id)  \(result.file)") + "\n" + mistakes.all.map { Printable.line("  \($0)") + "\n" }.joined()
    case .failed(let failure):
      ([Printable.line("FAILED  \(result.id)  \(result.title)")] + lines(failure, of: result.file).map { Printable.line("  " + $0) })
        .joined(separator: "\n") + "\n"
    }
  }

  /// Where, what differs, and what was to be seen.
  package static func lines(_ failure: ScenarioFailure, of file: String) -> [String] {
    var lines = ["\(file):\(failure.place): \(failure.step)"]
    if let message = failure.message { lines.append("  \(message)") }
    for mismatch in failure.mismatches {
      lines += ["  \(mismatch.what)", "    expected: \(mismatch.expected)", "    seen:     \(mismatch.seen)"]
    }
    return lines + (failure.scene.map(Self.lines) ?? [])
  }

  /// Nothing when nothing has happened yet.
  private static func lines(_ scene: Scene) -> [String] {
    if scene.path.isEmpty, scene.instances.isEmpty { return [] }
    return [
      "path:       \(list(scene.path))", "waiting:    \(list(scene.waiting))", "jobs:       \(list(scene.jobs))",
      "user tasks: \(list(scene.userTasks))", "incidents:  \(list(scene.incidents))",
      "variables:  \(scene.variables.map { JSON.object($0).text } ?? "none")", "instances:  \(list(scene.instances))",
      "clock:      \(scene.clock.rfc3339)",
    ]
  }

  private static func list(_ items: [String]) -> String { items.isEmpty ? "none" : items.joined(separator: ", ") }

  /// One line a process: `practice-04.bpmn pizza: 5 of 6 elements; never: out`.
  package static func coverage(_ results: [ScenarioResult]) -> String {
    let all = ModelCoverage.joined(results.flatMap(\.coverage))
    guard !all.isEmpty else { return "" }
    let lines = all.map { one in
      let never = one.missing.isEmpty ? "" : "; never: \(one.missing.joined(separator: ", "))"
      return Printable.line("  \(one.file) \(one.process.id): \(one.entered.count) of \(one.process.elements.count) elements\(never)")
        + "\n"
    }
    let (entered, total) = all.reduce((0, 0)) { ($0.0 + $1.entered.count, $0.1 + $1.process.elements.count) }
    let percent = total == 0 ? "" : " (\(entered * 100 / total) %)"
    return "coverage: \(entered) of \(total) elements\(percent)\n" + lines.joined()
  }

  /// `N passed, N failed`
  package static func summary(_ results: [ScenarioResult]) -> String {
    "\(results.count { $0.hasPassed }) passed, \(results.count { $0.hasFailed }) failed"
  }
}
