import FlowCore

/// One batch of the journal as it is read back: what was decided while one commit ran.
package struct EventBatch: Sendable {
  /// When it was decided; time never goes back along a journal.
  package let now: Instant
  package let events: [Event]
}

/// One batch of the journal as it grows.
package struct EventBatchWriter {
  private var writer = ByteWriter()
  package private(set) var count = 0

  package let now: Instant

  package init(now: Instant) {
    self.now = now
    writer.varint(EventCodec.format)
    writer.signed(now.milliseconds)
  }

  package var bytes: [UInt8] { writer.bytes }

  package mutating func append(_ events: EncodedEvents) {
    writer.append(events.writer.bytes)
    count += events.count
  }
}

/// The stored form of one command's events, before it is known into which batch they fit.
package struct EncodedEvents {
  fileprivate var writer = ByteWriter()
  package let count: Int

  package init(_ events: [Event]) {
    count = events.count
    for event in events { writer.event(event) }
  }

  package var byteCount: Int { writer.bytes.count }
}

/// The stored form of events. Every event begins with its kind and its version, so that later houses read older journals.
package enum EventCodec {
  /// Raised when a batch is written in a way that older houses can not read.
  package static let format: UInt64 = 1

  package static func decode(_ bytes: [UInt8]) throws(ByteCodingError) -> EventBatch {
    var reader = ByteReader(bytes)
    let found = try reader.varint()
    guard found == format else { throw reader.fail("journal batch of format \(found), this version reads \(format)") }
    let now = Instant(milliseconds: try reader.signed())
    var events: [Event] = []
    while !reader.atEnd { events.append(try reader.event()) }
    return EventBatch(now: now, events: events)
  }
}

/// Kinds of stored events. A number is never given twice.
private enum Kind: UInt64 {
  case deployed = 1, deploymentChanged, deletionStarted, deploymentDeleted
  case created = 16, passed, activated, completed, arrived, joined, ended, caught, scopeCleared, failed, stopped, retried, finished,
    instanceDeleted, activity, migrated
  case requestAnswered = 64, requestsEvicted
  case messagePublished = 80, messageCorrelated, messageExpired, startTimer, queued, delivered, triggersSeen
}

extension ByteWriter {
  fileprivate mutating func kind(_ kind: Kind, version: UInt64 = 1, _ key: Key? = nil) {
    varint(kind.rawValue)
    varint(version)
    if let key { varint(key.raw) }
  }

  fileprivate mutating func event(_ event: Event) {
    switch event {
    case .deployment(let key, let change): deployment(change, of: key)
    case .instance(let key, let change): instance(change, of: key)
    case .requestAnswered(let key, let name, let instance, let at):
      // Version 1 knew no deployment.
      kind(.requestAnswered, version: name.deployment == nil ? 1 : 2, key)
      string(name.id)
      if let deployment = name.deployment { varint(deployment.raw) }
      id(instance)
      time(at)
    case .requestsEvicted(let last): kind(.requestsEvicted, last)
    case .message(let key, let change): message(change, of: key)
    case .startTimer(let deployment, let element, let timer):
      kind(.startTimer, deployment)
      varint(element.raw)
      optional(timer) { $0.startTimer($1) }
    case .triggersSeen(let deployment, let place, let seen):
      kind(.triggersSeen, deployment)
      self.place(place)
      optional(seen) { $0.seen($1) }
    case .queued(let key, let delivery):
      kind(.queued, key)
      self.delivery(delivery)
    case .delivered(let key): kind(.delivered, key)
    }
  }

  private mutating func message(_ change: MessageEvent, of key: Key) {
    switch change {
    case .published(let message):
      kind(.messagePublished, key)
      self.message(message)
    case .correlated(let processID):
      kind(.messageCorrelated, key)
      string(processID)
    case .expired: kind(.messageExpired, key)
    }
  }

  private mutating func deployment(_ change: DeploymentEvent, of key: Key) {
    switch change {
    case .deployed(let deploy, let state, let at):
      kind(.deployed, key)
      string(deploy.id)
      string(deploy.processID)
      varint(deploy.version)
      string(deploy.digest)
      string(deploy.resourceName)
      bool(deploy.isStopped)
      bool(deploy.needsNothing)
      byte(state.rawValue)
      time(at)
    case .changed(let state, let reason, let at):
      kind(.deploymentChanged, key)
      byte(state.rawValue)
      optional(reason) { $0.string($1) }
      time(at)
    case .deletionStarted: kind(.deletionStarted, key)
    case .deleted: kind(.deploymentDeleted, key)
    }
  }

  private mutating func instance(_ change: InstanceEvent, of key: Key) {
    switch change {
    case .created(let created): self.created(created, key)
    case .passed(let element, let flows):
      kind(.passed, key)
      varint(element.raw)
      self.flows(flows)
    case .activated(let activity, let element, let activated):
      kind(.activated, key)
      varint(activity.raw)
      varint(element.raw)
      self.activated(activated)
    case .completed(let activity, let payload, let flows):
      kind(.completed, key)
      varint(activity.raw)
      optional(payload) { $0.payload($1) }
      self.flows(flows)
    case .arrived(let element, let flow):
      kind(.arrived, key)
      varint(element.raw)
      varint(flow.raw)
    case .joined(let element, let scope, let incoming, let flows):
      kind(.joined, key)
      varint(element.raw)
      varint(scope.raw)
      self.flows(incoming)
      self.flows(flows)
    case .ended(let element):
      kind(.ended, key)
      varint(element.raw)
    case .caught(let activity, let boundary, let code, let flows):
      kind(.caught, key)
      varint(activity.raw)
      varint(boundary.raw)
      string(code)
      self.flows(flows)
    case .scopeCleared(let scope):
      kind(.scopeCleared, key)
      varint(scope.raw)
    case .failed(let activity, let failure):
      kind(.failed, key)
      varint(activity.raw)
      self.failure(failure)
    case .stopped(let failure, let at):
      kind(.stopped, key)
      optional(failure) { $0.failure($1) }
      time(at)
    case .retried(let retries, let at):
      kind(.retried, key)
      self.retries(retries)
      time(at)
    case .migrated(let migration):
      kind(.migrated, key)
      self.migration(migration)
    case .activity(let activity, let event):
      kind(.activity, key)
      varint(activity.raw)
      activityEvent(event)
    case .finished(let state, let payload, let failure, let at):
      kind(.finished, key)
      byte(state.rawValue)
      optional(payload) { $0.payload($1) }
      optional(failure) { $0.failure($1) }
      time(at)
    case .deleted(let id):
      kind(.instanceDeleted, key)
      fixed64(id.entropy)
    }
  }

  private mutating func retries(_ retries: [Retry]) {
    list(retries) {
      $0.varint($1.activity.raw)
      $0.varint($1.job.raw)
    }
  }

  private mutating func created(_ created: InstanceCreated, _ key: Key) {
    // Version 1 always had a start and no more.
    kind(.created, version: 2, key)
    fixed64(created.id.entropy)
    varint(created.deployment.raw)
    optional(created.start) { $0.varint($1.raw) }
    payload(created.payload)
    pairs(created.metadata)
    bool(created.isStopped)
    time(created.at)
    optional(created.parent) { $0.parent($1) }
    optional(created.startKey) { $0.string($1) }
    varint(created.callDepth)
  }

  private mutating func activated(_ activated: Activated) {
    switch activated {
    case .job(let job):
      byte(1)
      varint(job.raw)
    case .scope(let start):
      byte(2)
      varint(start.raw)
    case .open: byte(3)
    }
  }

  private mutating func flows(_ flows: [FlowIndex]) { list(flows) { $0.varint($1.raw) } }

  mutating func time(_ instant: Instant) { signed(instant.milliseconds) }

  mutating func id(_ id: InstanceID) {
    varint(id.key.raw)
    fixed64(id.entropy)
  }

  /// The bytes themselves, or the digest of those that the store keeps apart.
  mutating func payload(_ payload: Payload) {
    string(payload.contentType)
    bool(payload.blob != nil)
    blob(payload.blob ?? payload.bytes)
  }

  mutating func pairs(_ pairs: [(name: String, value: String)]) {
    list(pairs) {
      $0.string($1.name)
      $0.string($1.value)
    }
  }

  mutating func failure(_ failure: ServiceFailure) {
    string(failure.code)
    string(failure.message)
    optional(failure.elementID) { $0.string($1) }
    payload(failure.report)
  }
}

extension ByteReader {
  fileprivate mutating func event() throws(ByteCodingError) -> Event {
    let number = try varint()
    let version = try varint()
    guard let kind = Kind(rawValue: number) else { throw fail("unknown event kind \(number)") }
    let supported: UInt64 = kind == .requestAnswered || kind == .created ? 2 : 1
    guard (1...supported).contains(version) else {
      throw fail("event kind \(number) of version \(version), this version reads up to \(supported)")
    }
    switch kind {
    case .deployed, .deploymentChanged, .deletionStarted, .deploymentDeleted:
      return .deployment(try key(), try deployment(kind))
    case .created, .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .retried,
      .finished, .instanceDeleted, .activity, .migrated:
      let key = try key()
      return .instance(key, try instance(kind, version, key))
    case .requestAnswered:
      return .requestAnswered(key: try key(), try requestName(hasDeployment: version == 2), try instanceID(), at: try time())
    case .requestsEvicted: return .requestsEvicted(through: try key())
    case .messagePublished:
      let key = try key()
      return .message(key, .published(try message()))
    case .messageCorrelated: return .message(try key(), .correlated(processID: try string()))
    case .messageExpired: return .message(try key(), .expired)
    case .startTimer:
      return .startTimer(try key(), try element(), try optional { (reader) throws(ByteCodingError) in try reader.startTimer() })
    case .triggersSeen:
      return .triggersSeen(
        try key(), try place(), try optional { (reader) throws(ByteCodingError) in try reader.seenTriggers() })
    case .queued: return .queued(try key(), try delivery())
    case .delivered: return .delivered(try key())
    }
  }

  private mutating func deployment(_ kind: Kind) throws(ByteCodingError) -> DeploymentEvent {
    switch kind {
    case .deployed:
      let deploy = Deploy(
        id: try string(), processID: try string(), version: try int(), digest: try string(), resourceName: try string(),
        isStopped: try bool(), needsNothing: try bool())
      return .deployed(deploy, try deploymentState(), at: try time())
    case .deploymentChanged:
      return .changed(
        try deploymentState(), reason: try optional { (reader) throws(ByteCodingError) in try reader.string() }, at: try time())
    case .deletionStarted: return .deletionStarted
    case .deploymentDeleted: return .deleted
    case .created, .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .retried,
      .finished, .instanceDeleted, .activity, .migrated, .requestAnswered, .requestsEvicted, .messagePublished, .messageCorrelated,
      .messageExpired, .startTimer, .triggersSeen, .queued, .delivered:
      throw fail("not a deployment's event")
    }
  }

  private mutating func instance(_ kind: Kind, _ version: UInt64, _ key: Key) throws(ByteCodingError) -> InstanceEvent {
    switch kind {
    case .created: return .created(try created(key, version))
    case .passed: return .passed(try element(), flows: try flows())
    case .activated: return .activated(try activity(), try element(), try activated())
    case .completed: return .completed(try activity(), try optionalPayload(), flows: try flows())
    case .arrived: return .arrived(try element(), FlowIndex(try int()))
    case .joined: return .joined(try element(), scope: try activity(), incoming: try flows(), flows: try flows())
    case .ended: return .ended(try element())
    case .caught: return .caught(try activity(), boundary: try element(), code: try string(), flows: try flows())
    case .scopeCleared: return .scopeCleared(try activity())
    case .failed: return .failed(try activity(), try failure())
    case .stopped: return .stopped(try optionalFailure(), at: try time())
    case .retried: return .retried(try list { (reader) throws(ByteCodingError) in try reader.retry() }, at: try time())
    case .finished: return .finished(try instanceState(), try optionalPayload(), try optionalFailure(), at: try time())
    case .instanceDeleted: return .deleted(InstanceID(key: key, entropy: try fixed64()))
    case .activity: return .activity(try activity(), try activityEvent())
    case .migrated: return .migrated(try migrated())
    case .deployed, .deploymentChanged, .deletionStarted, .deploymentDeleted, .requestAnswered, .requestsEvicted, .messagePublished,
      .messageCorrelated, .messageExpired, .startTimer, .triggersSeen, .queued, .delivered:
      throw fail("not an instance's event")
    }
  }

  private mutating func created(_ key: Key, _ version: UInt64) throws(ByteCodingError) -> InstanceCreated {
    let id = InstanceID(key: key, entropy: try fixed64())
    let deployment = try self.key()
    let start = version == 1 ? try element() : try optional { (reader) throws(ByteCodingError) in try reader.element() }
    return InstanceCreated(
      id: id, deployment: deployment, start: start, payload: try payload(), metadata: try pairs(), isStopped: try bool(), at: try time(),
      parent: try version > 1 ? optional { (reader) throws(ByteCodingError) in try reader.parent() } : nil,
      startKey: try version > 1 ? optionalString() : nil, callDepth: try version > 1 ? int() : 0)
  }

  private mutating func activated() throws(ByteCodingError) -> Activated {
    switch try byte() {
    case 1: return .job(try key())
    case 2: return .scope(start: try element())
    case 3: return .open
    default: throw fail("unknown activation")
    }
  }

  private mutating func retry() throws(ByteCodingError) -> Retry { Retry(activity: try activity(), job: try key()) }
  mutating func flows() throws(ByteCodingError) -> [FlowIndex] {
    try list { (reader) throws(ByteCodingError) in FlowIndex(try reader.int()) }
  }

  mutating func requestName(hasDeployment: Bool) throws(ByteCodingError) -> RequestName {
    RequestName(id: try string(), deployment: hasDeployment ? try key() : nil)
  }

  mutating func key() throws(ByteCodingError) -> Key { Key(raw: try varint()) }
  mutating func element() throws(ByteCodingError) -> ElementIndex { ElementIndex(try int()) }
  mutating func activity() throws(ByteCodingError) -> ActivityID { ActivityID(try varint()) }
  mutating func time() throws(ByteCodingError) -> Instant { Instant(milliseconds: try signed()) }
  mutating func instanceID() throws(ByteCodingError) -> InstanceID { InstanceID(key: try key(), entropy: try fixed64()) }

  mutating func payload() throws(ByteCodingError) -> Payload {
    let contentType = try string()
    return try bool()
      ? Payload(bytes: [], contentType: contentType, blob: try blob()) : Payload(bytes: try blob(), contentType: contentType)
  }

  mutating func optionalPayload() throws(ByteCodingError) -> Payload? {
    try optional { (reader) throws(ByteCodingError) in try reader.payload() }
  }

  mutating func pairs() throws(ByteCodingError) -> [(name: String, value: String)] {
    try list { (reader) throws(ByteCodingError) in (name: try reader.string(), value: try reader.string()) }
  }

  mutating func failure() throws(ByteCodingError) -> ServiceFailure {
    ServiceFailure(
      code: try string(), message: try string(), elementID: try optional { (reader) throws(ByteCodingError) in try reader.string() },
      report: try payload())
  }

  mutating func optionalFailure() throws(ByteCodingError) -> ServiceFailure? {
    try optional { (reader) throws(ByteCodingError) in try reader.failure() }
  }

  mutating func deploymentState() throws(ByteCodingError) -> DeploymentState {
    guard let state = DeploymentState(rawValue: try byte()) else { throw fail("unknown deployment state") }
    return state
  }

  mutating func instanceState() throws(ByteCodingError) -> InstanceState {
    guard let state = InstanceState(rawValue: try byte()) else { throw fail("unknown instance state") }
    return state
  }
}
