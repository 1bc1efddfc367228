import FlowCore
import FlowEngine

/// An invariant of a partition's state. `flowctl doctor` looks at what it recovers from a store, the simulator after every batch.
package struct StateCheck: Sendable {
  package let name: String
  /// What holds where nothing is found.
  package let meaning: String
  package let run: @Sendable (PartitionState, Catalog) -> [StoreFinding]

  init(_ name: String, _ meaning: String, run: @escaping @Sendable (PartitionState, Catalog) -> [StoreFinding]) {
    self.name = name
    self.meaning = meaning
    self.run = run
  }

  package static let all: [StateCheck] = [
    StateCheck("tokens", "every token of an instance moves on, or waits for something that comes") { state, catalog in
      state.instances.keys.sorted().flatMap { tokenFindings($0, state, catalog) }
    },
    StateCheck("jobs", "no two jobs, tasks, incidents or subscriptions have one key") { state, _ in keyFindings(state) },
    StateCheck("calls", "what was called lives as long as who waits for it, and no longer") { state, _ in callFindings(state) },
    StateCheck("messages", "no message waits beside somebody who would take it") { state, catalog in messageFindings(state, catalog) },
    StateCheck("lookups", "what is found by name, key or time is there, and all that is there is found") { state, _ in
      lookupFindings(state)
    },
    StateCheck("requests", "not more answered requests are remembered than may be") { state, _ in
      let count = state.requests.count
      return count <= Limits.answeredRequests ? [] : [StoreFinding("requests", "\(count), not \(Limits.answeredRequests)")]
    },
    StateCheck("deployments", "no two deployments have one id") { state, _ in
      var seen: Set<String> = []
      return state.deploymentsInOrder.filter { !seen.insert($0.id).inserted }.map {
        StoreFinding($0.id, "key \($0.key.raw) has an id that is taken")
      }
    },
  ]

  private static func keyFindings(_ state: PartitionState) -> [StoreFinding] {
    var (owners, found): ([Key: String], [StoreFinding]) = ([:], [])
    for key in state.instances.keys.sorted() {
      guard let instance = state.instances[key] else { continue }
      for given in instance.activitiesInOrder.compactMap(\.job) + instance.details.values.flatMap(\.keys) {
        if let other = owners.updateValue(instance.id.text, forKey: given) {
          found.append(StoreFinding(instance.id.text, "key \(given.raw) is also one of \(other)"))
        }
        if given >= state.nextKey { found.append(StoreFinding(instance.id.text, "key \(given.raw) was not given yet")) }
      }
    }
    return found
  }

  private static func lookupFindings(_ state: PartitionState) -> [StoreFinding] {
    var again = PartitionState(partition: state.counterKey.raw >> Key.counterBits)
    again.restore(state.records)
    let (seen, told) = (state.lookups.entries, again.lookups.entries)
    guard seen != told else { return [] }
    let (known, owned) = (Set(seen), Set(told))
    return seen.filter { !owned.contains($0) }.map { StoreFinding($0, "it is looked up, and nothing waits for it") }
      + told.filter { !known.contains($0) }.map { StoreFinding($0, "it waits, and is not looked up") }
  }
}

// MARK: - messages

private func messageFindings(_ state: PartitionState, _ catalog: Catalog) -> [StoreFinding] {
  let underWay = Set(
    state.deliveries.all.compactMap { entry -> Key? in
      guard case .correlate(let message) = entry.delivery else { return nil }
      return message
    })
  return state.messages.all.compactMap { message in
    guard message.deadline > state.now, !underWay.contains(message.key) else { return nil }
    let taker = state.lookups.messageWaits[message.topic]?.all.first { place in
      guard let instance = state.instances[place.instance], instance.state == .running, let process = catalog[instance.deployment] else {
        return false
      }
      return !message.takenBy.contains(process.processID)
    }
    return taker.map { StoreFinding("message \(message.key.raw)", "wait \($0.wait.raw) of instance \($0.instance.raw) would take it") }
  }
}

// MARK: - calls

private func callFindings(_ state: PartitionState) -> [StoreFinding] {
  let underWay = CallsUnderWay(state)
  return state.instances.keys.sorted().flatMap { key -> [StoreFinding] in
    guard let instance = state.instances[key] else { return [] }
    var found = instance.details.compactMap { activity, details -> StoreFinding? in
      guard let called = details.call?.id, details.incident == nil, !underWay.called.contains(called) else { return nil }
      if let child = state.instances[called.key], child.parent?.activity == activity { return nil }
      return StoreFinding(instance.id.text, "activity \(activity.raw) waits for \(called.text), which is not there")
    }
    if let parent = instance.parent, !underWay.canceled.contains(instance.id),
      state.instances[parent.instance.key]?.details[parent.activity]?.call?.id != instance.id
    {
      found.append(StoreFinding(instance.id.text, "\(parent.instance.text) called it, and does not wait for it any more"))
    }
    return found
  }
}

/// What will be done about calls next.
private struct CallsUnderWay {
  /// They begin, or have ended and their caller does not know yet.
  var called: Set<InstanceID> = []
  var canceled: Set<InstanceID> = []

  init(_ state: PartitionState) {
    for (_, delivery) in state.deliveries.all {
      switch delivery {
      case .call(_, _, let id, _): called.insert(id)
      case .ended(_, let child, _): called.insert(child)
      case .cancel(let id): canceled.insert(id)
      case .correlate, .publish, .start, .trigger, .signal: break
      }
    }
  }
}
