import FlowCore
import FlowEngine
import FlowRuntime

// What clients ask for. They know what was durable when they looked, which may be another now.

extension SimulatedWorld {
  private var state: PartitionState { witness.durable.state }
  private var catalog: Catalog { witness.catalog }

  private func send(_ command: Command?, lane: Lane = .completions) {
    if let command { clients.send(command, lane: lane, to: partition) }
  }

  /// One step of a script.
  func act(_ step: RandomStep) {
    switch step {
    case .start(_, let variables): start(variables)
    case .complete(let job, let variables): send(job.of(jobs).map { .completeJob($0, variables.asVariables) })
    case .fail(let job, let retries, let backoffMs):
      send(job.of(jobs).map { .failJob($0, retries: retries, backoffMs: backoffMs, message: "random", []) })
    case .throwError(let job, let code): send(job.of(jobs).map { .throwError(job: $0, code: code, message: "random", []) })
    case .activate(let type, let count, let lockMs):
      send(.activateJobs(ActivateJobs(type: type, worker: "simulated", count: count, timeoutMs: lockMs)))
    case .updateRetries(let job, let retries): send(job.of(jobs).map { .setJobRetries($0, retries) })
    case .completeUserTask(let task, let variables): send(task.of(userTasks).map { .completeUserTask($0, variables.asVariables) })
    case .publish(let name, let key, let variables, let ttlMs, let messageID):
      let topic = awaitedTopic ?? Topic(name: name, correlationKey: key)
      let publish = PublishMessage(
        name: topic.name, correlationKey: topic.correlationKey, timeToLiveMs: ttlMs, messageID: messageID, variables: variables.asVariables)
      send(.publishMessage(publish), lane: .creates)
    case .signal(let name, let variables):
      send(.broadcastSignal(name: awaitedSignal ?? name, variables.asVariables), lane: .creates)
    case .advance(let ms): chance.move(ms: ms)
    case .setVariables, .resolve, .cancel, .modify, .activateAdHoc, .completeAdHoc, .restart: actOnInstances(step)
    }
  }

  private func actOnInstances(_ step: RandomStep) {
    switch step {
    case .setVariables(let pick, let element, let variables, let isLocal):
      guard let instance = pick.of(instances) else { return }
      let scope = element.flatMap { $0.of(instance.activitiesInOrder)?.id } ?? .process
      send(.setVariables(instance: instance.id.key, scope: scope, variables.asVariables, isLocal: isLocal))
    case .resolve(let pick): send(pick.of(incidents).map { .resolveIncident($0) })
    case .cancel(let pick): send(pick.of(instances).map { .cancelInstance($0.id.key) })
    case .modify(let pick, let activate, let terminate):
      guard let instance = pick.of(instances) else { return }
      let gone = terminate?.of(instance.activitiesInOrder).map { [$0.id] } ?? []
      send(.modifyInstance(instance.id.key, Modification(activate: [.init(element: activate)], terminate: gone)))
    case .activateAdHoc(let pick, let element):
      guard let (instance, activity, startable) = pick.of(adHocScopes), let inner = element.of(startable) else { return }
      send(.activateInAdHoc(instance: instance, activity, elements: [inner]))
    case .completeAdHoc(let pick):
      if let (instance, activity, _) = pick.of(adHocScopes) { send(.completeAdHoc(instance: instance, activity)) }
    case .start, .complete, .fail, .throwError, .activate, .updateRetries, .completeUserTask, .publish, .signal, .advance, .restart: break
    }
  }

  private func start(_ variables: JSON.Object) {
    guard let deployment = chance.pick(state.deploymentsInOrder) else { return }
    var create = CreateInstance(
      deployment: deployment.key, startEventID: nil, payload: Payload(json: .object(variables)), metadata: [],
      requestID: chance.one(of: 2) ? "request \(chance.roll(1...6))" : nil)
    let places = catalog[deployment.key]?.elements.filter { $0.scope == nil } ?? []
    if chance.one(of: 8), let place = chance.pick(places) { create.elements = [place.id] }
    create.isStopped = chance.one(of: 20)
    send(.createInstance(create), lane: .creates)
  }

  // MARK: what scripts do not ask for

  /// What operators, probes and the original's surfaces send.
  func actOtherwise() {
    switch chance.roll(1...20) {
    case 1...5: changeDeployment()
    case 6: if let process = chance.pick(models.processes) { deploy(process, needsNothing: !chance.one(of: 4)) }
    case 7: send(chance.pick(instances).map { .failInstance($0.id.key, failure) })
    case 8: send(chance.pick(instances).map { .endInstance($0.id.key, result: Payload(json: ["ended": true])) })
    case 9...11: send(chance.pick(instances.filter { $0.state == .stopped }).map { .retryInstance($0.id.key) })
    case 12: send(chance.pick(instances).map { .deleteInstance($0.id) })
    case 13: send(.evaluateConditions([Variable("x0", .int(Int64(chance.roll(0...6))))]), lane: .creates)
    case 14: send(chance.pick(jobs).map { .setJobTimeout($0, timeoutMs: Int64(chance.roll(1...600_000))) })
    case 15: changeUserTask()
    case 16...18: migrate()
    case _: sendStale()
    }
  }

  private var failure: ServiceFailure {
    ServiceFailure(code: "FAILED_TASK", message: "reported", elementID: nil, report: Payload(json: ["reported": true]))
  }

  private func changeDeployment() {
    guard let deployment = chance.pick(state.deploymentsInOrder) else { return }
    let key = deployment.key
    switch chance.roll(1...12) {
    case 1: send(.stopDeployment(key, force: chance.one(of: 2)))
    case 2...4: send(.startDeployment(key), lane: .creates)
    case 5: send(.deleteDeployment(key))
    case 6: send(.observeDeployment(key, .failed("it does not answer")), lane: .internal)
    case 7...8: send(.observeDeployment(key, .allDown), lane: .internal)
    case _: send(.observeDeployment(key, .allUp), lane: .internal)
    }
  }

  private func changeUserTask() {
    var change = UserTaskChange()
    change.assignee = "somebody"
    change.priority = chance.roll(0...100)
    send(chance.pick(userTasks).map { .changeUserTask($0, change) })
  }

  private func migrate() {
    guard let instance = chance.pick(instances), let source = state.deployments[instance.deployment] else { return }
    let others = state.deploymentsInOrder.filter { $0.processID == source.processID && $0.key != source.key }
    send(chance.pick(others).map { .migrateInstance(instance.id.key, to: $0.key, mapping: []) })
  }

  /// For what may be gone, or was never there.
  private func sendStale() {
    let key = Key(raw: Key.first(partition: 1).raw + UInt64(chance.roll(0...400)))
    switch chance.roll(1...6) {
    case 1: send(.completeJob(key, []))
    case 2: send(.cancelInstance(key))
    case 3: send(.resolveIncident(key))
    case 4: send(.continue(.instance(key)), lane: .internal)
    case 5: send(.throwError(job: key, code: "GONE", message: "", []))
    case _: send(.jobCompleted(job: key, instance: chance.pick(instances)?.id.key ?? key, response: Payload(json: [:])))
    }
  }

  // MARK: what is there

  private var instances: [Instance] { state.instances.keys.sorted().compactMap { state.instances[$0] } }

  /// Sometimes what somebody waits for: by chance alone that is seldom told.
  private var awaitedTopic: Topic? {
    let topics = state.lookups.messageWaits.keys.sorted { ($0.name, $0.correlationKey) < ($1.name, $1.correlationKey) }
    return chance.one(of: 2) ? chance.pick(topics) : nil
  }

  private var awaitedSignal: String? { chance.one(of: 2) ? chance.pick(state.lookups.signalWaits.keys.sorted()) : nil }

  private func keys(_ key: (Details) -> Key?) -> [Key] { instances.flatMap { $0.details.values.compactMap(key).sorted() } }
  private var jobs: [Key] { keys { $0.job?.key } }
  private var userTasks: [Key] { keys { $0.userTask?.key } }
  private var incidents: [Key] { keys { $0.incident?.key } }

  private var adHocScopes: [(Key, ActivityID, [String])] {
    instances.flatMap { instance -> [(Key, ActivityID, [String])] in
      guard let process = catalog[instance.deployment] else { return [] }
      return instance.activitiesInOrder.compactMap { activity in
        guard case .adHocSubProcess(let definition) = process[activity.element].kind else { return nil }
        return (instance.id.key, activity.id, definition.startable.map { process[$0].id })
      }
    }
  }
}

extension JSON.Object {
  fileprivate var asVariables: [Variable] { members.map { Variable($0.name, $0.value) } }
}
