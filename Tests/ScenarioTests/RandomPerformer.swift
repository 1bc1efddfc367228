import FlowCore
import FlowEngine
import FlowScenario
import FlowTestKit

/// Performs the steps of a random script on an engine: what a step is about is picked from what is there.
struct RandomPerformer {
  let engine: any ScenarioEngine
  private(set) var clock: Instant
  /// Steps that the engine refused, by status: a script may ask for what can not be.
  private(set) var refusals: [StatusCode: Int] = [:]
  private(set) var performed = 0

  init(engine: any ScenarioEngine, clock: Instant) {
    self.engine = engine
    self.clock = clock
  }

  /// - Returns: the message of a refusal that no input may lead to; nil when all is well.
  mutating func perform(_ step: RandomStep) -> String? {
    do throws(Status) {
      try act(step)
      performed += 1
      return nil
    } catch {
      refusals[error.code, default: 0] += 1
      return error.code == .internal || error.code == .unknown || error.code == .dataLoss ? "\(error)" : nil
    }
  }

  private mutating func act(_ step: RandomStep) throws(Status) {
    switch step {
    case .start(let process, let variables): _ = try engine.start(StartRequest(process: process, variables: variables))
    case .complete, .fail, .throwError, .activate, .updateRetries: try actOnJobs(step)
    case .completeUserTask(let pick, let variables):
      if let task = pick.of(engine.userTasks()) { try engine.completeUserTask(task.key, variables: variables) }
    case .publish(let name, let key, let variables, let ttlMs, let messageID):
      try engine.publish(MessagePublication(name: name, key: key, variables: variables, ttlMs: ttlMs, messageID: messageID))
    case .signal(let name, let variables): try engine.signal(name, variables: variables)
    case .advance(let ms):
      clock = clock + ms
      try engine.advance(to: clock)
    case .setVariables, .resolve, .cancel, .modify: try actOnInstances(step)
    case .activateAdHoc(let scope, let element):
      guard let scope = scope.of(adHocScopes), let inner = element.of(engine.activeElements()) else { return }
      try engine.activateAdHoc(scope, elements: [inner.element])
    case .completeAdHoc(let scope): if let scope = scope.of(adHocScopes) { try engine.completeAdHoc(scope) }
    case .restart:
      if let problem = engine.replayProblem() { throw Status(.dataLoss, problem) }
    }
  }

  private var adHocScopes: [ActiveElement] { engine.activeElements().filter { $0.element.hasPrefix("adHoc") } }

  private func actOnJobs(_ step: RandomStep) throws(Status) {
    let jobs = engine.jobs()
    switch step {
    case .complete(let pick, let variables):
      if let job = pick.of(jobs.filter { $0.state != .failed }) { try engine.complete(job.key, variables: variables) }
    case .fail(let pick, let retries, let backoffMs):
      guard let job = pick.of(jobs) else { return }
      try engine.fail(job.key, JobFailure(retries: retries, message: "random", backoffMs: backoffMs, variables: [:]))
    case .throwError(let pick, let code):
      if let job = pick.of(jobs) { try engine.throwError(job.key, JobError(code: code, message: "random", variables: [:])) }
    case .activate(let type, let count, let lockMs): _ = try engine.activate(type: type, count: count, lockMs: lockMs)
    case .updateRetries(let pick, let retries): if let job = pick.of(jobs) { try engine.updateRetries(job.key, retries: retries) }
    case .start, .completeUserTask, .publish, .signal, .advance, .setVariables, .resolve, .cancel, .modify, .activateAdHoc, .completeAdHoc,
      .restart:
      break
    }
  }

  private func actOnInstances(_ step: RandomStep) throws(Status) {
    let live = engine.instances().filter { $0.state == .active }
    switch step {
    case .setVariables(let instance, let element, let variables, let isLocal):
      if let active = element?.of(engine.activeElements()) {
        try engine.setVariables(variables, in: .element(active), isLocal: isLocal)
      } else if let instance = instance.of(live) {
        try engine.setVariables(variables, in: .instance(instance.key), isLocal: isLocal)
      }
    case .resolve(let pick): if let incident = pick.of(engine.incidents()) { try engine.resolve(incident.key) }
    case .cancel(let pick): if let instance = pick.of(live.filter { !$0.isCalled }) { try engine.cancel(instance.key) }
    case .modify(let pick, let activate, let terminate):
      guard let instance = pick.of(live) else { return }
      let own = engine.activeElements().filter { $0.instance == instance.key }
      try engine.modify(instance.key, activate: [activate], terminate: terminate?.of(own).map { [$0] } ?? [])
    case .start, .complete, .fail, .throwError, .activate, .updateRetries, .completeUserTask, .publish, .signal, .advance, .activateAdHoc,
      .completeAdHoc, .restart:
      break
    }
  }
}
