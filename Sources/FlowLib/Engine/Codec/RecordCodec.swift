import FlowCore

/// The stored form of what a checkpoint keeps: one record a deployment, an instance or an answered request.
package enum StateRecord: Sendable {
  case counter(Key, next: Key, now: Instant)
  /// What had this key is gone; its older record must not come back, and events up to the record's stamp pass it over.
  case ended(Key)
  case deployment(Deployment)
  case instance(Instance)
  case request(AnsweredRequests.Entry)
  case message(BufferedMessage)
  case delivery(Key, Delivery)

  package var key: Key {
    switch self {
    case .counter(let key, _, _), .ended(let key), .delivery(let key, _): key
    case .message(let message): message.key
    case .deployment(let deployment): deployment.key
    case .instance(let instance): instance.id.key
    case .request(let entry): entry.key
    }
  }
}

package enum RecordCodec {
  package static let format: UInt64 = 1

  /// Canonical: the same state always gives the same bytes.
  package static func encode(_ record: StateRecord) -> [UInt8] {
    var writer = ByteWriter()
    writer.varint(format)
    switch record {
    case .counter(let key, let next, let now):
      writer.byte(4)
      writer.varint(key.raw)
      writer.varint(next.raw)
      writer.time(now)
    case .ended(let key):
      writer.byte(5)
      writer.varint(key.raw)
    case .deployment(let deployment):
      // 1 is the form of older releases, which knew no timers of it.
      let hasTriggers = !deployment.seenTriggers.isEmpty
      writer.byte(hasTriggers ? 11 : deployment.startTimers.isEmpty ? 1 : 8)
      writer.deployment(deployment)
      if hasTriggers || !deployment.startTimers.isEmpty { writer.startTimers(deployment.startTimers) }
      if hasTriggers { writer.triggers(deployment.seenTriggers) }
    case .instance(let instance):
      // 2 is the form of older releases, which had tokens and activities only; 7 is of one that waits.
      let ranOn = instance.stepsInARow > 0
      writer.byte(ranOn ? 12 : instance.isPlain ? 2 : 7)
      writer.instance(instance)
      if ranOn || !instance.isPlain { writer.beyondPlain(instance) }
      if ranOn { writer.varint(instance.stepsInARow) }
    case .message(let message):
      writer.byte(9)
      writer.message(message)
    case .delivery(let key, let delivery):
      writer.byte(10)
      writer.varint(key.raw)
      writer.delivery(delivery)
    case .request(let entry):
      // 3 is the form of older releases, which knew no deployment.
      writer.byte(entry.name.deployment == nil ? 3 : 6)
      writer.varint(entry.key.raw)
      writer.string(entry.name.id)
      if let deployment = entry.name.deployment { writer.varint(deployment.raw) }
      writer.id(entry.instance)
      writer.time(entry.at)
    }
    return writer.bytes
  }

  package static func decode(_ bytes: [UInt8]) throws(ByteCodingError) -> StateRecord {
    var reader = ByteReader(bytes)
    let found = try reader.varint()
    guard found == format else { throw reader.fail("record of format \(found), this version reads \(format)") }
    let kind = try reader.byte()
    switch kind {
    case 1, 8, 11: return .deployment(try reader.deployment(hasTimers: kind != 1, hasTriggers: kind == 11))
    case 2, 7, 12: return .instance(try reader.instance(isPlain: kind == 2, ranOn: kind == 12))
    case 9: return .message(try reader.message())
    case 10: return .delivery(try reader.key(), try reader.delivery())
    case 3, 6:
      return .request(
        AnsweredRequests.Entry(
          key: try reader.key(), name: try reader.requestName(hasDeployment: kind == 6), instance: try reader.instanceID(),
          at: try reader.time()))
    case 4: return .counter(try reader.key(), next: try reader.key(), now: try reader.time())
    case 5: return .ended(try reader.key())
    default: throw reader.fail("unknown record")
    }
  }
}

extension ByteWriter {
  fileprivate mutating func deployment(_ deployment: Deployment) {
    varint(deployment.key.raw)
    string(deployment.id)
    string(deployment.processID)
    varint(deployment.version)
    string(deployment.digest)
    string(deployment.resourceName)
    time(deployment.appliedAt)
    byte(deployment.state.rawValue)
    optional(deployment.reason) { $0.string($1) }
    time(deployment.since)
    bool(deployment.isBeingDeleted)
  }

  fileprivate mutating func startTimers(_ timers: SmallMap<ElementIndex, StartTimer>) {
    list(timers.keys.sorted()) {
      $0.varint($1.raw)
      $0.optional(timers[$1]) { $0.startTimer($1) }
    }
  }

  fileprivate mutating func triggers(_ triggers: [StartPlace: SeenTriggers]) {
    list(triggers.keys.sorted()) {
      $0.place($1)
      $0.seen(triggers[$1] ?? SeenTriggers())
    }
  }

  fileprivate mutating func beyondPlain(_ instance: Instance) {
    list(instance.details.keys.sorted()) {
      $0.varint($1.raw)
      $0.details(instance.details[$1] ?? Details())
    }
    optional(instance.rootPayload) { $0.varint($1.raw) }
    optional(instance.parent) { $0.parent($1) }
    optional(instance.startKey) { $0.string($1) }
    varint(instance.callDepth)
  }

  fileprivate mutating func instance(_ instance: Instance) {
    id(instance.id)
    varint(instance.deployment.raw)
    time(instance.createdAt)
    pairs(instance.metadata)
    byte(instance.state.rawValue)
    optional(instance.failure) { $0.failure($1) }
    varint(instance.nextActivity)
    varint(instance.payloads.next)
    list(instance.payloads.entries.keys.sorted()) {
      $0.varint($1.raw)
      $0.payload(instance.payloads[$1])
    }
    list(instance.activitiesInOrder) { $0.activity($1) }
    list(Array(instance.pending.all)) {
      $0.varint($1.element.raw)
      $0.optional($1.flow) { $0.varint($1.raw) }
      $0.varint($1.scope.raw)
      $0.varint($1.payload.raw)
    }
    list(instance.waiting) {
      $0.varint($1.element.raw)
      $0.varint($1.flow.raw)
      $0.varint($1.scope.raw)
      $0.varint($1.payload.raw)
    }
    optional(instance.lastEnd) {
      $0.varint($1.element.raw)
      $0.varint($1.payload.raw)
    }
  }

  private mutating func activity(_ activity: Activity) {
    varint(activity.id.raw)
    varint(activity.element.raw)
    varint(activity.scope.raw)
    varint(activity.payload.raw)
    optional(activity.job) { $0.varint($1.raw) }
    bool(activity.hasFailed)
    optional(activity.lastPayload) { $0.varint($1.raw) }
  }
}

extension ByteReader {
  fileprivate mutating func deployment(hasTimers: Bool, hasTriggers: Bool) throws(ByteCodingError) -> Deployment {
    let key = try key()
    let deploy = Deploy(
      id: try string(), processID: try string(), version: try int(), digest: try string(), resourceName: try string(), isStopped: false,
      needsNothing: false)
    let appliedAt = try time()
    var deployment = Deployment(key: key, deploy, try deploymentState(), at: appliedAt)
    deployment.reason = try optional { (reader) throws(ByteCodingError) in try reader.string() }
    deployment.since = try time()
    deployment.isBeingDeleted = try bool()
    guard hasTimers else { return deployment }
    let timers = try list { (reader) throws(ByteCodingError) in
      (try reader.element(), try reader.optional { (reader) throws(ByteCodingError) in try reader.startTimer() })
    }
    for (element, timer) in timers { deployment.startTimers[element] = timer }
    guard hasTriggers else { return deployment }
    let triggers = try list { (reader) throws(ByteCodingError) in (try reader.place(), try reader.seenTriggers()) }
    for (place, seen) in triggers { deployment.seenTriggers[place] = seen }
    return deployment
  }

  fileprivate mutating func instance(isPlain: Bool, ranOn: Bool) throws(ByteCodingError) -> Instance {
    var instance = Instance(
      id: try instanceID(), deployment: try key(), createdAt: try time(), metadata: try pairs(), state: try instanceState())
    instance.failure = try optionalFailure()
    instance.nextActivity = try varint()
    let nextPayload = try varint()
    let payloads = try list { (reader) throws(ByteCodingError) in (id: try reader.payloadID(), payload: try reader.payload()) }
    let activities = try list { (reader) throws(ByteCodingError) in try reader.storedActivity() }
    let pending = try list { (reader) throws(ByteCodingError) in
      PendingToken(
        element: try reader.element(), flow: try reader.optional { (reader) throws(ByteCodingError) in FlowIndex(try reader.int()) },
        scope: try reader.activity(), payload: try reader.payloadID())
    }
    let waiting = try list { (reader) throws(ByteCodingError) in
      WaitingToken(
        element: try reader.element(), flow: FlowIndex(try reader.int()), scope: try reader.activity(), payload: try reader.payloadID())
    }
    let lastEnd = try optional { (reader) throws(ByteCodingError) in
      LastEnd(element: try reader.element(), payload: try reader.payloadID())
    }
    if !isPlain { try beyondPlain(&instance, ranOn: ranOn) }
    guard instance.restore(payloads, nextPayload, activities, pending, waiting, lastEnd) else {
      throw fail("record names a payload it does not hold")
    }
    guard Set(activities.map(\.id)).count == activities.count, Set(payloads.map(\.id)).count == payloads.count, instance.isSound else {
      throw fail("record of an instance that makes no sense")
    }
    return instance
  }

  private mutating func beyondPlain(_ instance: inout Instance, ranOn: Bool) throws(ByteCodingError) {
    for (id, details) in try list({ (reader) throws(ByteCodingError) in (try reader.activity(), try reader.details()) }) {
      instance.details[id] = details
      instance.index(id, details)
      for (name, value) in details.variables { instance.variableBytes += name.utf8.count + value.bytes.count }
    }
    instance.rootPayload = try optional { (reader) throws(ByteCodingError) in try reader.payloadID() }
    instance.parent = try optional { (reader) throws(ByteCodingError) in try reader.parent() }
    instance.startKey = try optionalString()
    instance.callDepth = try int()
    if ranOn { instance.stepsInARow = try int() }
  }

  fileprivate mutating func payloadID() throws(ByteCodingError) -> PayloadID { PayloadID(raw: try varint()) }

  private mutating func storedActivity() throws(ByteCodingError) -> Activity {
    var stored = Activity(
      id: try activity(), element: try element(), scope: try activity(), payload: try payloadID(),
      job: try optional { (reader) throws(ByteCodingError) in try reader.key() })
    stored.hasFailed = try bool()
    stored.lastPayload = try optional { (reader) throws(ByteCodingError) in try reader.payloadID() }
    return stored
  }
}

extension Instance {
  /// Nothing but tokens and activities.
  fileprivate var isPlain: Bool { details.isEmpty && rootPayload == nil && parent == nil && startKey == nil }

  /// Puts the parts together; holders and counts follow from them.
  ///
  /// - Returns: false when a token or activity names a payload that is not there.
  fileprivate mutating func restore(
    _ payloads: [(id: PayloadID, payload: Payload)], _ nextPayload: UInt64, _ activities: [Activity], _ pending: [PendingToken],
    _ waiting: [WaitingToken], _ lastEnd: LastEnd?
  ) -> Bool {
    for (id, payload) in payloads { self.payloads.restore(payload, as: id) }
    self.payloads.next = nextPayload
    self.pending = TokenQueue(pending)
    self.waiting = waiting
    self.lastEnd = lastEnd
    for activity in activities {
      self.activities[activity.id] = activity
      scopes[activity.scope, default: ScopeCount()].live += 1
    }
    for token in pending { scopes[token.scope, default: ScopeCount()].live += 1 }
    for token in waiting {
      scopes[token.scope, default: ScopeCount()].live += 1
      scopes[token.scope, default: ScopeCount()].waiting += 1
    }
    let held =
      activities.map(\.payload) + activities.compactMap(\.lastPayload) + pending.map(\.payload) + waiting.map(\.payload)
      + (lastEnd.map { [$0.payload] } ?? []) + (rootPayload.map { [$0] } ?? [])
    for id in held { self.payloads.hold(id) }
    return held.allSatisfy { self.payloads.entries[$0] != nil }
  }
}
