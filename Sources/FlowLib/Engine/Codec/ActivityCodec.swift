import FlowCore

/// Kinds of stored activity events. A number is never given twice.
private enum Kind: UInt64 {
  case variablesSet = 1, waitsOpened, waitClosed, waitChanged, definitionSeen
  case jobMade = 16, jobTaken, jobFreed, jobFailed, retriesSet, jobTimeoutSet, jobGone, userTaskMade, userTaskChanged
  case incidentRaised = 32, incidentResolved, phaseChanged
  case loopBegan = 48, iterationsPlaced, iterationCompleted, iterationTerminated
  case called = 64, compensable, compensationTaken, counted, handles, gathered
  case fired = 80, chosen, placed, began, terminated, ranOn
}

extension ByteWriter {
  private mutating func write(_ kind: Kind, _ body: (inout ByteWriter) -> Void = { _ in }) {
    varint(kind.rawValue)
    body(&self)
  }

  mutating func activityEvent(_ event: ActivityEvent) {
    switch event {
    case .variablesSet(let variables): write(.variablesSet) { $0.variables(variables) }
    case .waitsOpened(let waits): write(.waitsOpened) { $0.list(waits) { $0.wait($1) } }
    case .waitClosed(let key): write(.waitClosed) { $0.varint(key.raw) }
    case .waitChanged(let key, let kind): write(.waitChanged) { $0.wait(key, kind) }
    case .definitionSeen(let seen): write(.definitionSeen) { $0.seen(seen) }
    case .jobMade(let job): write(.jobMade) { $0.job(job) }
    case .jobTaken(let lock): write(.jobTaken) { $0.lock(lock) }
    case .jobFreed: write(.jobFreed)
    case .jobFailed(let retries, let until, let message): write(.jobFailed) { $0.jobFailure(retries, until, message) }
    case .retriesSet(let retries): write(.retriesSet) { $0.signed(Int64(retries)) }
    case .jobTimeoutSet(let until): write(.jobTimeoutSet) { $0.time(until) }
    case .jobGone: write(.jobGone)
    case .userTaskMade(let task): write(.userTaskMade) { $0.userTask(task) }
    case .userTaskChanged(let task): write(.userTaskChanged) { $0.userTask(task) }
    case .incidentRaised(let incident): write(.incidentRaised) { $0.incident(incident) }
    case .incidentResolved: write(.incidentResolved)
    case .phaseChanged(let phase): write(.phaseChanged) { $0.byte(phase.rawValue) }
    case .loopBegan(let loop): write(.loopBegan) { $0.loop(loop) }
    case .iterationsPlaced(let count): write(.iterationsPlaced) { $0.varint(count) }
    case .iterationCompleted(let iteration, let output): write(.iterationCompleted) { $0.iteration(iteration, output) }
    case .iterationTerminated: write(.iterationTerminated)
    case .called(let id): write(.called) { $0.id(id) }
    case .compensable(let compensation): write(.compensable) { $0.compensation(compensation) }
    case .compensationTaken(let taken): write(.compensationTaken) { $0.list(taken) { $0.varint($1.raw) } }
    case .handles(let thrower): write(.handles) { $0.varint(thrower.raw) }
    case .counted, .gathered, .ranOn: count(event)
    case .fired(let element, let flows): write(.fired) { $0.leaving(element, flows) }
    case .chosen(let element, let flows): write(.chosen) { $0.leaving(element, flows) }
    case .placed(let element): write(.placed) { $0.varint(element.raw) }
    case .began(let activity, let element, let start): write(.began) { $0.beginning(activity, element, start) }
    case .terminated: write(.terminated)
    }
  }

  private mutating func count(_ event: ActivityEvent) {
    if case .counted(let element, let count) = event { write(.counted) { $0.count(element, count) } }
    if case .gathered(let element, let count) = event { write(.gathered) { $0.count(element, count) } }
    if case .ranOn(let steps) = event { write(.ranOn) { $0.varint(steps) } }
  }

  private mutating func wait(_ key: Key, _ kind: Wait.Kind) {
    varint(key.raw)
    waitKind(kind)
  }

  private mutating func jobFailure(_ retries: Int, _ until: Instant?, _ message: String) {
    signed(Int64(retries))
    optional(until) { $0.time($1) }
    string(message)
  }

  private mutating func iteration(_ iteration: Int, _ output: Payload?) {
    varint(iteration)
    optional(output) { $0.payload($1) }
  }

  private mutating func leaving(_ element: ElementIndex, _ flows: [FlowIndex]) {
    varint(element.raw)
    list(flows) { $0.varint($1.raw) }
  }

  private mutating func beginning(_ activity: ActivityID, _ element: ElementIndex, _ start: ElementIndex?) {
    varint(activity.raw)
    varint(element.raw)
    optional(start) { $0.varint($1.raw) }
  }
}

extension ByteReader {
  mutating func activityEvent() throws(ByteCodingError) -> ActivityEvent {
    let number = try varint()
    guard let kind = Kind(rawValue: number) else { throw fail("unknown activity event \(number)") }
    switch kind {
    case .variablesSet: return .variablesSet(try variables())
    case .waitsOpened: return .waitsOpened(try list { (reader) throws(ByteCodingError) in try reader.wait() })
    case .waitClosed: return .waitClosed(try key())
    case .waitChanged: return .waitChanged(try key(), try waitKind())
    case .definitionSeen: return .definitionSeen(try seen())
    case .jobMade: return .jobMade(try job())
    case .jobTaken: return .jobTaken(try lock())
    case .jobFreed: return .jobFreed
    case .jobFailed: return .jobFailed(retries: try signedInt(), backoffUntil: try optionalTime(), message: try string())
    case .retriesSet: return .retriesSet(try signedInt())
    case .jobTimeoutSet: return .jobTimeoutSet(try time())
    case .jobGone: return .jobGone
    case .userTaskMade: return .userTaskMade(try userTask())
    case .userTaskChanged: return .userTaskChanged(try userTask())
    case .incidentRaised: return .incidentRaised(try incident())
    case .incidentResolved: return .incidentResolved
    case .phaseChanged: return .phaseChanged(try phase())
    case .loopBegan: return .loopBegan(try loop())
    case .iterationsPlaced: return .iterationsPlaced(try int())
    case .iterationCompleted: return .iterationCompleted(try int(), output: try optionalPayload())
    case .iterationTerminated: return .iterationTerminated
    case .called: return .called(try instanceID())
    case .compensable: return .compensable(try compensation())
    case .compensationTaken: return .compensationTaken(try list { (reader) throws(ByteCodingError) in try reader.activity() })
    case .handles: return .handles(try activity())
    case .counted: return .counted(try element(), try int())
    case .gathered: return .gathered(try element(), try int())
    case .fired: return .fired(try element(), flows: try flows())
    case .chosen: return .chosen(try element(), flows: try flows())
    case .placed: return .placed(try element())
    case .began:
      return .began(try activity(), try element(), start: try optional { (reader) throws(ByteCodingError) in try reader.element() })
    case .terminated: return .terminated
    case .ranOn: return .ranOn(try int())
    }
  }
}
