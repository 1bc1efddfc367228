import FlowCore

extension Instance {
  mutating func apply(_ event: ActivityEvent, to id: ActivityID, of process: ExecutableProcess) {
    switch event {
    case .variablesSet(let variables): set(variables, in: id)
    case .waitsOpened(let waits): open(waits, of: id)
    case .waitClosed(let key): closeWait(key, of: id)
    case .waitChanged(let key, let kind): changeWait(key, of: id, to: kind)
    case .definitionSeen(let seen): details[id, default: Details()].seen.append(seen)
    case .jobMade(let job):
      changeJob(of: id) { $0 = job }
      if job.listener?.isEnd == true { endWork(of: id) }
    case .jobTaken(let lock): changeJob(of: id) { $0?.lock = lock }
    case .jobFreed:
      changeJob(of: id) { job in
        job?.lock = nil
        job?.isHeld = false
        job?.backoffUntil = nil
      }
    case .jobFailed(let retries, let until, let message): changeJob(of: id) { $0?.fail(retries, until, message) }
    case .retriesSet(let retries): changeJob(of: id) { $0?.retries = retries }
    case .jobTimeoutSet(let until): changeJob(of: id) { $0?.hold(until: until) }
    case .jobGone: changeJob(of: id) { $0 = nil }
    case .userTaskMade(let task), .userTaskChanged(let task):
      details[id, default: Details()].userTask = task
      noted.append(.named(id, task.key))
    case .incidentRaised(let incident):
      if let old = details[id]?.incident { noted.append(.unnamed(old.key)) }
      details[id, default: Details()].incident = incident
      noted.append(.named(id, incident.key))
    case .incidentResolved:
      if let incident = details[id]?.incident { noted.append(.unnamed(incident.key)) }
      detail(id) { $0.incident = nil }
    case .phaseChanged(let phase): details[id, default: Details()].phase = phase
    case .loopBegan(let loop):
      details[id, default: Details()].loop = loop
      noteLoop(id, loop)
    case .iterationsPlaced(let count): placeIterations(count, of: id)
    case .iterationCompleted(let iteration, let output): completeIteration(iteration, of: id, output: output)
    case .iterationTerminated: detail(id) { $0.loop?.terminated += 1 }
    case .called(let child): details[id, default: Details()].call = CalledInstance(id: child)
    case .compensable(let compensation): details[id, default: Details()].compensations.append(compensation)
    case .compensationTaken(let taken): detail(id) { $0.compensations.removeAll { taken.contains($0.activity) } }
    case .handles(let thrower): details[id, default: Details()].thrower = thrower
    case .counted(let element, let count): details[id, default: Details()].counts[element] = count == 0 ? nil : count
    case .gathered(let element, let count): gather(count, at: element, in: id)
    case .fired(_, let flows): fire(flows, in: id, of: process)
    case .chosen(_, let flows): leaveActivity(id, through: flows, of: process)
    case .placed(let element): place(element, in: id)
    case .began(let activity, let element, let start): begin(activity, element, in: id, start: start)
    case .terminated: terminate(id)
    case .ranOn(let steps): stepsInARow = steps
    }
  }

  /// Changes what is there; what has become empty goes.
  mutating func detail(_ id: ActivityID, _ body: (inout Details) -> Void) {
    var isEmpty = false
    let isThere = details.change(id) { details in
      body(&details)
      isEmpty = details.isEmpty
    }
    if isThere, isEmpty { details[id] = nil }
  }

  // MARK: variables

  private mutating func set(_ variables: [Variable], in scope: ActivityID) {
    var grown = 0
    if details[scope] == nil { details[scope] = Details() }
    detail(scope) { details in
      for variable in variables {
        grown += variable.value.bytes.count + variable.name.utf8.count
        if let old = details.variables[variable.name] { grown -= old.bytes.count + variable.name.utf8.count }
        details.variables[variable.name] = variable.value
      }
    }
    variableBytes += grown
  }

  // MARK: waits and jobs, which the partition finds by what they wait for

  private mutating func open(_ waits: [Wait], of id: ActivityID) {
    details[id, default: Details()].waits += waits
    for wait in waits { noteWait(wait, of: id, isOpen: true) }
  }

  private mutating func noteWait(_ wait: Wait, of id: ActivityID, isOpen: Bool) {
    note(wait, of: id, isOpen: isOpen)
    if isOpen { noteOpened(wait, of: id) } else { noted.append(.closed(id, wait)) }
  }

  /// Nothing is found by what an instance waits for that is STOPPED.
  private mutating func noteOpened(_ wait: Wait, of id: ActivityID) {
    if state == .running { noted.append(.opened(id, wait)) }
  }

  private mutating func closeWait(_ key: Key, of id: ActivityID) {
    for wait in details[id]?.waits ?? [] where wait.key == key { noteWait(wait, of: id, isOpen: false) }
    detail(id) { $0.waits.removeAll { $0.key == key } }
  }

  private mutating func changeWait(_ key: Key, of id: ActivityID, to kind: Wait.Kind) {
    guard var changed = details[id]?.waits.first(where: { $0.key == key }) else { return }
    noted.append(.closed(id, changed))
    changed.kind = kind
    noteOpened(changed, of: id)
    detail(id) { details in
      guard let index = details.waits.firstIndex(where: { $0.key == key }) else { return }
      details.waits[index].kind = kind
    }
  }

  /// What was done for it can not be done again while the last listeners are called.
  private mutating func endWork(of id: ActivityID) {
    if let task = details[id]?.userTask { noted.append(.unnamed(task.key)) }
    detail(id) { details in
      details.userTask = nil
      details.call = nil
    }
  }

  private mutating func changeJob(of id: ActivityID, _ change: (inout WorkerJob?) -> Void) {
    let old = details[id]?.job
    var changed = old
    change(&changed)
    if details[id] == nil { details[id] = Details() }
    detail(id) { $0.job = changed }
    if state == .running { noted.append(.jobChanged(id, from: old, to: changed)) }
  }

  /// What an activity that is gone had open.
  mutating func forget(_ id: ActivityID) {
    guard let gone = details.removeValue(forKey: id) else { return }
    for wait in gone.waits { noteWait(wait, of: id, isOpen: false) }
    if gone.loop != nil { noteLoop(id, nil) }
    if let job = gone.job { noted.append(.jobChanged(id, from: job, to: nil)) }
    if let task = gone.userTask { noted.append(.unnamed(task.key)) }
    if let incident = gone.incident { noted.append(.unnamed(incident.key)) }
    for (name, value) in gone.variables { variableBytes -= name.utf8.count + value.bytes.count }
  }

  /// Nothing happens to an instance that is STOPPED; when it goes on, what it waits for is there again.
  mutating func noteAll(areOpen: Bool) {
    for id in details.keys.sorted() {
      for wait in details[id]?.waits ?? [] { noted.append(areOpen ? .opened(id, wait) : .closed(id, wait)) }
      if let job = details[id]?.job { noted.append(areOpen ? .jobChanged(id, from: nil, to: job) : .jobChanged(id, from: job, to: nil)) }
    }
  }

  // MARK: tokens

  private mutating func placeIterations(_ count: Int, of body: ActivityID) {
    guard let activity = activities[body] else { preconditionFailure("iterations of activity \(body.raw), which is not there") }
    detail(body) { $0.loop?.placed += count }
    noteLoop(body, details[body]?.loop)
    for _ in 0..<count { place(PendingToken(element: activity.element, flow: nil, scope: body, payload: activity.payload)) }
  }

  private mutating func completeIteration(_ iteration: Int, of body: ActivityID, output: Payload?) {
    detail(body) { details in
      details.loop?.completed += 1
      if let output { details.loop?.outputs[iteration] = output }
    }
  }

  /// The oldest so many tokens become one, with the payload that came last.
  private mutating func gather(_ count: Int, at element: ElementIndex, in scope: ActivityID) {
    let gathered = waiting.filter { $0.element == element && $0.scope == scope }.prefix(count)
    guard let last = gathered.last else { preconditionFailure("no token waits for element \(element.raw)") }
    place(PendingToken(element: element, flow: nil, scope: scope, payload: last.payload))
    for token in gathered {
      if let index = waiting.firstIndex(of: token) { waiting.remove(at: index) }
      scopes[scope]?.waiting -= 1
      drop(token.payload, from: scope)
    }
  }

  private func payload(of scope: ActivityID) -> PayloadID? {
    scope == .process ? rootPayload : activities[scope]?.payload
  }

  private mutating func fire(_ flows: [FlowIndex], in scope: ActivityID, of process: ExecutableProcess) {
    guard let payload = payload(of: scope) else { preconditionFailure("event in scope \(scope.raw), which is not there") }
    leave(through: flows, of: process, scope: scope, payload: payload)
  }

  private mutating func place(_ element: ElementIndex, in scope: ActivityID) {
    guard let payload = payload(of: scope) else { preconditionFailure("token in scope \(scope.raw), which is not there") }
    place(PendingToken(element: element, flow: nil, scope: scope, payload: payload))
  }

  private mutating func begin(_ id: ActivityID, _ element: ElementIndex, in scope: ActivityID, start: ElementIndex?) {
    guard let payload = payload(of: scope) else { preconditionFailure("activity in scope \(scope.raw), which is not there") }
    nextActivity = max(nextActivity, id.raw + 1)
    activities[id] = Activity(id: id, element: element, scope: scope, payload: payload, job: nil)
    payloads.hold(payload)
    scopes[scope, default: ScopeCount()].live += 1
    if let start { place(PendingToken(element: start, flow: nil, scope: id, payload: payload)) }
  }

  private mutating func leaveActivity(_ id: ActivityID, through flows: [FlowIndex], of process: ExecutableProcess) {
    guard let activity = activities.removeValue(forKey: id) else { preconditionFailure("activity \(id.raw) is not there") }
    forget(id)
    leave(through: flows, of: process, scope: activity.scope, payload: activity.payload)
    drop(activity.payload, from: activity.scope)
  }

  private mutating func terminate(_ id: ActivityID) {
    clear(id)
    guard let activity = activities.removeValue(forKey: id) else { preconditionFailure("activity \(id.raw) is not there") }
    forget(id)
    if let last = activity.lastPayload { payloads.release(last) }
    drop(activity.payload, from: activity.scope)
  }
}

extension WorkerJob {
  fileprivate mutating func fail(_ retries: Int, _ until: Instant?, _ message: String) {
    self.retries = retries
    lock = nil
    isHeld = retries <= 0
    backoffUntil = until
    errorMessage = message
  }

  fileprivate mutating func hold(until: Instant) { lock = lock.map { Lock(worker: $0.worker, until: until) } }
}

/// What the partition has to look up differently after an event; noted while the instance changes.
package enum Noted: Sendable {
  case opened(ActivityID, Wait)
  case closed(ActivityID, Wait)
  case jobChanged(ActivityID, from: WorkerJob?, to: WorkerJob?)
  /// A user task or an incident has this key.
  case named(ActivityID, Key)
  case unnamed(Key)
}
