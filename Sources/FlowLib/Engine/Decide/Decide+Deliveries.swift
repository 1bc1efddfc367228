import FlowCore
import FlowFEEL

/// Does the first thing that is due, or else the first piece of work between instances.
func decideNext(in state: PartitionState, catalog: Catalog, context: DecisionContext) -> Decision {
  var lookups = state.lookups
  if let (key, delivery) = state.deliveries.first { return deliver(key, delivery, in: state, catalog: catalog, context: context) }
  guard let due = lookups.agenda.first, due.due <= context.now else { return Decision(events: [], answer: .done) }
  return fire(due.item, at: due.due, in: state, catalog: catalog, context: context)
}

extension PartitionState {
  /// When `goOn` has something to do next; nil when nothing is waited for.
  package var nextDue: Instant? {
    mutating get { deliveries.isEmpty ? lookups.agenda.first?.due : now }
  }
}

// MARK: - what is due

private func fire(_ item: DueItem, at due: Instant, in state: PartitionState, catalog: Catalog, context: DecisionContext) -> Decision {
  var batch = Batch(state)
  do throws(Rejection) {
    switch item {
    case .wait(let instance, let activity, let wait):
      return try Draft.of(instance, in: state, catalog: catalog, context: context).trigger(activity, wait, [])
    case .job(let instance, let activity, let job):
      return try Draft.of(instance, in: state, catalog: catalog, context: context).freeJob(job, at: activity)
    case .message(let key): batch.emit(.message(key, .expired))
    case .start(let deployment, let element):
      batch.startByTimer(deployment, element, at: due, in: state, catalog: catalog, context: context)
    }
  } catch {
    preconditionFailure("what is due does not fit: \(error)")
  }
  return Decision(events: batch.events, answer: .done)
}

extension Batch {
  fileprivate mutating func startByTimer(
    _ deployment: Key, _ element: ElementIndex, at due: Instant, in state: PartitionState, catalog: Catalog, context: DecisionContext
  ) {
    let timer = state.deployments[deployment]?.startTimers[element]
    var next: StartTimer?
    if let cycle = timer?.cycle, case .timer(let after, let left)? = TimerText.next(after: due, cycle, zones: context.zones) {
      next = StartTimer(due: after, cycle: left)
    }
    emit(.startTimer(deployment, element, next))
    guard state.deployments[deployment]?.state == .running, let process = catalog[deployment] else { return }
    if process[element].needsAllTriggers {
      let definition = process[element].more.events.firstIndex { if case .timer = $0 { true } else { false } } ?? 0
      return trigger(deployment, element, definition, [], in: state)
    }
    start(deployment, element, [], in: state, catalog: catalog, context: context)
  }

  /// A new instance that begins at an event.
  @discardableResult
  mutating func start(
    _ deployment: Key, _ element: ElementIndex, _ variables: [Variable], startKey: String? = nil, in state: PartitionState,
    catalog: Catalog, context: DecisionContext
  ) -> InstanceID? {
    guard let process = catalog[deployment] else { return nil }
    let id = InstanceID(key: newKey(), entropy: context.entropy.0)
    let others = process[element].more.instantiation
    let maps = others == nil && process.settings.usesVariables && !process[element].more.leavesAtOnce
    let created = InstanceCreated(
      id: id, deployment: deployment, start: others == nil && !maps ? element : nil,
      payload: Payload(variables: process.settings.usesVariables ? [] : variables),
      metadata: [], isStopped: false, at: context.now, startKey: startKey)
    var draft = Draft(
      creating: created, of: process, nextKey: nextKey, directory: Directory(state: state, catalog: catalog), context: context)
    draft.begin(variables: process.settings.usesVariables && !maps ? variables : [])
    if maps { draft.begin(mappedBy: element, variables) }
    if let others { draft.begin(with: element, besides: others, variables) }
    draft.run()
    take(draft)
    return id
  }
}

// MARK: - deliveries

private func deliver(_ key: Key, _ delivery: Delivery, in state: PartitionState, catalog: Catalog, context: DecisionContext) -> Decision {
  var batch = Batch(state)
  batch.emit(.delivered(key))
  switch delivery {
  case .correlate(let message): batch.correlate(message, in: state, catalog: catalog, context: context)
  case .publish(let publish): batch.publish(publish, in: state, at: context.now)
  case .start(let deployment, let element, let variables):
    batch.start(deployment, element, variables, in: state, catalog: catalog, context: context)
  case .trigger(let deployment, let place, let definition, let variables):
    batch.see(definition, at: place, of: deployment, variables, in: state, catalog: catalog, context: context)
  case .call(let parent, let deployment, let id, let variables):
    batch.call(parent, deployment, id, variables, in: state, catalog: catalog, context: context)
  case .ended(let parent, let child, let outcome):
    batch.change(parent.instance.key, in: state, catalog: catalog, context: context) { $0.calledEnded(parent.activity, child, outcome) }
  case .cancel(let id):
    batch.change(id.key, in: state, catalog: catalog, context: context) { draft in
      draft.finish(.canceled, nil, draft.canceled("canceled with what called it"))
    }
  case .signal(let name, let variables, let after, let before):
    batch.signal(name, variables, after, before, in: state, catalog: catalog, context: context)
  }
  return Decision(events: batch.events, answer: .done)
}

extension Batch {
  /// Changes a live instance; one that is gone has nothing to do any more.
  mutating func change(
    _ instance: Key, in state: PartitionState, catalog: Catalog, context: DecisionContext, _ body: (inout Draft) -> Void
  ) {
    guard let known = state.instances[instance], let process = catalog[known.deployment] else { return }
    var draft = Draft(known, of: process, nextKey: nextKey, directory: Directory(state: state, catalog: catalog), context: context)
    body(&draft)
    draft.run()
    take(draft)
  }

  fileprivate mutating func call(
    _ parent: ParentLink, _ deployment: Key, _ id: InstanceID, _ variables: [Variable], in state: PartitionState, catalog: Catalog,
    context: DecisionContext
  ) {
    // Who called may be gone meanwhile.
    guard let caller = state.instances[parent.instance.key], caller.details[parent.activity]?.call?.id == id else { return }
    guard let process = catalog[deployment], !(process.startEvents + process.implicitStarts).isEmpty else {
      let outcome = CallOutcome.error(code: "CALLED_ELEMENT_ERROR", message: "the called process is gone, or has no start event", [])
      return queue(.ended(parent, child: id, outcome))
    }
    let usesVariables = process.settings.usesVariables
    let created = InstanceCreated(
      id: id, deployment: deployment, start: process.startEvents.first, payload: Payload(variables: usesVariables ? [] : variables),
      metadata: [], isStopped: false, at: context.now, parent: parent, callDepth: caller.callDepth + 1)
    var draft = Draft(
      creating: created, of: process, nextKey: nextKey, directory: Directory(state: state, catalog: catalog), context: context)
    draft.begin(variables: usesVariables ? variables : [])
    for element in process.implicitStarts { draft.place(element, []) }
    draft.run()
    take(draft)
  }

  /// The next who waited when the signal was broadcast.
  fileprivate mutating func signal(
    _ name: String, _ variables: [Variable], _ after: Key?, _ before: Key?, in state: PartitionState, catalog: Catalog,
    context: DecisionContext
  ) {
    guard let before else { return broadcast(name, variables, key: newKey(), in: state, catalog: catalog) }
    var waits = state.lookups.signalWaits[name]
    guard let place = waits?.next(after: after), place.wait < before else { return }
    change(place.instance, in: state, catalog: catalog, context: context) { $0.happen(place.activity, place.wait, variables) }
    queue(.signal(name: name, variables: variables, after: place.wait, before: before))
  }

  /// One instance of each process takes a message: the one that waited first, or a new one.
  fileprivate mutating func correlate(_ key: Key, in state: PartitionState, catalog: Catalog, context: DecisionContext) {
    guard let message = state.messages[key] else { return }
    if let (place, processID) = firstWaiting(for: message, state, catalog, context) {
      emit(.message(key, .correlated(processID: processID)))
      change(place.instance, in: state, catalog: catalog, context: context) { $0.happen(place.activity, place.wait, message.variables) }
      queue(.correlate(message: key))
      // Who goes on waiting may take the next one too.
      if let next = state.messages.next(of: message.topic, after: key) { queue(.correlate(message: next)) }
      return
    }
    if let (deployment, process, element) = firstStart(for: message, state, catalog) {
      emit(.message(key, .correlated(processID: process.processID)))
      if process[element].needsAllTriggers, let definition = process[element].definition(forMessage: message.name) {
        let place = StartPlace(element: element, correlationKey: message.correlationKey)
        see(definition, at: place, of: deployment, message.variables, in: state, catalog: catalog, context: context)
        return queue(.correlate(message: key))
      }
      let startKey = message.correlationKey.isEmpty ? nil : message.correlationKey
      start(deployment, element, message.variables, startKey: startKey, in: state, catalog: catalog, context: context)
      return queue(.correlate(message: key))
    }
    if message.deadline <= context.now { emit(.message(key, .expired)) }
    if let next = nextTaken(after: message, state, catalog, context) { queue(.correlate(message: next)) }
  }

  /// Another message that somebody waits for: who has taken one may wait for the next, which was not looked for then.
  private func nextTaken(
    after message: BufferedMessage, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext
  ) -> Key? {
    guard !message.takenBy.isEmpty else { return nil }
    return state.messages.all(of: message.topic).prefix(Limits.correlationScan).first { other in
      other.key != message.key && other.deadline > context.now && firstWaiting(for: other, state, catalog, context) != nil
    }?.key
  }

  private func firstWaiting(
    for message: BufferedMessage, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext
  ) -> (WaitPlace, String)? {
    for topic in state.topics(of: message, catalog, context) {
      if let found = firstWaiting(on: topic, for: message, state, catalog) { return found }
    }
    return nil
  }

  private func firstWaiting(
    on topic: Topic, for message: BufferedMessage, _ state: PartitionState, _ catalog: Catalog
  ) -> (WaitPlace, String)? {
    var waits = state.lookups.messageWaits[topic]
    var last: Key?
    while let place = waits?.next(after: last) {
      last = place.wait
      guard let instance = state.instances[place.instance], let process = catalog[instance.deployment], instance.state == .running,
        !message.takenBy.contains(process.processID)
      else { continue }
      return (place, process.processID)
    }
    return nil
  }

  private func firstStart(
    for message: BufferedMessage, _ state: PartitionState, _ catalog: Catalog
  ) -> (Key, ExecutableProcess, ElementIndex)? {
    for (key, process) in latestProcesses(state, catalog) where !message.takenBy.contains(process.processID) {
      guard let start = process.messageStarts.first(where: { $0.name == message.name }),
        state.deployments[key]?.canTake(message, at: start.element, of: process) ?? false
      else { continue }
      let isTaken = !message.correlationKey.isEmpty && state.hasStarted(process.processID, by: message.correlationKey)
      if !isTaken { return (key, process, start.element) }
    }
    return nil
  }
}

extension Deployment {
  /// Whether a start event that needs several triggers still needs this one; others always do.
  fileprivate func canTake(_ message: BufferedMessage, at start: ElementIndex, of process: ExecutableProcess) -> Bool {
    guard process[start].needsAllTriggers else { return true }
    let place = StartPlace(element: start, correlationKey: message.correlationKey)
    return process[start].definition(forMessage: message.name).map { canTake($0, at: place) } ?? false
  }
}

extension PartitionState {
  /// Whether an instance of a process, of whatever version, lives that a message with this correlation key started.
  fileprivate func hasStarted(_ processID: String, by correlationKey: String) -> Bool {
    (versions[processID] ?? []).contains { lookups.started[.init(deployment: $0, correlationKey: correlationKey)] != nil }
  }
}

extension Draft {
  /// The first variables of an instance.
  mutating func begin(variables: [Variable]) {
    if process.settings.usesVariables || !variables.isEmpty { set(variables, localIn: .process) }
    guard !process.eventSubProcesses(of: nil).isEmpty else { return }
    do throws(StepProblem) { try openEventSubProcesses(in: .process, of: nil) } catch {
      // The start event waits with the incident, and opens them when it is resolved.
      if process.settings.usesVariables, let token = instance.pending.first { return stop(token, error) }
      fail("FAILED_TASK", error.message, at: process.eventSubProcesses(of: nil)[0], input: .emptyObject)
    }
  }

  private func bufferedMessage(_ name: String, _ key: String) -> Key? {
    if key.hasPrefix(CorrelationPlan.mark) { return bufferedMessage(named: name, withProperties: key) }
    return directory.messages.first(of: Topic(name: name, correlationKey: key), notTakenBy: process.processID, at: context.now)
  }

  /// Messages that came before somebody waited for them.
  mutating func takeBufferedMessages() {
    for wait in newWaits {
      guard case .message(let name, let key) = wait.kind, let message = bufferedMessage(name, key) else { continue }
      queue(.correlate(message: message))
    }
    newWaits = []
  }
}
