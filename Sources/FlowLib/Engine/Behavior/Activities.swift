import FlowCore
import FlowFEEL

// The way of an activity: a token enters, inputs are mapped, subscriptions open, it does its work, outputs are mapped, tokens leave.
// An incident interrupts the way between two of these, and resolving it goes on there.

extension Draft {
  /// A token begins an activity that goes its whole way.
  mutating func activate(_ token: PendingToken, _ element: ExecutableElement) {
    let id = newActivity()
    emit(.activated(id, token.element, .open))
    start(id, element)
  }

  mutating func start(_ id: ActivityID, _ element: ExecutableElement) {
    attempt(id, .activating) { (draft) throws(StepProblem) in
      draft.declareData(of: id, element)
      try draft.beginIteration(id, element)
      try draft.mapInputs(of: id, element)
      if try draft.listen(id, element, ListenerPlace(isEnd: false, index: 0)) { return }
      try draft.begin(id, element)
    }
  }

  mutating func begin(_ id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    try openBoundaryEvents(of: id, element)
    try work(id, element)
  }

  /// Does a step; what goes wrong in it becomes an incident, and the step is done again when that is resolved.
  mutating func attempt(_ id: ActivityID, _ phase: Phase, _ step: (inout Draft) throws(StepProblem) -> Void) {
    do throws(StepProblem) {
      try step(&self)
    } catch {
      raise(error, at: id, phase)
    }
  }

  mutating func raise(_ problem: StepProblem, at id: ActivityID, _ phase: Phase) {
    guard !isFinished, let activity = instance.activities[id] else { return }
    guard process.settings.usesVariables else {
      return fail("FAILED_TASK", problem.message, at: activity.element, input: instance.payloads[activity.payload])
    }
    if instance.details[id]?.incident != nil { emit(.activity(id, .incidentResolved)) }
    if (instance.details[id]?.phase ?? .active) != phase { emit(.activity(id, .phaseChanged(phase))) }
    let message = String(problem.message.prefix(Limits.failureText))
    emit(.activity(id, .incidentRaised(Incident(key: newKey(), type: problem.type, message: message, at: context.now))))
  }

  /// What an activity does once it is entered; those that wait return and are taken up again by a command.
  mutating func work(_ id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    switch element.kind {
    case .task: complete(id, [])
    case .job(let type, let retries): try makeJob(id, type, retries, try headers(of: id, element))
    case .userTask(let task): try makeUserTask(id, task)
    case .script(let script, let result):
      let value = try evaluate(script, in: id, else: .extractValueError)
      complete(id, [Variable(result, value.json)])
    case .catchEvent where element.isLink: complete(id, [])
    case .catchEvent, .eventBasedGateway: try openOwnEvents(of: id, element)
    case .callActivity(let call): try self.call(id, call)
    case .subProcess(let start), .transaction(let start): try enterScope(id, element, start)
    case .adHocSubProcess(let definition): try enterAdHoc(id, definition)
    case .throwEvent, .endEvent: try throwEvents(id, element)
    case .eventSubProcess(let start):
      // Those that an event began have a token inside already.
      if instance.scopes[id] == nil { try enterScope(id, element, start) }
    case .serviceTask: callAgain(id)
    case .startEvent:
      if instance.activities[id]?.scope == .process { try openEventSubProcesses(in: .process, of: nil) }
      complete(id, [])
    case .exclusiveGateway, .parallelGateway, .inclusiveGateway, .complexGateway: try leaveGateway(id, element)
    case .boundaryEvent: break
    }
  }

  // MARK: completing

  /// The work is done with these results.
  mutating func complete(_ id: ActivityID, _ variables: [Variable]) {
    guard let activity = instance.activities[id] else { return }
    let element = process[activity.element]
    if element.more.outputs.isEmpty {
      propagate(withoutDataOutputs(variables, of: id, element), from: id)
    } else {
      set(variables, localIn: id)
    }
    finish(id, element)
  }

  /// Maps outputs and leaves; done again when an incident of it is resolved.
  mutating func finish(_ id: ActivityID, _ element: ExecutableElement) {
    attempt(id, .completing) { (draft) throws(StepProblem) in
      guard let activity = draft.instance.activities[id] else { return }
      // Those of an iteration stay in it, where its output element reads them.
      try draft.mapOutputs(of: id, element, to: draft.isIteration(activity) ? id : activity.scope)
      try draft.mapDataOutputs(of: id, element, to: activity.scope)
      if try draft.listen(id, element, ListenerPlace(isEnd: true, index: 0)) { return }
      try draft.depart(id, element)
    }
  }

  /// Nothing is left to do: the loop around it goes on, or tokens leave.
  mutating func depart(_ id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    guard let activity = instance.activities[id] else { return }
    let output = try iterationOutput(of: id, element)
    let endsLoop = try endsLoop(id, element, output)
    let flows = isIteration(activity) ? [] : try flowsOut(of: element, in: activity.scope)
    try checkAdHoc(around: activity.scope)
    leave(activity, element, flows, output, endsLoop: endsLoop)
  }

  /// Lets go of an activity that is done; tokens leave it.
  private mutating func leave(_ activity: Activity, _ element: ExecutableElement, _ flows: [FlowIndex], _ output: Payload?, endsLoop: Bool)
  {
    let (iteration, thrower) = (instance.details[activity.id]?.iteration, instance.details[activity.id]?.thrower)
    let known = iteration == nil ? [] : instance.localVariables(of: activity.id)
    rememberCompensation(of: activity, element)
    emit(.completed(activity.id, nil, flows: flows))
    if isIteration(activity) { return iterated(activity, iteration ?? 0, output, known, endsLoop: endsLoop) }
    if let thrower { handled(for: thrower) }
    settle(activity.scope)
  }

  /// Every flow without a condition, those whose condition holds, or the default one.
  ///
  /// - Source: BPMN 2.0.2, 13.3.2 and 8.3.13, conditional sequence flows of activities.
  func flowsOut(of element: ExecutableElement, in scope: ActivityID) throws(StepProblem) -> [FlowIndex] {
    let flows = try chosenFlows(of: element, in: scope)
    let quantity = element.more.completionQuantity
    return quantity > 1 ? flows.flatMap { [FlowIndex](repeating: $0, count: quantity) } : flows
  }

  private func chosenFlows(of element: ExecutableElement, in scope: ActivityID) throws(StepProblem) -> [FlowIndex] {
    guard element.more.choosesFlows else { return element.outgoing }
    var chosen: [FlowIndex] = []
    for flow in element.outgoing where flow != element.more.defaultFlow {
      guard let condition = process[flow].condition else {
        chosen.append(flow)
        continue
      }
      if try holds(condition, in: scope) { chosen.append(flow) }
    }
    if chosen.isEmpty, let standard = element.more.defaultFlow { return [standard] }
    guard !chosen.isEmpty else {
      throw StepProblem(.conditionError, "no condition of the flows of \(element.id) holds, and none is the default")
    }
    return chosen
  }

  // MARK: incidents

  /// Somebody says that the reason is gone.
  consuming func resolveIncident(of id: ActivityID) throws(Rejection) -> Decision {
    guard let incident = instance.details[id]?.incident, let activity = instance.activities[id] else {
      throw Rejection(.notFound, "activity \(id.raw) of \(instance.id.text) has no open incident")
    }
    let element = process[activity.element]
    if incident.type.isWithoutRetries, let job = instance.details[id]?.job, job.retries <= 0 {
      throw Rejection(.wrongState, "job \(job.key.raw) has no retries left; give it some first")
    }
    emit(.activity(id, .incidentResolved))
    if incident.type.isWithoutRetries {
      emit(.activity(id, .jobFreed))
      run()
      return decided()
    }
    let phase = instance.details[id]?.phase ?? .active
    switch phase {
    case .activating: again(id, activity, element)
    case .completing: finish(id, element)
    case .compensating: break
    case .active:
      if let loop = element.more.loop, instance.details[id]?.loop != nil {
        goOnAgain(with: loop, id, element)
      } else if incident.type == .unhandledErrorEvent {
        makeJobAgain(id)
      }
      if incident.type == .deadlock { emit(.activity(id, .terminated)) }
    }
    run()
    return decided()
  }

  private mutating func again(_ id: ActivityID, _ activity: Activity, _ element: ExecutableElement) {
    if let loop = element.more.loop, !isIteration(activity) { return beginLoop(id, element, loop) }
    guard element.isGateway, element.more.startListeners.isEmpty else { return start(id, element) }
    attempt(id, .activating) { (draft) throws(StepProblem) in try draft.leaveGateway(id, element) }
  }

  /// A gateway that its token waits in, for a listener or for somebody to look.
  private mutating func leaveGateway(_ id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    guard let activity = instance.activities[id] else { return }
    let payload = instance.payloads[activity.payload]
    let flows =
      if case .complexGateway = element.kind {
        try startFlows(of: element, in: activity.scope, payload)
      } else if case .parallelGateway = element.kind { element.outgoing } else { try flows(through: element, in: id, payload) }
    emit(.completed(id, nil, flows: flows))
    settle(activity.scope)
  }
}

extension ExecutableElement {
  var isGateway: Bool {
    switch kind {
    case .exclusiveGateway, .parallelGateway, .inclusiveGateway, .complexGateway: true
    case .startEvent, .endEvent, .task, .serviceTask, .job, .userTask, .script, .catchEvent, .throwEvent, .eventBasedGateway, .subProcess,
      .eventSubProcess, .transaction, .adHocSubProcess, .callActivity, .boundaryEvent:
      false
    }
  }

  /// Whether an incident may show at it before a token has begun it. Every loop has such an element.
  var canWaitForHelp: Bool {
    switch kind {
    case .startEvent, .parallelGateway, .complexGateway, .boundaryEvent, .eventSubProcess: false
    case .exclusiveGateway, .inclusiveGateway, .endEvent, .task, .serviceTask, .job, .userTask, .script, .catchEvent, .throwEvent,
      .eventBasedGateway, .subProcess, .transaction, .adHocSubProcess, .callActivity:
      more.startQuantity == 1
    }
  }

  /// Catches a link, which a token comes to from its throw.
  var isLink: Bool {
    guard case .link? = more.events.first else { return false }
    return true
  }

  var isExclusive: Bool {
    guard case .exclusiveGateway = kind else { return false }
    return true
  }

  /// The flow that is taken when no condition holds.
  var defaultFlow: FlowIndex? {
    guard case .exclusiveGateway(let flow) = kind else { return more.defaultFlow }
    return flow
  }
}
