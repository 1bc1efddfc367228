import FlowCore

/// One decision about one instance in the making: a copy of its state that follows the events as they are emitted.
struct Draft {
  /// Another one after a migration.
  var process: ExecutableProcess
  let context: DecisionContext
  let directory: Directory
  private(set) var instance: Instance
  private(set) var events: [Event] = []
  private(set) var nextKey: Key
  private var payloadBytes = 0
  private(set) var isFinished = false
  /// Conditions have to be looked at.
  var hasNewVariables = false
  /// Those that changed, for conditions that are only for some.
  var variableChanges: [VariableChange] = []
  var openedConditions: Set<Key> = []
  /// What an error brings that leaves the instance.
  var errorVariables: [Variable] = []
  /// Collections of loops, as long as nothing that they are made of is set.
  var collections: [ActivityID: LoopCollection] = [:]
  /// Messages that are there already may be what is waited for.
  var newWaits: [Wait] = []

  init(_ instance: Instance, of process: ExecutableProcess, nextKey: Key, directory: Directory, context: DecisionContext) {
    self.instance = instance
    self.process = process
    self.nextKey = nextKey
    self.directory = directory
    self.context = context
  }

  init(creating created: InstanceCreated, of process: ExecutableProcess, nextKey: Key, directory: Directory, context: DecisionContext) {
    self.init(Instance.begun(created, of: process), of: process, nextKey: nextKey, directory: directory, context: context)
    // Most decisions are of a handful.
    events.reserveCapacity(8)
    events.append(.instance(created.id.key, .created(created)))
  }

  /// Not an initializer, which would get a copy of the whole state.
  static func of(_ key: Key, in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection) -> Draft {
    guard let instance = state.instances[key], let process = catalog[instance.deployment] else {
      throw Rejection(.notFound, "no live instance with key \(key.raw)")
    }
    return Draft(instance, of: process, nextKey: state.nextKey, directory: Directory(state: state, catalog: catalog), context: context)
  }

  // MARK: events

  mutating func emit(_ event: InstanceEvent) {
    instance.apply(event, of: process)
    events.append(.instance(instance.id.key, event))
  }

  mutating func finish(_ state: InstanceState, _ payload: Payload?, _ failure: ServiceFailure?) {
    guard !isFinished else { return }
    isFinished = true
    cancelCalls(in: .process)
    events.append(.instance(instance.id.key, .finished(state, payload, failure, at: context.now)))
    if let parent = instance.parent { tell(parent, state, failure) }
    if let key = instance.startKey {
      for message in directory.nextStarts(of: process, key, at: context.now) { queue(.correlate(message: message)) }
    }
  }

  private mutating func tell(_ parent: ParentLink, _ state: InstanceState, _ failure: ServiceFailure?) {
    switch state {
    case .completed: queue(.ended(parent, child: instance.id, .completed(instance.localVariables(of: .process))))
    case .error:
      queue(.ended(parent, child: instance.id, .error(code: failure?.code ?? "", message: failure?.message ?? "", errorVariables)))
    case .canceled: queue(.ended(parent, child: instance.id, .canceled))
    case .running, .stopped: break
    }
  }

  /// Work that concerns other instances is done after this one's.
  mutating func queue(_ delivery: Delivery) { events.append(.queued(newKey(), delivery)) }

  /// What belongs to the partition: a delivery that is done, a message that was taken.
  mutating func emit(beside event: Event) { events.append(event) }

  /// A service has answered, or a scope is empty.
  mutating func emit(completed activity: Activity, _ payload: Payload?) {
    let element = process[activity.element]
    let iteration = instance.details[activity.id]?.iteration
    guard element.more.choosesFlows || iteration != nil || element.more.compensationHandler != nil else {
      emit(.completed(activity.id, payload, flows: element.outgoing))
      return settle(activity.scope)
    }
    attempt(activity.id, .completing) { (draft) throws(StepProblem) in
      let isIteration = draft.isIteration(activity)
      let endsLoop = try draft.endsLoop(activity.id, element, nil)
      let flows = isIteration ? [] : try draft.flowsOut(of: element, in: activity.scope)
      draft.rememberCompensation(of: activity, element)
      draft.emit(.completed(activity.id, payload, flows: flows))
      if isIteration { draft.iterated(activity, iteration ?? 0, nil, endsLoop: endsLoop) } else { draft.settle(activity.scope) }
    }
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
    repeat { moveTokens() } while isRunning && goesOn() && events.count < Limits.stepsPerCommand
    guard isRunning else { return }
    takeBufferedMessages()
    if !instance.waiting.isEmpty { lookForDeadlock() }
    if !isFinished { countSteps() }
  }

  private var isRunning: Bool { !isFinished && instance.state == .running }

  private mutating func moveTokens() {
    while isRunning, let token = instance.pending.first, events.count < Limits.stepsPerCommand {
      guard instance.pending.count <= Limits.tokensPerInstance else { return failTooManyTokens() }
      enter(token)
    }
  }

  /// What only happens when nothing moves any more; whether something moves again.
  private mutating func goesOn() -> Bool {
    if hasNewVariables || !newWaits.isEmpty {
      if hasNewVariables, !process.correlations.isEmpty { followProperties() }
      hasNewVariables = false
      lookAtConditions()
      if !instance.pending.isEmpty { return true }
    }
    return (!instance.openLoops.isEmpty && placeMoreIterations()) || (!instance.waiting.isEmpty && releaseJoins())
  }

  private mutating func enter(_ token: PendingToken) {
    let element = process[token.element]
    if instance.stepsInARow >= Limits.stepsInARow, element.canWaitForHelp { return ranAway(token, element) }
    if element.more.startQuantity > 1, let flow = token.flow { return gather(token, element, flow) }
    if let loop = element.more.loop, !isIteration(token) { return enterLoop(token, element, loop) }
    if element.isGateway, !element.more.startListeners.isEmpty { return activate(token, element) }
    switch element.kind {
    case .startEvent: enterStart(token, element)
    case .task: if element.isSimple { pass(token, through: element.outgoing) } else { activate(token, element) }
    case .endEvent(let end): if element.isSimple { enterEnd(token, end) } else { activate(token, element) }
    case .serviceTask: enterServiceTask(token, element)
    case .exclusiveGateway(let defaultFlow): enterExclusiveGateway(token, element, defaultFlow: defaultFlow)
    case .parallelGateway: enterParallelGateway(token, element)
    case .inclusiveGateway: enterInclusiveGateway(token, element)
    case .complexGateway(let activation): enterComplexGateway(token, element, activation)
    case .subProcess(let start):
      if element.isSimple, process.eventSubProcesses(of: token.element).isEmpty {
        emit(.activated(newActivity(), token.element, .scope(start: start)))
      } else {
        activate(token, element)
      }
    case .job, .userTask, .script, .catchEvent, .throwEvent, .eventBasedGateway, .transaction, .adHocSubProcess, .callActivity:
      activate(token, element)
    case .boundaryEvent, .eventSubProcess: pass(token, through: element.outgoing)
    }
  }

  private mutating func enterStart(_ token: PendingToken, _ element: ExecutableElement) {
    // In an event subprocess only when its inputs were there late: else its event was mapped when it began.
    if !element.more.leavesAtOnce { return activate(token, element) }
    pass(token, through: element.outgoing)
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
    guard !isFinished else { return }
    guard instance.scopes[scope] == nil else { return lookAtAdHoc(scope) }
    if scope == .process { return complete() }
    guard let activity = instance.activities[scope], instance.details[scope]?.loop == nil else { return }
    let element = process[activity.element]
    if case .adHocSubProcess = element.kind, staysOpen(activity) { return }
    guard instance.details[scope]?.phase != .compensating else { return }
    if instance.details[scope] == nil, element.isSimple { return emit(completed: activity, nil) }
    complete(scope, [])
  }

  private mutating func complete() {
    let end = instance.lastEnd.map { instance.payloads[$0.payload] } ?? .emptyObject
    let variables = instance.localVariables(of: .process)
    guard !variables.isEmpty else { return finish(.completed, end, nil) }
    guard let carried = end.asVariables else { return finish(.completed, Payload(variables: variables), nil) }
    let names = Set(variables.map(\.name))
    finish(.completed, Payload(variables: carried.filter { !names.contains($0.name) } + variables), nil)
  }

  // MARK: what can never go on

  /// A token that was cut off is counted on by the next command; who waits begins anew.
  private mutating func countSteps() {
    if !instance.pending.isEmpty {
      emit(.activity(.process, .ranOn(instance.stepsInARow + events.count)))
    } else if instance.stepsInARow > 0 {
      emit(.activity(.process, .ranOn(0)))
    }
  }

  private mutating func ranAway(_ token: PendingToken, _ element: ExecutableElement) {
    let message =
      "\(element.id) is entered again after \(instance.stepsInARow) steps without waiting for anything; is the loop around it endless?"
    guard process.settings.usesVariables else {
      return fail("TOO_MANY_STEPS", message, at: token.element, input: instance.payloads[token.payload])
    }
    stop(token, StepProblem(.unknown, message))
  }

  private mutating func failTooManyTokens() {
    guard let token = instance.pending.first else { return }
    fail(
      "TOO_MANY_TOKENS", "more than \(Limits.tokensPerInstance) tokens in one instance; a loop forks without joining",
      at: token.element, input: instance.payloads[token.payload])
  }
}
