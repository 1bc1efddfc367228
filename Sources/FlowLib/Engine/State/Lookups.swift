import FlowCore

/// Where to find what an event from outside or a time concerns. Follows from the records, so that it is never stored.
package struct Lookups: Sendable {
  package var agenda = Agenda()
  package var messageWaits: [Topic: OrderedPlaces] = [:]
  /// How many of them wait for properties of a message, by its name.
  package var propertyWaits: [String: Int] = [:]
  package var signalWaits: [String: OrderedPlaces] = [:]
  package var jobs: [String: JobQueue] = [:]
  /// Every open job of a worker, user task and incident, by its key.
  package var places: [Key: WaitPlace] = [:]
  /// Live instances that a message started, by process and correlation key.
  package var started: [StartedBy: Key] = [:]

  package struct StartedBy: Sendable, Hashable {
    package let deployment: Key
    package let correlationKey: String
  }

  mutating func take(_ note: Noted, of instance: Key) {
    switch note {
    case .opened(let activity, let wait): open(wait, of: activity, in: instance)
    case .closed(let activity, let wait): close(wait, of: activity, in: instance)
    case .jobChanged(let activity, let old, let new): change(old, to: new, of: activity, in: instance)
    case .named(let activity, let key): places[key] = WaitPlace(instance: instance, activity: activity, wait: key)
    case .unnamed(let key): places[key] = nil
    }
  }

  /// All that an instance as it was stored waits for.
  mutating func add(_ instance: Instance) {
    noteStart(of: instance)
    for (activity, details) in instance.details {
      if instance.state == .running {
        for wait in details.waits { open(wait, of: activity, in: instance.id.key) }
        if let job = details.job { change(nil, to: job, of: activity, in: instance.id.key) }
      }
      for key in [details.userTask?.key, details.incident?.key].compactMap({ $0 }) { take(.named(activity, key), of: instance.id.key) }
    }
  }

  /// Recovery may know the next one already, from its record.
  mutating func noteStart(of instance: Instance) {
    guard let key = instance.startKey.map({ StartedBy(deployment: instance.deployment, correlationKey: $0) }) else { return }
    started[key] = max(started[key] ?? instance.id.key, instance.id.key)
  }

  mutating func remove(_ instance: Instance) {
    if let key = instance.startKey.map({ StartedBy(deployment: instance.deployment, correlationKey: $0) }), started[key] == instance.id.key
    {
      started[key] = nil
    }
    for (activity, details) in instance.details {
      for wait in details.waits { close(wait, of: activity, in: instance.id.key) }
      if let job = details.job { change(job, to: nil, of: activity, in: instance.id.key) }
      for key in [details.userTask?.key, details.incident?.key].compactMap({ $0 }) { places[key] = nil }
    }
  }

  private mutating func open(_ wait: Wait, of activity: ActivityID, in instance: Key) {
    let place = WaitPlace(instance: instance, activity: activity, wait: wait.key)
    switch wait.kind {
    case .timer(let due, _): agenda.set(.wait(instance: instance, activity: activity, wait: wait.key), at: due)
    case .message(let name, let key):
      let isNew = messageWaits[Topic(name: name, correlationKey: key), default: OrderedPlaces()].insert(place)
      if isNew, key.hasPrefix(CorrelationPlan.mark) { propertyWaits[name, default: 0] += 1 }
    case .signal(let name): _ = signalWaits[name, default: OrderedPlaces()].insert(place)
    case .condition: break
    }
  }

  private mutating func close(_ wait: Wait, of activity: ActivityID, in instance: Key) {
    switch wait.kind {
    case .timer: agenda.clear(.wait(instance: instance, activity: activity, wait: wait.key))
    case .message(let name, let key):
      let wasThere = messageWaits.removePlace(wait.key, under: Topic(name: name, correlationKey: key))
      guard wasThere, key.hasPrefix(CorrelationPlan.mark), let count = propertyWaits[name] else { return }
      propertyWaits[name] = count > 1 ? count - 1 : nil
    case .signal(let name): _ = signalWaits.removePlace(wait.key, under: name)
    case .condition: break
    }
  }

  private mutating func change(_ old: WorkerJob?, to new: WorkerJob?, of activity: ActivityID, in instance: Key) {
    if let old, old.isActivatable {
      jobs[old.type]?.remove(old.key)
      if jobs[old.type]?.isEmpty == true { jobs[old.type] = nil }
    }
    if let old { agenda.clear(.job(instance: instance, activity: activity, job: old.key)) }
    if let old, new?.key != old.key { places[old.key] = nil }
    guard let new else { return }
    let place = WaitPlace(instance: instance, activity: activity, wait: new.key)
    places[new.key] = place
    if new.isActivatable { jobs[new.type, default: JobQueue()].insert(place) }
    if let due = new.lock?.until ?? new.backoffUntil { agenda.set(.job(instance: instance, activity: activity, job: new.key), at: due) }
  }
}

extension Dictionary where Value == OrderedPlaces {
  /// - Returns: false when it was not there.
  fileprivate mutating func removePlace(_ wait: FlowEngine.Key, under name: Key) -> Bool {
    let wasThere = self[name]?.remove(wait) ?? false
    if self[name]?.isEmpty == true { self[name] = nil }
    return wasThere
  }
}

/// Work between instances, first in, first out.
package struct Deliveries: Sendable {
  private var byKey: [Key: Delivery] = [:]
  private var heap = MinHeap<Key>()

  package var count: Int { byKey.count }
  package var isEmpty: Bool { byKey.isEmpty }
  package var all: [(key: Key, delivery: Delivery)] { byKey.keys.sorted().compactMap { key in byKey[key].map { (key, $0) } } }

  package subscript(key: Key) -> Delivery? {
    get { byKey[key] }
    set {
      if let newValue {
        if byKey.updateValue(newValue, forKey: key) == nil { heap.insert(key) }
      } else {
        byKey[key] = nil
      }
      while let first = heap.first, byKey[first] == nil { heap.removeFirst() }
    }
  }

  package var first: (key: Key, delivery: Delivery)? { heap.first.flatMap { key in byKey[key].map { (key, $0) } } }
}

extension Details {
  /// The keys that were given to what is open.
  package var keys: [Key] { waits.map(\.key) + [job?.key, incident?.key, userTask?.key, call?.id.key].compactMap { $0 } }
}

extension PartitionState {
  mutating func insert(_ message: BufferedMessage) {
    messages.insert(message)
    lookups.agenda.set(.message(message.key), at: message.deadline)
  }

  mutating func remove(messageWith key: Key) {
    if messages.remove(key) != nil { lookups.agenda.clear(.message(key)) }
  }

  mutating func setStartTimer(_ timer: StartTimer?, of deployment: Key, at element: ElementIndex) {
    deployments[deployment]?.startTimers[element] = timer
    let item = DueItem.start(deployment: deployment, element)
    if let timer { lookups.agenda.set(item, at: timer.due) } else { lookups.agenda.clear(item) }
  }

  mutating func forgetTimers(of deployment: Deployment) {
    for (element, _) in deployment.startTimers { lookups.agenda.clear(.start(deployment: deployment.key, element)) }
  }
}
