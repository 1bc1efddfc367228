import FlowCore

/// Everything that one single-writer loop decides over. Changed only by `evolve`.
package struct PartitionState: Sendable {
  package internal(set) var nextKey: Key
  /// The last journaled now; time never goes back.
  package private(set) var now = Instant(milliseconds: 0)
  package internal(set) var deployments: [Key: Deployment] = [:]
  package internal(set) var instances = InstanceTable()
  package internal(set) var requests = AnsweredRequests()
  package internal(set) var messages = MessageBuffer()
  /// Work between instances, in the order of its keys.
  package internal(set) var deliveries = Deliveries()
  package internal(set) var lookups = Lookups()
  /// The deployments of each process, lowest version first.
  package private(set) var versions: [String: [Key]] = [:]
  /// How many live instances each deployment has.
  package private(set) var liveInstances: [Key: Int] = [:]
  /// What all live instances take in memory, as the bound on it counts: a running sum, so that asking and stepping cost nothing.
  package private(set) var liveBytes = 0

  package init(partition: UInt64) {
    nextKey = .first(partition: partition)
  }

  /// The record of the counter and the clock. Every checkpoint step carries it, so that no key is ever given twice.
  package var counterKey: Key { Key(raw: (nextKey.raw >> Key.counterBits) << Key.counterBits) }

  /// The instance that an earlier request of the same name created.
  package func answer(to create: CreateInstance) -> InstanceID? { create.requestName.flatMap { requests[$0]?.instance } }

  package mutating func advance(to instant: Instant) { now = max(now, instant) }

  /// Instances that are neither finished nor gone.
  package func liveCount(of deployment: Key) -> Int { liveInstances[deployment, default: 0] }

  /// The deployments in the order in which they came.
  package var deploymentsInOrder: [Deployment] { deployments.values.sorted { $0.key < $1.key } }

  package func deployment(id: String) -> Deployment? { deployments.values.first { $0.id == id } }

  /// Keys are allocated by events; every key that is seen lies below the next one.
  mutating func sawKey(_ key: Key) {
    if key >= nextKey { nextKey = key.next }
  }

  /// Whether there is something with this key.
  package func has(_ key: Key) -> Bool { record(key) != nil }

  /// What a checkpoint keeps under this key.
  package func record(_ key: Key) -> StateRecord? {
    if key == counterKey { return .counter(key, next: nextKey, now: now) }
    if let instance = instances[key] { return .instance(instance) }
    if let deployment = deployments[key] { return .deployment(deployment) }
    if let message = messages[key] { return .message(message) }
    if let delivery = deliveries[key] { return .delivery(key, delivery) }
    return requests.entry(key).map { .request($0) }
  }

  /// All records, in the order of their keys.
  package var records: [StateRecord] {
    let all =
      [StateRecord.counter(counterKey, next: nextKey, now: now)] + deployments.values.map { StateRecord.deployment($0) }
      + instances.values.map { .instance($0) }
      + requests.entries.map { .request($0) } + messages.all.map { .message($0) } + deliveries.all.map { .delivery($0.key, $0.delivery) }
    return all.sorted { $0.key < $1.key }
  }

  /// Puts back what a checkpoint kept.
  package mutating func restore(_ records: [StateRecord]) {
    for record in records.sorted(by: { $0.key < $1.key }) {
      sawKey(record.key)
      switch record {
      case .counter(_, let next, let now):
        nextKey = max(nextKey, next)
        advance(to: now)
      case .ended: break
      case .deployment(let deployment):
        insert(deployment)
        for (element, timer) in deployment.startTimers { lookups.agenda.set(.start(deployment: deployment.key, element), at: timer.due) }
      case .instance(let instance):
        for activity in instance.activities.values { if let job = activity.job { sawKey(job) } }
        for details in instance.details.values { for key in details.keys { sawKey(key) } }
        insert(instance)
        lookups.add(instance)
      case .request(let entry): requests.insert(entry)
      case .message(let message): insert(message)
      case .delivery(let key, let delivery):
        if case .call(_, _, let id, _) = delivery { sawKey(id.key) }
        deliveries[key] = delivery
      }
    }
  }

  mutating func insert(_ deployment: Deployment) {
    deployments[deployment.key] = deployment
    versions[deployment.processID, default: []].append(deployment.key)
    versions[deployment.processID]?.sort { (deployments[$0]?.version ?? 0, $0) < (deployments[$1]?.version ?? 0, $1) }
  }

  mutating func removeDeployment(_ key: Key) {
    guard let gone = deployments.removeValue(forKey: key) else { return }
    forgetTimers(of: gone)
    versions[gone.processID]?.removeAll { $0 == key }
    if versions[gone.processID]?.isEmpty == true { versions[gone.processID] = nil }
  }

  mutating func insert(_ instance: consuming Instance) {
    lookups.noteStart(of: instance)
    liveBytes += instance.liveBytes
    let deployment = instance.deployment
    if let old = instances.insert(instance) { liveBytes -= old.liveBytes } else { liveInstances[deployment, default: 0] += 1 }
  }

  /// - Returns: false when there is no such instance.
  mutating func change(_ key: Key, _ body: (inout Instance) -> Void) -> Bool {
    var grown = 0
    var noted: [Noted] = []
    let isThere = instances.change(key) { instance in
      grown = -instance.liveBytes
      body(&instance)
      grown += instance.liveBytes
      noted = instance.noted
      if !noted.isEmpty { instance.noted = [] }
    }
    liveBytes += grown
    for note in noted { lookups.take(note, of: key) }
    return isThere
  }

  mutating func removeInstance(_ key: Key) {
    instances.remove(key) { instance in
      lookups.remove(instance)
      liveBytes -= instance.liveBytes
      liveInstances[instance.deployment, default: 1] -= 1
      if liveInstances[instance.deployment] == 0 { liveInstances[instance.deployment] = nil }
    }
  }
}

/// One applied process and where its life stands.
package struct Deployment: Sendable {
  package let key: Key
  package let id: String
  package let processID: String
  package let version: Int
  package let digest: String
  package let resourceName: String
  package let appliedAt: Instant
  package internal(set) var state: DeploymentState
  package internal(set) var reason: String?
  package internal(set) var since: Instant
  package internal(set) var isBeingDeleted = false
  /// When its timer start events fire next.
  package internal(set) var startTimers = SmallMap<ElementIndex, StartTimer>()
  /// What has come of start events that need several triggers.
  package internal(set) var seenTriggers: [StartPlace: SeenTriggers] = [:]

  package init(key: Key, _ deploy: Deploy, _ state: DeploymentState, at: Instant) {
    self.key = key
    id = deploy.id
    processID = deploy.processID
    version = deploy.version
    digest = deploy.digest
    resourceName = deploy.resourceName
    appliedAt = at
    self.state = state
    since = at
  }
}

/// What a request is known by: two clients that choose the same id for different deployments do not mean each other's.
package struct RequestName: Sendable, Hashable {
  package let id: String
  /// Nil for answers that older releases stored; they answer a repeat whatever its deployment, as they did then.
  package let deployment: Key?

  package init(id: String, deployment: Key?) {
    self.id = id
    self.deployment = deployment
  }
}

/// Answers given to requests with an id, oldest first, so that a repeat gets the same answer.
package struct AnsweredRequests: Sendable {
  package struct Entry: Sendable, Equatable {
    package let key: Key
    package let name: RequestName
    package let instance: InstanceID
    package let at: Instant
  }

  private var byName: [RequestName: Entry] = [:]
  private var byKey: [Key: Entry] = [:]
  private var order: [Entry] = []
  private var evicted = 0

  package var count: Int { order.count - evicted }
  package subscript(name: RequestName) -> Entry? { byName[name] ?? byName[RequestName(id: name.id, deployment: nil)] }
  func entry(_ key: Key) -> Entry? { byKey[key] }
  package var entries: ArraySlice<Entry> { order[evicted...] }

  /// How many of the oldest are over the bounds, at most a few at a time so that no command pays for a crowd.
  ///
  /// - Returns: the last of them; nil when none is.
  package func overdue(at now: Instant) -> Key? {
    var last: Key?
    for (index, entry) in entries.prefix(16).enumerated() {
      guard count - index >= Limits.answeredRequests || now - entry.at > Limits.answeredRequestMs else { break }
      last = entry.key
    }
    return last
  }

  /// Recovery brings those that have records first, and then others from the journal, in any order.
  mutating func insert(_ entry: Entry) {
    guard byKey.updateValue(entry, forKey: entry.key) == nil else { return }
    if byName[entry.name].map({ $0.key < entry.key }) ?? true { byName[entry.name] = entry }
    var place = order.count
    while place > evicted, order[place - 1].key > entry.key { place -= 1 }
    order.insert(entry, at: place)
  }

  mutating func evict(through last: Key) {
    let gone = Array(entries.prefix { $0.key <= last })
    for entry in gone {
      if byName[entry.name]?.key == entry.key { byName[entry.name] = nil }
      byKey[entry.key] = nil
    }
    evicted += gone.count
    if evicted > 1024, evicted * 2 > order.count {
      order.removeFirst(evicted)
      evicted = 0
    }
  }
}
