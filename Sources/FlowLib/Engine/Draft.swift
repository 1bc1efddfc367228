import FlowCore

/// One decision about one instance in the making: a copy of its state that follows the events as they are emitted.
struct Draft {
  let process: ExecutableProcess
  let context: DecisionContext
  private(set) var instance: Instance
  private(set) var events: [Event] = []
  private(set) var nextKey: Key
  private var payloadBytes = 0
  private(set) var isFinished = false

  init(_ instance: Instance, of process: ExecutableProcess, nextKey: Key, context: DecisionContext) {
    self.instance = instance
    self.process = process
    self.nextKey = nextKey
    self.context = context
  }

  init(creating created: InstanceCreated, of process: ExecutableProcess, nextKey: Key, context: DecisionContext) {
    self.init(Instance(created), of: process, nextKey: nextKey, context: context)
    events.append(.instance(created.id.key, .created(created)))
  }

  init(of key: Key, in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection) {
    guard let instance = state.instances[key], let process = catalog[instance.deployment] else {
      throw Rejection(.notFound, "no live instance with key \(key.raw)")
    }
    self.init(instance, of: process, nextKey: state.nextKey, context: context)
  }

  // MARK: events

  mutating func emit(_ event: InstanceEvent) {
    instance.apply(event, of: process)
    events.append(.instance(instance.id.key, event))
  }

  mutating func finish(_ state: InstanceState, _ payload: Payload?, _ failure: ServiceFailure?) {
    isFinished = true
    events.append(.instance(instance.id.key, .finished(state, payload, failure, at: context.now)))
  }

  mutating func emit(completed activity: Activity, _ payload: Payload?) {
    payloadBytes += payload?.bytes.count ?? 0
    emit(.completed(activity.id, payload, flows: process[activity.element].outgoing))
    settle(activity.scope)
  }

  mutating func newKey() -> Key {
    defer { nextKey = nextKey.next }
    return nextKey
  }

  mutating func newActivity() -> ActivityID { ActivityID(instance.nextActivity) }

  /// Keeps the answer to a request, and drops a few that are too old or too many.
  mutating func remember(_ name: RequestName, in state: PartitionState) {
    if let last = state.requests.overdue(at: context.now) { events.append(.requestsEvicted(through: last)) }
    events.append(.requestAnswered(key: newKey(), name, instance.id, at: context.now))
  }

  func decided() -> Decision { Decision(events: events, answer: .done) }

  // MARK: tokens

  /// Moves tokens until none is on its way, or the command has done as much as one command may.
  ///
  /// What is left is an obligation `continue`: tokens on their way are part of the state.
  mutating func run() {
    while !isFinished, instance.state == .running, let token = instance.pending.first {
      guard events.count < Limits.stepsPerCommand else { return }
      guard instance.pending.count <= Limits.tokensPerInstance else { return failTooManyTokens() }
      enter(token)
    }
    if !isFinished, instance.state == .running { failIfDeadlocked() }
  }

  private mutating func enter(_ token: PendingToken) {
    let element = process[token.element]
    switch element.kind {
    case .startEvent, .task: pass(token, through: element.outgoing)
    case .endEvent(let end): enterEnd(token, end)
    case .serviceTask: enterServiceTask(token, element)
    case .exclusiveGateway(let defaultFlow): enterExclusiveGateway(token, element, defaultFlow: defaultFlow)
    case .parallelGateway: enterParallelGateway(token, element)
    case .subProcess(let start): emit(.activated(newActivity(), token.element, .scope(start: start)))
    case .errorBoundaryEvent: preconditionFailure("a token can not flow into boundary event \(element.id)")
    }
  }

  /// Lets the first token pass; without an outgoing flow its way ends here.
  mutating func pass(_ token: PendingToken, through flows: [FlowIndex]) {
    if flows.isEmpty {
      emit(.ended(token.element))
      settle(token.scope)
    } else {
      emit(.passed(token.element, flows: flows))
    }
  }

  /// Completes a scope when its last token is gone, and the scopes around it.
  mutating func settle(_ scope: ActivityID) {
    guard !isFinished, instance.scopes[scope] == nil else { return }
    if scope == .process { return complete() }
    guard let activity = instance.activities[scope] else { return }
    emit(completed: activity, nil)
  }

  private mutating func complete() {
    let payload = instance.lastEnd.map { instance.payloads[$0.payload] } ?? .emptyObject
    finish(.completed, payload, nil)
  }

  // MARK: what can never go on

  private mutating func failIfDeadlocked() {
    guard let token = instance.waiting.first, instance.pending.isEmpty else { return }
    let stuck = instance.waiting.first { waits in
      let count = instance.scopes[waits.scope]
      return count?.live == count?.waiting
    }
    guard let stuck else { return }
    let element = process[stuck.element]
    let missing = element.incoming.filter { flow in
      !instance.waiting.contains { $0.element == stuck.element && $0.scope == stuck.scope && $0.flow == flow }
    }
    let names = missing.map { process[$0].id }.joined(separator: ", ")
    fail(
      "DEADLOCK", "parallel gateway \(element.id) waits for a token on \(names), and none can come any more",
      at: stuck.element, input: instance.payloads[token.payload])
  }

  private mutating func failTooManyTokens() {
    guard let token = instance.pending.first else { return }
    fail(
      "TOO_MANY_TOKENS", "more than \(Limits.tokensPerInstance) tokens in one instance; a loop forks without joining",
      at: token.element, input: instance.payloads[token.payload])
  }
}
