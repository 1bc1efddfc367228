import FlowCore

/// What a decision that concerns more than one instance is made of: events, and keys as they are given.
struct Batch {
  private(set) var events: [Event] = []
  private(set) var nextKey: Key

  init(_ state: PartitionState) { nextKey = state.nextKey }

  mutating func newKey() -> Key {
    defer { nextKey = nextKey.next }
    return nextKey
  }

  mutating func emit(_ event: Event) { events.append(event) }
  mutating func queue(_ delivery: Delivery) { emit(.queued(newKey(), delivery)) }

  /// What an instance's draft has decided; it has gone on with the keys.
  mutating func take(_ draft: Draft) {
    events += draft.events
    nextKey = max(nextKey, draft.nextKey)
  }
}

func decidePublish(_ publish: PublishMessage, in state: PartitionState, context: DecisionContext) throws(Rejection) -> Decision {
  guard !publish.name.isEmpty else { throw Rejection(.invalid, "a message needs a name") }
  guard publish.timeToLiveMs >= 0, publish.timeToLiveMs <= Limits.messageLifeMs else {
    throw Rejection(.invalid, "a time to live of \(publish.timeToLiveMs) ms is not from 0 to \(Limits.messageLifeMs)")
  }
  let topic = Topic(name: publish.name, correlationKey: publish.correlationKey)
  if let id = publish.messageID, !id.isEmpty, state.messages.has(id, of: topic) {
    throw Rejection(.alreadyExists, "a message '\(publish.name)' with id '\(id)' and this correlation key was published already")
  }
  guard state.messages.count < Limits.bufferedMessages else {
    throw Rejection(.exhausted, "\(Limits.bufferedMessages) messages are buffered, and no more are taken until some have expired")
  }
  let bytes = publish.variables.reduce(0) { $0 + $1.value.bytes.count }
  guard bytes <= Limits.payloadBytes else {
    throw Rejection(.exhausted, "variables of \(bytes) bytes are over the limit of \(Limits.payloadBytes)")
  }
  var batch = Batch(state)
  let key = batch.newKey()
  batch.publish(key, publish, at: context.now)
  return Decision(events: batch.events, answer: .message(key))
}

extension Batch {
  /// What an instance throws: a second one of its id is dropped, and a full buffer keeps none.
  mutating func publish(_ thrown: PublishMessage, in state: PartitionState, at now: Instant) {
    let topic = Topic(name: thrown.name, correlationKey: thrown.correlationKey)
    if let id = thrown.messageID, !id.isEmpty, state.messages.has(id, of: topic) { return }
    var thrown = thrown
    if state.messages.count >= Limits.bufferedMessages { thrown.timeToLiveMs = 0 }
    publish(newKey(), thrown, at: now)
  }

  mutating func publish(_ key: Key, _ publish: PublishMessage, at now: Instant) {
    let id = publish.messageID.flatMap { $0.isEmpty ? nil : $0 }
    let message = BufferedMessage(
      key: key, name: publish.name, correlationKey: publish.correlationKey, messageID: id, variables: publish.variables,
      deadline: now + publish.timeToLiveMs)
    emit(.message(key, .published(message)))
    queue(.correlate(message: key))
  }
}

func decideBroadcast(_ name: String, _ variables: [Variable], in state: PartitionState, catalog: Catalog) throws(Rejection) -> Decision {
  guard !name.isEmpty else { throw Rejection(.invalid, "a signal needs a name") }
  var batch = Batch(state)
  let key = batch.newKey()
  batch.broadcast(name, variables, key: key, in: state, catalog: catalog)
  return Decision(events: batch.events, answer: .message(key))
}

extension Batch {
  /// - Parameter key: waits that are opened from here on do not get it.
  mutating func broadcast(_ name: String, _ variables: [Variable], key: Key, in state: PartitionState, catalog: Catalog) {
    for (deployment, process) in latestProcesses(state, catalog) {
      for (wanted, element, definition) in process.signalStarts where wanted == name {
        if process[element].needsAllTriggers {
          trigger(deployment, element, definition, variables, in: state)
        } else {
          queue(.start(deployment: deployment, element: element, variables: variables))
        }
      }
    }
    if state.lookups.signalWaits[name] != nil { queue(.signal(name: name, variables: variables, after: nil, before: key)) }
  }
}

extension Batch {
  /// A trigger without a correlation key is one of each instance that has not seen it.
  mutating func trigger(_ deployment: Key, _ element: ElementIndex, _ definition: Int, _ variables: [Variable], in state: PartitionState) {
    for key in state.deployments[deployment]?.keysMissing(definition, of: element) ?? [] {
      let place = StartPlace(element: element, correlationKey: key)
      queue(.trigger(deployment: deployment, place, definition: definition, variables: variables))
    }
  }
}

/// The highest running version of each process, in the order of the process ids.
func latestProcesses(_ state: PartitionState, _ catalog: Catalog) -> [(key: Key, process: ExecutableProcess)] {
  state.versions.keys.sorted().compactMap { id in
    let latest = (state.versions[id] ?? []).last { state.deployments[$0]?.state == .running }
    return latest.flatMap { key in catalog[key].map { (key, $0) } }
  }
}
