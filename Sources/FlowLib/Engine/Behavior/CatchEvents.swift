import FlowCore
import FlowFEEL

// Events that wait: intermediate catch events, receive tasks, boundary events, starts of event subprocesses, event-based gateways.

extension Draft {
  // MARK: opening

  /// Boundary events of an activity, for as long as it lasts.
  mutating func openBoundaryEvents(of id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    guard let activity = instance.activities[id], !isIteration(activity) else { return }
    for boundary in element.boundaryEvents { try open(boundary, of: id) }
  }

  /// What the activity itself waits for; of an event-based gateway, the events behind it.
  mutating func openOwnEvents(of id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    guard let activity = instance.activities[id] else { return }
    guard case .eventBasedGateway = element.kind else { return try open(activity.element, of: id) }
    for flow in element.outgoing { try open(process[flow].target, of: id) }
  }

  /// Starts of the event subprocesses in a scope.
  mutating func openEventSubProcesses(in scope: ActivityID, of element: ElementIndex?) throws(StepProblem) {
    for subProcess in process.eventSubProcesses(of: element) {
      if case .eventSubProcess(let start) = process[subProcess].kind { try open(start, of: scope) }
    }
  }

  /// Opens one wait for each definition of an event that comes from outside; errors and escalations are looked for when they are thrown.
  private mutating func open(_ event: ElementIndex, of id: ActivityID) throws(StepProblem) {
    guard !(instance.details[id]?.waits.contains { $0.element == event } ?? false) else { return }
    var waits: [Wait] = []
    for (index, definition) in process[event].more.events.enumerated() {
      if let kind = try wait(definition, in: id) { waits.append(Wait(key: newKey(), element: event, definition: index, kind: kind)) }
    }
    guard !waits.isEmpty else { return }
    emit(.activity(id, .waitsOpened(waits)))
    newWaits += waits
    for wait in waits { if case .condition = wait.kind { openedConditions.insert(wait.key) } }
  }

  private func wait(_ event: ExecutableEvent, in id: ActivityID) throws(StepProblem) -> Wait.Kind? {
    switch event {
    case .timer(let kind, let value):
      let given = try evaluate(value, in: id, else: .extractValueError)
      do throws(StepProblem) { return try TimerText.first(kind, given, now: context.now, zones: context.zones) } catch {
        throw StepProblem(error.type, "\(value.named("timer")): \(error.message)")
      }
    case .message(let name, let key):
      let name = try text(name, in: id, "message name")
      guard let key else {
        return .message(
          name: name,
          correlationKey: try process.correlations[name].map { (plan) throws(StepProblem) in
            try propertyKey(plan, in: id)
          } ?? "")
      }
      return .message(name: name, correlationKey: try correlationKey(key, in: id))
    case .signal(let name): return .signal(name: try text(name, in: id, "signal name"))
    case .condition: return .condition(held: false)
    case .error, .escalation, .compensation, .cancel, .terminate, .link: return nil
    }
  }

  /// A string, or a number as its text.
  func correlationKey(_ key: CompiledValue, in id: ActivityID) throws(StepProblem) -> String {
    switch try evaluate(key, in: id, else: .extractValueError) {
    case .string(let text): return text
    case .number(let number): return number.text
    case let other:
      throw StepProblem(.extractValueError, "\(key.named("correlation key")) is \(other.shown), and has to be a string or a number")
    }
  }

  // MARK: happening

  /// What was waited for has happened.
  consuming func trigger(_ id: ActivityID, _ key: Key, _ variables: [Variable]) -> Decision {
    if !isFinished, instance.state == .running { happen(id, key, variables) }
    run()
    return decided()
  }

  mutating func happen(_ id: ActivityID, _ key: Key, _ variables: [Variable]) {
    guard let wait = instance.details[id]?.waits.first(where: { $0.key == key }) else { return }
    let event = process[wait.element]
    if event.more.isParallelMultiple, event.more.events.count > 1 {
      emit(.activity(id, .waitClosed(key)))
      emit(.activity(id, .definitionSeen(SeenDefinition(element: wait.element, definition: wait.definition))))
      if instance.details[id]?.waits.contains(where: { $0.element == wait.element }) ?? false {
        return keep(variables, of: wait.element, at: id)
      }
    }
    fire(wait, at: id, variables)
  }

  /// What one of several triggers brought goes where all of it will go; where outputs are mapped, it waits for the others beside the event.
  private mutating func keep(_ variables: [Variable], of event: ElementIndex, at id: ActivityID) {
    guard process[event].more.outputs.isEmpty else { return set(variables, localIn: id) }
    propagate(variables, from: process.isEventSubProcessStart(event) ? id : instance.activities[id]?.scope ?? .process)
  }

  private mutating func fire(_ wait: Wait, at id: ActivityID, _ variables: [Variable]) {
    let event = process[wait.element]
    switch event.kind {
    case .catchEvent where instance.activities[id]?.element == wait.element:
      // What has happened does not happen again while its mappings wait for an incident to be resolved.
      for own in instance.details[id]?.waits ?? [] where own.element == wait.element { emit(.activity(id, .waitClosed(own.key))) }
      complete(id, variables)
    case .catchEvent: choose(wait.element, at: id, variables)
    case .boundaryEvent:
      if event.more.isInterrupting {
        interrupt(id, by: wait.element, code: "", variables)
      } else {
        goOn(with: wait, of: id)
        pass(boundary: wait.element, of: id, variables)
      }
    case .startEvent:
      if !event.more.isInterrupting { goOn(with: wait, of: id) }
      begin(eventSubProcessOf: wait.element, in: id, variables)
    case .endEvent, .task, .serviceTask, .job, .userTask, .script, .throwEvent, .exclusiveGateway, .parallelGateway, .inclusiveGateway,
      .complexGateway, .eventBasedGateway, .subProcess, .eventSubProcess, .transaction, .adHocSubProcess, .callActivity:
      break
    }
  }

  /// Timers with a cycle fire again, others do not; messages and signals may come again.
  private mutating func goOn(with wait: Wait, of id: ActivityID) {
    guard case .timer(let due, let cycle) = wait.kind else { return }
    if let cycle, let next = TimerText.next(after: due, cycle, zones: context.zones) {
      emit(.activity(id, .waitChanged(wait.key, next)))
    } else {
      emit(.activity(id, .waitClosed(wait.key)))
    }
  }

  /// The first event behind an event-based gateway.
  private mutating func choose(_ event: ElementIndex, at id: ActivityID, _ variables: [Variable]) {
    guard let gateway = instance.activities[id] else { return }
    if process[event].more.leavesAtOnce {
      emit(.activity(id, .chosen(event, flows: process[event].outgoing)))
      propagate(variables, from: gateway.scope)
    } else {
      emit(.completed(id, nil, flows: []))
      begin(mapping: event, in: gateway.scope, variables)
    }
    settle(gateway.scope)
  }

  /// The activity ends, and tokens leave its boundary event.
  mutating func interrupt(_ id: ActivityID, by boundary: ElementIndex, code: String, _ variables: [Variable]) {
    guard let activity = instance.activities[id] else { return }
    cancelCalls(in: id)
    let thrower = instance.details[id]?.thrower
    if process[boundary].more.leavesAtOnce {
      emit(.caught(id, boundary: boundary, code: code, flows: process[boundary].outgoing))
      propagate(variables, from: activity.scope)
    } else {
      emit(.activity(id, .terminated))
      begin(mapping: boundary, in: activity.scope, variables)
    }
    if let thrower { handled(for: thrower) }
    settle(activity.scope)
  }

  /// Tokens leave a boundary event, and the activity goes on.
  mutating func pass(boundary: ElementIndex, of id: ActivityID, _ variables: [Variable]) {
    guard let activity = instance.activities[id] else { return }
    guard process[boundary].more.leavesAtOnce else { return begin(mapping: boundary, in: activity.scope, variables) }
    emit(.activity(activity.scope, .fired(boundary, flows: process[boundary].outgoing)))
    propagate(variables, from: activity.scope)
  }

  /// An event that has happened is an activity of its own until its outputs are mapped and its listeners done: what it brings is seen there
  /// alone where outputs are mapped, and a mapping that fails is an incident of it.
  mutating func begin(mapping event: ElementIndex, in scope: ActivityID, _ variables: [Variable]) {
    let id = newActivity()
    emit(.activity(scope, .began(id, event, start: nil)))
    if process[event].more.outputs.isEmpty { propagate(variables, from: scope) } else { set(variables, localIn: id) }
    finish(id, process[event])
  }

  /// An event subprocess begins; when it interrupts, all else in the scope ends.
  ///
  /// - Source: Zeebe's output mappings: a start event without any merges the variables of its event into the scopes that own them.
  mutating func begin(eventSubProcessOf start: ElementIndex, in scope: ActivityID, _ variables: [Variable]) {
    guard let subProcess = process[start].scope else { return }
    if process[start].more.isInterrupting {
      cancelCalls(in: scope)
      emit(.scopeCleared(scope))
      let others = instance.details[scope]?.waits.filter { process.isEventSubProcessStart($0.element) } ?? []
      for wait in others { emit(.activity(scope, .waitClosed(wait.key))) }
    }
    let id = newActivity()
    let maps = !process[start].more.leavesAtOnce
    emit(.activity(scope, .began(id, subProcess, start: nil)))
    if !maps { propagate(variables, from: id) }
    attempt(id, .activating) { (draft) throws(StepProblem) in
      do throws(StepProblem) { try draft.mapInputs(of: id, draft.process[subProcess]) } catch {
        // The start event maps what its event has brought when the inputs are there.
        if maps { draft.set(variables, localIn: id) }
        throw error
      }
      if maps { draft.begin(mapping: start, in: id, variables) } else { draft.emit(.activity(id, .placed(start))) }
      try draft.openEventSubProcesses(in: id, of: subProcess)
    }
  }
}

extension ExecutableProcess {
  func isEventSubProcessStart(_ element: ElementIndex) -> Bool {
    guard let scope = self[element].scope, case .eventSubProcess(let start) = self[scope].kind else { return false }
    return start == element
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
