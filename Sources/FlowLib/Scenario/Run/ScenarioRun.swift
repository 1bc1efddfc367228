import FlowCommandLine
import FlowCore
import FlowEngine

/// One scenario on one engine, from the deployments to the last check. Stops at the first step that is not as the file says.
package final class ScenarioRun {
  let scenario: Scenario
  let engine: any ScenarioEngine
  private let folder: ModelFolder
  private var models: [FoundModel] = []
  private var tally = Tally()
  private var deployed: [String] = []
  private var refusal: Status?
  private var main: Key?
  var clock: Instant

  /// - Parameter path: the scenario's file; its models are looked for around it.
  package init(_ scenario: Scenario, path: String, engine: any ScenarioEngine) {
    self.scenario = scenario
    self.engine = engine
    folder = ModelFolder(ofScenario: path)
    clock = scenario.clock
  }

  /// - Returns: nil when all is as the file says.
  package func run() -> ScenarioFailure? {
    if let failure = prepare() { return failure }
    if let start = scenario.start, refusal == nil {
      let failure = perform("start", at: start.place) { run throws(Status) in run.main = try run.engine.start(start.value) }
      if let failure { return failure }
    }
    for (index, step) in scenario.steps.enumerated() where refusal == nil {
      if let failure = run(step, "steps[\(index)] (\(step.action.verb))") { return failure }
    }
    if let failure = check(scenario.expect.value, "expect", at: scenario.expect.place) { return failure }
    guard let problem = engine.replayProblem() else { return nil }
    return failure("replay", at: scenario.expect.place, message: "the journal does not replay to the same state: \(problem)")
  }

  package var path: [String] { tally.path }

  package var coverage: [ModelCoverage] {
    var entered: [String: Set<String>] = [:]
    for instance in engine.instances() { entered[instance.process, default: []].formUnion(tally.covered[instance.key] ?? []) }
    return models.flatMap { model in
      (model.processes ?? []).map { process in
        let own = Set(process.elements).intersection(entered[process.id] ?? [])
        return ModelCoverage(file: model.path, process: process, entered: own)
      }
    }
  }

  // MARK: Beginning

  private func prepare() -> ScenarioFailure? {
    let names = scenario.deploy.flatMap { $0 } + scenario.steps.compactMap(\.model)
    for name in names where !models.contains(where: { $0.file.name == name.value }) {
      do throws(Status) { models.append(try folder.model(name.value)) } catch {
        return failure(name.place.path, at: name.place, message: ScenarioRun.text(error))
      }
    }
    if let failure = unknownElements() { return failure }
    for command in scenario.deploy where refusal == nil {
      let place = command.first?.place ?? scenario.expect.place
      if let failure = deploy(command.map(\.value), "deploy", at: place, wanted: nil) { return failure }
    }
    return nil
  }

  /// An id that no model has is a mistake of the file: `never` would hold for it always.
  private func unknownElements() -> ScenarioFailure? {
    guard models.allSatisfy({ $0.processes != nil }) else { return nil }
    let processes = models.flatMap { $0.processes ?? [] }
    let known = Set(processes.flatMap { [$0.id] + $0.elements })
    guard let first = scenario.elements.first(where: { !known.contains($0.value) }) else { return nil }
    let hint = Suggestion.hint(for: first.value, among: known.sorted()).map { " (\($0))" } ?? ""
    return failure(first.place.path, at: first.place, message: "no model has an element '\(FieldReader.short(first.value))'\(hint)")
  }

  /// A refusal is what `rejected` waits for; otherwise it fails the scenario.
  private func deploy(_ names: [String], _ step: String, at place: SourcePlace, wanted: StatusCode?) -> ScenarioFailure? {
    let files = names.compactMap { name in models.first { $0.file.name == name }?.file }
    var refused: Status?
    let failure = perform(step, at: place, wanted: wanted) { run throws(Status) in
      do throws(Status) {
        run.deployed += try run.engine.deploy(files).map(\.id)
      } catch {
        guard wanted == nil, run.scenario.expect.value.state == .rejected else { throw error }
        refused = error
      }
    }
    refusal = refusal ?? refused
    return failure
  }

  // MARK: Steps

  private func run(_ step: ScenarioStep, _ name: String) -> ScenarioFailure? {
    switch step.action {
    case .expect(let expectation): return check(expectation, name, at: step.place)
    case .deploy(let model): return deploy([model], name, at: step.place, wanted: step.expectedStatus)
    case .complete, .fail, .throw, .activate, .updateRetries, .completeUserTask, .publish, .signal, .advance, .setVariables, .resolve,
      .cancel, .start, .modify, .migrate, .activateAdHoc, .completeAdHoc:
      return perform(name, at: step.place, wanted: step.expectedStatus) { run throws(Status) in try run.act(step.action) }
    }
  }

  /// - Parameter wanted: the answer that the file wants; nil wants success.
  private func perform(
    _ name: String, at place: SourcePlace, wanted: StatusCode? = nil, _ body: (ScenarioRun) throws(Status) -> Void
  ) -> ScenarioFailure? {
    let wanted = wanted ?? .ok
    do throws(Status) {
      try body(self)
      guard wanted != .ok else { return nil }
      return failure(name, at: place, mismatches: [Mismatch("status", expected: wanted.name, seen: StatusCode.ok.name)])
    } catch {
      if error.code == wanted { return nil }
      guard wanted != .ok else { return failure(name, at: place, message: ScenarioRun.text(error)) }
      return failure(name, at: place, mismatches: [Mismatch("status", expected: wanted.name, seen: ScenarioRun.text(error))])
    }
  }

  private func check(_ expectation: Expectation, _ name: String, at place: SourcePlace) -> ScenarioFailure? {
    let mismatches = Judge.mismatches(expectation, sighting())
    return mismatches.isEmpty ? nil : failure(name, at: place, mismatches: mismatches)
  }

  private func failure(_ step: String, at place: SourcePlace, message: String? = nil, mismatches: [Mismatch] = []) -> ScenarioFailure {
    ScenarioFailure(step: step, place: place, message: message, mismatches: mismatches, scene: Scene(sighting()))
  }

  private func sighting() -> Sighting {
    tally.add(engine.elementSteps(from: tally.next))
    let instances = engine.instances()
    let main = instances.last { instance in self.main.map { $0 == instance.key } ?? !instance.isCalled }
    return Sighting(
      tally: tally, active: engine.activeElements(), jobs: engine.jobs(), userTasks: engine.userTasks(), incidents: engine.incidents(),
      instances: instances, main: main, variables: main.flatMap { engine.rootVariables(of: $0.key) }, deployed: deployed, refusal: refusal,
      clock: clock)
  }

  /// The instance that `cancel`, `modify` and `set_variables` mean.
  func mainInstance() throws(Status) -> Key {
    guard let key = main ?? engine.instances().last(where: { !$0.isCalled })?.key else {
      throw Status(.notFound, "no instance was started yet")
    }
    return key
  }

  private static func text(_ status: Status) -> String { "\(status)" }
}

extension ScenarioStep {
  fileprivate var model: Located<String>? {
    guard case .deploy(let model) = action else { return nil }
    return Located(model, at: place)
  }
}
