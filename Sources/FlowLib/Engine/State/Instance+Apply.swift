import FlowCore

extension Instance {
  mutating func apply(_ event: InstanceEvent, of process: ExecutableProcess) {
    switch event {
    case .created, .finished, .deleted: preconditionFailure("belongs to the partition: \(event)")
    case .passed(_, let flows):
      let token = takePending()
      leave(through: flows, of: process, scope: token.scope, payload: token.payload)
      drop(token.payload, from: token.scope)
    case .activated(let id, let element, let activated): begin(id, element, activated)
    case .completed(let id, let payload, let flows): complete(id, with: payload, flows: flows, of: process)
    case .arrived(let element, let flow):
      let token = takePending()
      waiting.append(WaitingToken(element: element, flow: flow, scope: token.scope, payload: token.payload))
      scopes[token.scope, default: ScopeCount()].waiting += 1
    case .joined(let element, let scope, let incoming, let flows):
      join(element, scope: scope, incoming: incoming, flows: flows, of: process)
    case .ended(let element): end(at: element)
    case .caught(let id, _, _, let flows): interrupt(id, flows: flows, of: process)
    case .scopeCleared(let scope): clear(scope)
    case .failed(let id, let failure):
      activities[id]?.hasFailed = true
      activities[id]?.job = nil
      self.failure = failure
    case .stopped(let failure, _): stop(failure)
    case .retried(let retries, _): retry(retries)
    case .migrated(let migration): migrate(migration)
    case .activity(let id, let event): apply(event, to: id, of: process)
    }
  }

  private mutating func stop(_ failure: ServiceFailure?) {
    noteAll(areOpen: false)
    state = .stopped
    if let failure { self.failure = failure }
  }

  private mutating func retry(_ retries: [Retry]) {
    state = .running
    failure = nil
    for retry in retries {
      activities[retry.activity]?.hasFailed = false
      activities[retry.activity]?.job = retry.job
    }
    noteAll(areOpen: true)
  }

  // MARK: tokens

  /// Puts a token on its way.
  mutating func place(_ token: PendingToken) {
    pending.append(token)
    payloads.hold(token.payload)
    scopes[token.scope, default: ScopeCount()].live += 1
  }

  /// Takes the first token off the queue; its share of payload and scope stays with the caller.
  private mutating func takePending() -> PendingToken {
    guard let token = pending.first else { preconditionFailure("no token on its way") }
    pending.removeFirst()
    return token
  }

  mutating func drop(_ payload: PayloadID, from scope: ActivityID) {
    payloads.release(payload)
    guard var count = scopes[scope] else { preconditionFailure("token in a scope that is not there") }
    count.live -= 1
    scopes[scope] = count.live == 0 ? nil : count
  }

  mutating func leave(through flows: [FlowIndex], of process: ExecutableProcess, scope: ActivityID, payload: PayloadID) {
    for flow in flows { place(PendingToken(element: process[flow].target, flow: flow, scope: scope, payload: payload)) }
  }

  // MARK: activities

  private mutating func begin(_ id: ActivityID, _ element: ElementIndex, _ activated: Activated) {
    let token = takePending()
    nextActivity = max(nextActivity, id.raw + 1)
    switch activated {
    case .job(let job):
      activities[id] = Activity(id: id, element: element, scope: token.scope, payload: token.payload, job: job)
    case .scope(let start):
      activities[id] = Activity(id: id, element: element, scope: token.scope, payload: token.payload, job: nil)
      place(PendingToken(element: start, flow: nil, scope: id, payload: token.payload))
    case .open: activities[id] = Activity(id: id, element: element, scope: token.scope, payload: token.payload, job: nil)
    }
    // Inside a loop's body: which iteration this is follows from how many began before.
    if let body = activities[token.scope], body.element == element { number(id, in: token.scope) }
  }

  private mutating func number(_ id: ActivityID, in body: ActivityID) {
    detail(body) { $0.loop?.begun += 1 }
    details[id, default: Details()].iteration = details[body]?.loop?.begun
  }

  private mutating func complete(_ id: ActivityID, with new: Payload?, flows: [FlowIndex], of process: ExecutableProcess) {
    guard let activity = activities.removeValue(forKey: id) else {
      preconditionFailure("completed activity \(id.raw) of \(self.id.text) is not there")
    }
    forget(id)
    let payload = new.map { payloads.add($0) } ?? activity.lastPayload ?? activity.payload
    leave(through: flows, of: process, scope: activity.scope, payload: payload)
    if flows.isEmpty { remember(payload, endedAt: activity.element, in: activity.scope) }
    if let last = activity.lastPayload { payloads.release(last) }
    drop(activity.payload, from: activity.scope)
  }

  private mutating func join(
    _ element: ElementIndex, scope: ActivityID, incoming: [FlowIndex], flows: [FlowIndex], of process: ExecutableProcess
  ) {
    var joined: [WaitingToken] = []
    for flow in incoming {
      guard let index = waiting.firstIndex(where: { $0.element == element && $0.scope == scope && $0.flow == flow }) else {
        preconditionFailure("join without a token on flow \(flow.raw)")
      }
      joined.append(waiting[index])
    }
    guard let last = waiting.last(where: { joined.contains($0) }) else { preconditionFailure("join without arrivals") }
    leave(through: flows, of: process, scope: scope, payload: last.payload)
    for token in joined {
      if let index = waiting.firstIndex(of: token) { waiting.remove(at: index) }
      scopes[scope]?.waiting -= 1
      drop(token.payload, from: scope)
    }
  }

  private mutating func end(at element: ElementIndex) {
    let token = takePending()
    remember(token.payload, endedAt: element, in: token.scope)
    drop(token.payload, from: token.scope)
  }

  /// The scope ends with what its last token carried.
  private mutating func remember(_ payload: PayloadID, endedAt element: ElementIndex, in scope: ActivityID) {
    payloads.hold(payload)
    if scope == .process {
      if let lastEnd { payloads.release(lastEnd.payload) }
      lastEnd = LastEnd(element: element, payload: payload)
    } else {
      if let last = activities[scope]?.lastPayload { payloads.release(last) }
      activities[scope]?.lastPayload = payload
    }
  }

  // MARK: scopes

  private mutating func interrupt(_ id: ActivityID, flows: [FlowIndex], of process: ExecutableProcess) {
    guard let activity = activities[id] else { preconditionFailure("caught in activity \(id.raw), which is not there") }
    clear(id)
    activities[id] = nil
    forget(id)
    leave(through: flows, of: process, scope: activity.scope, payload: activity.payload)
    if let last = activity.lastPayload { payloads.release(last) }
    drop(activity.payload, from: activity.scope)
  }

  /// Drops every token and activity in a scope and in the scopes inside it.
  mutating func clear(_ scope: ActivityID) {
    let inner = activities(inside: scope)
    let scopes = Set([scope] + inner.map(\.id))
    for token in pending.removeAll(where: { scopes.contains($0.scope) }) { drop(token.payload, from: token.scope) }
    for token in waiting where scopes.contains(token.scope) {
      self.scopes[token.scope]?.waiting -= 1
      drop(token.payload, from: token.scope)
    }
    waiting.removeAll { scopes.contains($0.scope) }
    // The innermost go first: each is counted by the scope around it.
    for activity in inner.reversed() {
      activities[activity.id] = nil
      forget(activity.id)
      if let last = activity.lastPayload { payloads.release(last) }
      drop(activity.payload, from: activity.scope)
    }
  }

  /// All that lies in a scope, at any depth, in the order in which they began: what is inside begins after what it is in.
  func activities(inside scope: ActivityID) -> [Activity] {
    if scope == .process { return activitiesInOrder }
    var scopes: Set = [scope]
    return activitiesInOrder.filter { activity in
      guard scopes.contains(activity.scope) else { return false }
      scopes.insert(activity.id)
      return true
    }
  }
}
