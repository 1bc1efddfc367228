import FlowCore
import FlowEngine

/// What must happen at most once, as it is told by events and decisions; a value, so that what never became durable is forgotten with it.
struct Ledger {
  struct Taking: Hashable {
    let message: Key
    let processID: String
  }

  struct Firing: Hashable {
    let key: Key
    let due: Instant
  }

  typealias Broken = (checker: String, what: String)

  private var created: Set<Key> = []
  private var answered: [RequestName: Instant] = [:]
  private var noted: Set<Taking> = []
  private var taken: Set<Taking> = []
  private var fired: Set<Firing> = []

  /// - Parameter state: as it is before the event.
  mutating func note(_ event: Event, in state: PartitionState, _ catalog: Catalog) -> Broken? {
    switch event {
    case .instance(let key, .created):
      return created.insert(key).inserted ? nil : ("instances", "instance \(key.raw) is created a second time")
    case .instance(let key, .finished):
      return state.instances[key] == nil ? ("instances", "instance \(key.raw) ends, and does not live") : nil
    case .instance(let key, .passed(let element, let flows)) where flows.isEmpty:
      return ("conserved", "a token of instance \(key.raw) is gone at element \(element.raw)")
    case .requestAnswered(_, let name, let instance, let at):
      let last = answered.updateValue(at, forKey: name)
      guard let last, at - last <= Limits.answeredRequestMs else { return nil }
      return ("requests", "request \(name.id) is answered again, with instance \(instance.key.raw)")
    case .message(let key, .correlated(let processID)):
      return noted.insert(Taking(message: key, processID: processID)).inserted
        ? nil : ("messages-once", "message \(key.raw) is noted as taken by \(processID) twice")
    case .message(let key, .expired):
      guard let message = state.messages[key] else { return ("messages-once", "message \(key.raw) expires, and is not there") }
      return message.deadline > state.now ? ("messages-once", "message \(key.raw) expires before its time") : nil
    case .deployment, .instance, .requestsEvicted, .message, .startTimer, .triggersSeen, .queued, .delivered: return nil
    }
  }

  /// An instance of a process got a message.
  mutating func take(_ message: Key, by processID: String) -> Broken? {
    taken.insert(Taking(message: message, processID: processID)).inserted
      ? nil : ("messages-once", "message \(message.raw) is taken by \(processID) a second time")
  }

  /// A timer went off.
  mutating func fire(_ key: Key, due: Instant, at now: Instant) -> Broken? {
    if due > now { return ("timers", "timer \(key.raw) fires at \(now.rfc3339), and is due at \(due.rfc3339)") }
    return fired.insert(Firing(key: key, due: due)).inserted
      ? nil : ("timers", "timer \(key.raw) fires a second time for \(due.rfc3339)")
  }
}
