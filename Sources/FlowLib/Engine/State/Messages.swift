import FlowCore

/// A published message, kept until its time to live is over.
package struct BufferedMessage: Sendable, Equatable {
  package let key: Key
  package let name: String
  package let correlationKey: String
  /// A second message of the same name, correlation key and id is refused while this one lives.
  package let messageID: String?
  package let variables: [Variable]
  package let deadline: Instant
  /// Processes of which an instance has taken it.
  package internal(set) var takenBy: [String] = []

  package init(key: Key, name: String, correlationKey: String, messageID: String?, variables: [Variable], deadline: Instant) {
    self.key = key
    self.name = name
    self.correlationKey = correlationKey
    self.messageID = messageID
    self.variables = variables
    self.deadline = deadline
  }

  package var topic: Topic { Topic(name: name, correlationKey: correlationKey) }
}

/// What a message is correlated by.
package struct Topic: Sendable, Hashable {
  package let name: String
  package let correlationKey: String

  package init(name: String, correlationKey: String) {
    self.name = name
    self.correlationKey = correlationKey
  }
}

/// Messages that live, by what they are looked up by.
package struct MessageBuffer: Sendable {
  private struct Identity: Hashable {
    let topic: Topic
    let id: String
  }

  private var byKey: [Key: BufferedMessage] = [:]
  /// Oldest first.
  private var byTopic: [Topic: [Key]] = [:]
  private var byIdentity: [Identity: Key] = [:]

  package var count: Int { byKey.count }
  package var all: [BufferedMessage] { byKey.values.sorted { $0.key < $1.key } }
  package subscript(key: Key) -> BufferedMessage? { byKey[key] }

  package func has(_ id: String, of topic: Topic) -> Bool { byIdentity[Identity(topic: topic, id: id)] != nil }

  /// All of a topic, oldest first.
  func all(of topic: Topic) -> [BufferedMessage] { (byTopic[topic] ?? []).compactMap { byKey[$0] } }

  /// All that no instance of this process has taken and whose time is not over, oldest first.
  func all(of topic: Topic, notTakenBy processID: String, at now: Instant) -> some Sequence<Key> {
    (byTopic[topic] ?? []).lazy.filter { key in
      byKey[key].map { $0.deadline > now && !$0.takenBy.contains(processID) } ?? false
    }
  }

  /// The oldest of them.
  package func first(of topic: Topic, notTakenBy processID: String, at now: Instant) -> Key? {
    all(of: topic, notTakenBy: processID, at: now).first { _ in true }
  }

  /// The one that was published next, whoever has taken it.
  func next(of topic: Topic, after key: Key) -> Key? {
    guard let keys = byTopic[topic] else { return nil }
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] > key { high = middle } else { low = middle + 1 }
    }
    return low < keys.count ? keys[low] : nil
  }

  mutating func insert(_ message: BufferedMessage) {
    byKey[message.key] = message
    // Recovery brings those that have records first, and then others from the journal.
    var keys = byTopic.removeValue(forKey: message.topic) ?? []
    keys.insert(message.key, at: keys.lastIndex { $0 < message.key }.map { $0 + 1 } ?? 0)
    byTopic[message.topic] = keys
    guard let identity = message.messageID.map({ Identity(topic: message.topic, id: $0) }) else { return }
    byIdentity[identity] = max(byIdentity[identity] ?? message.key, message.key)
  }

  mutating func take(_ key: Key, by processID: String) { byKey[key]?.takenBy.append(processID) }

  mutating func remove(_ key: Key) -> BufferedMessage? {
    guard let message = byKey.removeValue(forKey: key) else { return nil }
    byTopic[message.topic]?.removeAll { $0 == key }
    if byTopic[message.topic]?.isEmpty == true { byTopic[message.topic] = nil }
    // Recovery may know the next one already, from its record.
    if let identity = message.messageID.map({ Identity(topic: message.topic, id: $0) }), byIdentity[identity] == key {
      byIdentity[identity] = nil
    }
    return message
  }
}

/// When a timer start event fires next.
package struct StartTimer: Sendable, Equatable {
  package let due: Instant
  package let cycle: TimerCycle?

  package init(due: Instant, cycle: TimerCycle?) {
    self.due = due
    self.cycle = cycle
  }
}

/// Work between instances: one decision each, in the order in which it was queued.
package enum Delivery: Sendable, Equatable {
  /// Whoever waits for a message, or begins with it, one after the other.
  case correlate(message: Key)
  /// An instance throws a message.
  case publish(PublishMessage)
  /// A new instance for an event that starts a process.
  case start(deployment: Key, element: ElementIndex, variables: [Variable])
  /// One trigger of a start event that needs several.
  case trigger(deployment: Key, StartPlace, definition: Int, variables: [Variable])
  /// A call activity's instance.
  case call(ParentLink, deployment: Key, id: InstanceID, variables: [Variable])
  /// A called instance has ended.
  case ended(ParentLink, child: InstanceID, CallOutcome)
  /// A called instance is not wanted any more.
  case cancel(InstanceID)
  /// A signal on its way to all who waited when it was broadcast.
  ///
  /// - Parameters:
  ///   - after: the last wait that has it; nil: none yet.
  ///   - before: waits from this key on were opened later.
  case signal(name: String, variables: [Variable], after: Key?, before: Key?)
}

package enum CallOutcome: Sendable, Equatable {
  case completed([Variable])
  /// An error that nobody in the called instance caught.
  case error(code: String, message: String, [Variable])
  /// Non-interrupting: the called instance goes on.
  case escalation(code: String, [Variable])
  case canceled
}
