import FlowCore
import FlowEngine

extension ScenarioRun {
  /// Does what a step says; what it can not find is NOT_FOUND, as the engine would answer.
  func act(_ action: StepAction) throws(Status) {
    switch action {
    case .complete(let choice, let variables):
      try each(choice) { (engine, job) throws(Status) in try engine.complete(job, variables: variables) }
    case .fail(let choice, let failure):
      try each(choice) { (engine, job) throws(Status) in try engine.fail(job, failure) }
    case .throw(let choice, let error):
      try each(choice) { (engine, job) throws(Status) in try engine.throwError(job, error) }
    case .activate(let type, let count, let lockMs): try activate(type, count, lockMs)
    case .updateRetries(let choice, let retries): try updateRetries(choice, retries)
    case .completeUserTask(let element, let wanted, let count, let variables):
      try completeUserTasks(at: element, wanted, count, variables)
    case .publish(let message): try engine.publish(message)
    case .signal(let name, let variables): try engine.signal(name, variables: variables)
    case .advance(let duration):
      clock = clock.adding(duration)
      try engine.advance(to: clock)
    case .setVariables(let variables, let scope, let isLocal): try setVariables(variables, scope, isLocal)
    case .resolve(let element): try resolve(element)
    case .cancel: try engine.cancel(try mainInstance())
    case .start(let request): _ = try engine.start(request)
    case .modify(let activate, let terminate): try modify(activate, terminate)
    case .migrate(let version, let mapping): try engine.migrate(try mainInstance(), to: version, mapping: mapping)
    case .activateAdHoc(let scope, let elements): try engine.activateAdHoc(try active(scope), elements: elements)
    case .completeAdHoc(let scope): try engine.completeAdHoc(try active(scope))
    case .deploy, .expect: preconditionFailure("'\(action.verb)' is no command")
    }
  }

  // MARK: Jobs

  /// One after the other: what the first leads to may be what the next finds.
  private func each(_ choice: JobChoice, _ body: (any ScenarioEngine, Key) throws(Status) -> Void) throws(Status) {
    for round in 0..<choice.count {
      guard let job = try take(choice) else { throw missing(choice, round: round) }
      try body(engine, job)
    }
  }

  /// Any job of the type is activated as a worker does it. A certain one is taken as it is: to activate up to it would lock the others.
  private func take(_ choice: JobChoice) throws(Status) -> Key? {
    guard choice.isNarrow else { return try engine.activate(type: choice.type, count: 1, lockMs: ScenarioRun.lockMs).first }
    return engine.jobs().first { choice.matches($0) && $0.state == .activatable }?.key
  }

  /// How long the runner's own worker holds a job; it answers at once.
  private static let lockMs: Int64 = 300_000

  private func activate(_ type: String, _ count: Int, _ lockMs: Int64) throws(Status) {
    let given = try engine.activate(type: type, count: count, lockMs: lockMs)
    guard given.count >= count else { throw missing(JobChoice(type: type, count: count), round: given.count) }
  }

  /// The job may wait for an incident: any open one will do, those without retries first.
  private func updateRetries(_ choice: JobChoice, _ retries: Int) throws(Status) {
    let open = engine.jobs().filter { choice.matches($0) }
    let ranked = open.filter { $0.retries <= 0 } + open.filter { $0.retries > 0 }
    guard ranked.count >= choice.count else { throw missing(choice, round: ranked.count) }
    for job in ranked.prefix(choice.count) { try engine.updateRetries(job.key, retries: retries) }
  }

  private func missing(_ choice: JobChoice, round: Int) -> Status {
    var what = "no \(round > 0 ? "more " : "")activatable job of type '\(choice.type)'"
    if let element = choice.element { what += " at '\(element)'" }
    if !choice.variables.isEmpty { what += " with \(JSON.object(choice.variables).text)" }
    if choice.count > 1 { what += " (\(round) of \(choice.count) found)" }
    let held = engine.jobs().count { choice.matches($0) && $0.state != .activatable }
    if held > 0 { what += "; \(held) open ones are locked or failed" }
    return Status(.notFound, what)
  }

  // MARK: Elements

  private func completeUserTasks(at element: String, _ wanted: JSON.Object, _ count: Int, _ variables: JSON.Object) throws(Status) {
    for _ in 0..<count {
      guard let task = engine.userTasks().first(where: { $0.element == element && $0.variables.holds(wanted) }) else {
        if try completeJob(ofUserTask: element, wanted, variables) { continue }
        throw Status(.notFound, "no user task stands at '\(element)'" + (wanted.isEmpty ? "" : " with \(JSON.object(wanted).text)"))
      }
      try engine.completeUserTask(task.key, variables: variables)
    }
  }

  /// A user task that is a job is done all the same.
  private func completeJob(ofUserTask element: String, _ wanted: JSON.Object, _ variables: JSON.Object) throws(Status) -> Bool {
    let job = engine.jobs().first {
      $0.type == UserTaskDefinition.jobType && $0.element == element && $0.state == .activatable && $0.variables.holds(wanted)
    }
    guard let job else { return false }
    try engine.complete(job.key, variables: variables)
    return true
  }

  private func setVariables(_ variables: JSON.Object, _ scope: String?, _ isLocal: Bool) throws(Status) {
    // Before there is any instance, variables can only make the condition of a start event true.
    if scope == nil, engine.instances().isEmpty { return try engine.evaluateConditions(variables) }
    let place: VariableScope = if let scope { .element(try active(scope)) } else { .instance(try mainInstance()) }
    try engine.setVariables(variables, in: place, isLocal: isLocal)
  }

  private func resolve(_ element: String) throws(Status) {
    guard let incident = engine.incidents().first(where: { $0.element == element }) else {
      throw Status(.notFound, "no incident is open at '\(element)'")
    }
    try engine.resolve(incident.key)
  }

  /// Of a loop the body is ended, and with it all inside.
  private func modify(_ activate: [String], _ terminate: [String]) throws(Status) {
    let instance = try mainInstance()
    let active = engine.activeElements().filter { $0.instance == instance }
    var ending: [ActiveElement] = []
    for element in terminate {
      let own = active.filter { $0.element == element }
      guard !own.isEmpty else { throw Status(.notFound, "'\(element)' is not active") }
      let bodies = own.filter(\.isLoopBody)
      ending += bodies.isEmpty ? own : bodies
    }
    try engine.modify(instance, activate: activate, terminate: ending)
  }

  /// The first activation of an element; one inside a loop before the loop's body.
  private func active(_ element: String) throws(Status) -> ActiveElement {
    let all = engine.activeElements().filter { $0.element == element }
    guard let found = all.first(where: { !$0.isLoopBody }) ?? all.first else {
      throw Status(.notFound, "'\(element)' is not active")
    }
    return found
  }
}

extension JobChoice {
  fileprivate var isNarrow: Bool { element != nil || !variables.isEmpty }

  fileprivate func matches(_ job: OpenJob) -> Bool {
    job.type == type && (element ?? job.element) == job.element && job.variables.holds(variables)
  }
}
