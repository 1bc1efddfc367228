import FlowCore

/// One run of a process: its tokens, its activities and the payloads they carry.
///
/// A token is on its way (`pending`), waits at a join (`waiting`), or is inside an activity.
package struct Instance: Sendable {
  package let id: InstanceID
  package internal(set) var deployment: Key
  package let createdAt: Instant
  package let metadata: [(name: String, value: String)]
  package internal(set) var state: InstanceState
  /// What made it STOPPED.
  package internal(set) var failure: ServiceFailure?
  package internal(set) var nextActivity: UInt64 = 1
  package internal(set) var activities = SmallMap<ActivityID, Activity>()
  package internal(set) var pending = TokenQueue()
  package internal(set) var waiting: [WaitingToken] = []
  /// Tokens alive directly in each scope, and how many of them wait at joins. A scope that has none has no entry.
  package internal(set) var scopes = SmallMap<ActivityID, ScopeCount>()
  package internal(set) var payloads = PayloadTable()
  /// What only some activities and scopes have.
  package internal(set) var details = SmallMap<ActivityID, Details>()
  /// Conditions that are waited for, by the keys of their waits; follows from the details.
  private(set) var conditions = SmallMap<Key, ActivityID>()
  /// Parallel loops that have more iterations to begin; follows from the details.
  private(set) var openLoops = SmallMap<ActivityID, ActivityID>()
  /// Bytes of all variables, counted as they come and go.
  package internal(set) var variableBytes = 0
  /// Steps since it last waited for something, counted where a command was cut off.
  package internal(set) var stepsInARow = 0
  /// What tokens carry that begin in the process itself without having come from anywhere; nil where none ever does.
  package internal(set) var rootPayload: PayloadID?
  /// The call activity that waits for it.
  package internal(set) var parent: ParentLink?
  package internal(set) var startKey: String?
  /// Calls around it.
  package internal(set) var callDepth = 0
  /// What the partition has to look up differently; emptied by it after each event.
  var noted: [Noted] = []
  /// What the process itself ends with, as far as known: the payload of the last token that ended in it, and where.
  package internal(set) var lastEnd: LastEnd?

  /// Put together at once: what is changed step by step is copied on the way.
  static func begun(_ created: InstanceCreated, of process: ExecutableProcess) -> Instance {
    let tokens = created.start.map { [PendingToken(element: $0, flow: nil, scope: .process, payload: .first)] } ?? []
    let holdsPayload = process.placesTokens || created.start == nil
    return Instance(
      id: created.id, deployment: created.deployment, createdAt: created.at, metadata: created.metadata,
      state: created.isStopped ? .stopped : .running, pending: TokenQueue(tokens),
      scopes: SmallMap(tokens.isEmpty ? [] : [(key: .process, value: ScopeCount(live: 1))]),
      payloads: PayloadTable(first: created.payload, holders: tokens.count + (holdsPayload ? 1 : 0)),
      rootPayload: holdsPayload ? .first : nil, parent: created.parent, startKey: created.startKey, callDepth: created.callDepth)
  }

  /// What it takes in memory, as the bound on live bytes counts it.
  package var liveBytes: Int { Limits.liveInstanceBytes + payloads.bytes + variableBytes + (failure?.report.bytes.count ?? 0) }

  /// The activities in the order in which they began.
  package var activitiesInOrder: [Activity] { activities.values.sorted { $0.id < $1.id } }

  /// Finds again what is found without a look at all details.
  mutating func index(_ id: ActivityID, _ details: Details) {
    for wait in details.waits { note(wait, of: id, isOpen: true) }
    noteLoop(id, details.loop)
  }

  mutating func note(_ wait: Wait, of id: ActivityID, isOpen: Bool) {
    if case .condition = wait.kind { conditions[wait.key] = isOpen ? id : nil }
  }

  mutating func noteLoop(_ id: ActivityID, _ loop: LoopState?) {
    let isOpen = loop.map { $0.placed < $0.total ?? 0 } ?? false
    if isOpen { openLoops[id] = id } else if !openLoops.isEmpty { openLoops[id] = nil }
  }

  package func activity(withJob job: Key) -> Activity? { activities.first { $0.value.job == job }?.value }
}

package struct LastEnd: Sendable, Equatable {
  package let element: ElementIndex
  package let payload: PayloadID
}

package struct ScopeCount: Sendable, Equatable {
  package var live = 0
  package var waiting = 0
}

/// One activation of a flow node that takes time.
package struct Activity: Sendable, Equatable {
  package let id: ActivityID
  package internal(set) var element: ElementIndex
  package let scope: ActivityID
  package let payload: PayloadID
  /// The job that the outside owes it; nil for a scope.
  package internal(set) var job: Key?
  /// Set while it waits to be retried.
  package internal(set) var hasFailed = false
  /// For a scope: what the last token that ended in it carried.
  package internal(set) var lastPayload: PayloadID?

  package init(id: ActivityID, element: ElementIndex, scope: ActivityID, payload: PayloadID, job: Key?) {
    self.id = id
    self.element = element
    self.scope = scope
    self.payload = payload
    self.job = job
  }
}

/// A token that is to enter `element` next.
package struct PendingToken: Sendable, Equatable {
  package let element: ElementIndex
  /// The flow that brought it; nil at a start event.
  package let flow: FlowIndex?
  package let scope: ActivityID
  package let payload: PayloadID
}

/// A token that waits at a join for the other flows.
package struct WaitingToken: Sendable, Equatable {
  package let element: ElementIndex
  package let flow: FlowIndex
  package let scope: ActivityID
  package let payload: PayloadID
}

/// First in, first out; taking the first costs the same however many follow.
package struct TokenQueue: Sendable {
  private var items: [PendingToken] = []
  private var head = 0

  package init(_ items: [PendingToken] = []) { self.items = items }

  package var first: PendingToken? { head < items.count ? items[head] : nil }
  package var count: Int { items.count - head }
  package var isEmpty: Bool { head == items.count }
  package var all: ArraySlice<PendingToken> { items[head...] }

  mutating func append(_ token: PendingToken) { items.append(token) }

  mutating func removeFirst() {
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 64, head * 2 > items.count {
      items.removeFirst(head)
      head = 0
    }
  }

  mutating func removeAll(where drop: (PendingToken) -> Bool) -> [PendingToken] {
    let gone = all.filter(drop)
    items = all.filter { !drop($0) }
    head = 0
    return gone
  }
}

package struct PayloadID: Sendable, Hashable, Comparable {
  package let raw: UInt64

  /// What an instance is created with.
  static let first = PayloadID(raw: 1)

  package static func < (left: PayloadID, right: PayloadID) -> Bool { left.raw < right.raw }
}

/// Each body once, however many tokens carry it; gone with the last of them.
package struct PayloadTable: Sendable {
  package struct Entry: Sendable {
    package let payload: Payload
    package var holders: Int
  }

  package private(set) var entries = SmallMap<PayloadID, Entry>()
  package internal(set) var next: UInt64 = 1
  /// Bytes of all bodies, counted as they come and go.
  package private(set) var bytes = 0

  init() {}

  init(first payload: Payload, holders: Int) {
    entries = SmallMap([(key: .first, value: Entry(payload: payload, holders: holders))])
    next = PayloadID.first.raw + 1
    bytes = payload.bytes.count
  }

  package subscript(id: PayloadID) -> Payload {
    guard let entry = entries[id] else { preconditionFailure("token without payload \(id.raw)") }
    return entry.payload
  }

  /// Adds a body with no holder yet.
  mutating func add(_ payload: Payload) -> PayloadID {
    let id = PayloadID(raw: next)
    next += 1
    bytes += payload.bytes.count
    entries.append(id, Entry(payload: payload, holders: 0))
    return id
  }

  /// Puts back a stored body; its holders follow.
  mutating func restore(_ payload: Payload, as id: PayloadID) {
    bytes += payload.bytes.count - (entries[id]?.payload.bytes.count ?? 0)
    entries[id] = Entry(payload: payload, holders: 0)
  }

  mutating func map<Failure: Error>(_ change: (Payload) throws(Failure) -> Payload) throws(Failure) {
    for (id, entry) in entries {
      let payload = try change(entry.payload)
      bytes += payload.bytes.count - entry.payload.bytes.count
      entries[id] = Entry(payload: payload, holders: entry.holders)
    }
  }

  mutating func hold(_ id: PayloadID) { _ = entries.change(id) { $0.holders += 1 } }

  mutating func release(_ id: PayloadID) {
    var (isLast, size) = (false, 0)
    let isThere = entries.change(id) { entry in
      entry.holders -= 1
      (isLast, size) = (entry.holders <= 0, entry.payload.bytes.count)
    }
    precondition(isThere, "released payload \(id.raw) twice")
    guard isLast else { return }
    bytes -= size
    entries[id] = nil
  }
}
