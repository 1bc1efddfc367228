import FlowCore

/// Results as one JSON document: `passed`, `failed`, `scenarios`, and with coverage `coverage`.
package enum ScenarioJSON {
  package static func document(_ results: [ScenarioResult], withCoverage: Bool) -> JSON {
    var document: JSON.Object = [
      "passed": .int(Int64(results.count { $0.hasPassed })), "failed": .int(Int64(results.count { $0.hasFailed })),
      "scenarios": .array(results.map(scenario)),
    ]
    if withCoverage { document["coverage"] = .array(ModelCoverage.joined(results.flatMap(\.coverage)).map(coverage)) }
    return .object(document)
  }

  private static func scenario(_ result: ScenarioResult) -> JSON {
    var object: JSON.Object = [
      "id": .string(result.id), "title": .string(result.title), "file": .string(result.file),
      "duration_us": .int(result.microseconds),
    ]
    switch result.outcome {
    case .passed: object["result"] = "passed"
    case .skipped: object["result"] = "skipped"
    case .mistaken(let mistakes):
      object["result"] = "failed"
      object["mistakes"] = .array(mistakes.all.map(mistake))
    case .failed(let failure):
      object["result"] = "failed"
      object["failure"] = json(failure)
    }
    object["path"] = texts(result.path)
    return .object(object)
  }

  private static func mistake(_ mistake: ScenarioMistake) -> JSON {
    var object = place(mistake.place)
    object["message"] = .string(mistake.message)
    object["hint"] = mistake.hint.map { .string($0) } ?? .null
    return .object(object)
  }

  private static func place(_ place: SourcePlace) -> JSON.Object {
    ["line": .int(Int64(place.line)), "column": .int(Int64(place.column)), "path": .string(place.path)]
  }

  private static func json(_ failure: ScenarioFailure) -> JSON {
    var object = place(failure.place)
    object["step"] = .string(failure.step)
    object["message"] = failure.message.map { .string($0) } ?? .null
    object["mismatches"] = .array(
      failure.mismatches.map { ["check": .string($0.what), "expected": .string($0.expected), "seen": .string($0.seen)] })
    if let scene = failure.scene { object["seen"] = json(scene) }
    return .object(object)
  }

  private static func json(_ scene: Scene) -> JSON {
    [
      "clock": .string(scene.clock.rfc3339), "path": texts(scene.path), "waiting": texts(scene.waiting), "jobs": texts(scene.jobs),
      "user_tasks": texts(scene.userTasks), "incidents": texts(scene.incidents), "instances": texts(scene.instances),
      "variables": scene.variables.map { .object($0) } ?? .null,
    ]
  }

  private static func coverage(_ one: ModelCoverage) -> JSON {
    [
      "file": .string(one.file), "process": .string(one.process.id), "elements": .int(Int64(one.process.elements.count)),
      "entered": .int(Int64(one.entered.count)), "never": texts(one.missing),
    ]
  }

  private static func texts(_ items: [String]) -> JSON { .array(items.map { .string($0) }) }
}
