import FlowCore

/// When which probe is due. A value without clock: times come in, due probes come out.
///
/// Each target has one chain: due → in flight → due again after its period. Nothing can start a second one.
package struct ProbeSchedule: Sendable {
  /// A probe to make now. A result counts only while its generation is the target's.
  package struct Probe: Sendable, Equatable {
    package let target: ProbeTarget
    package let generation: UInt64
  }

  private struct Entry: Sendable {
    var target: ProbeTarget
    var generation: UInt64
    /// nil while in flight.
    var dueMs: Int64?
  }

  /// The period while a deployment starts or stops, when someone waits for the result.
  static let hurriedPeriodMs: Int64 = 500

  private var entries: [ProbeKey: Entry] = [:]
  private var keys: [String: Set<ProbeKey>] = [:]
  private var hurried: Set<String> = []
  private var heap = DueHeap()
  private var lastGeneration: UInt64 = 0

  package init() {}

  /// Replaces the targets of a deployment. New and changed ones are due at once, the others go on as they are.
  ///
  /// - Returns: the keys that are gone.
  @discardableResult
  package mutating func setTargets(_ targets: [ProbeTarget], deployment: String, nowMs: Int64) -> Set<ProbeKey> {
    let wanted = targets.filter { $0.key.deployment == deployment }
    let gone = (keys[deployment] ?? []).subtracting(wanted.map(\.key))
    for key in gone { entries[key] = nil }
    keys[deployment] = wanted.isEmpty ? nil : Set(wanted.map(\.key))
    if wanted.isEmpty { hurried.remove(deployment) }
    for target in wanted where entries[target.key]?.target != target {
      lastGeneration += 1
      entries[target.key] = Entry(target: target, generation: lastGeneration, dueMs: nil)
      makeDue(target.key, nowMs)
    }
    return gone
  }

  /// While a deployment starts or stops it is probed at once and then often.
  package mutating func setHurried(_ isHurried: Bool, deployment: String, nowMs: Int64) {
    guard isHurried, keys[deployment] != nil else {
      hurried.remove(deployment)
      return
    }
    if hurried.insert(deployment).inserted { askNow(deployment, nowMs: nowMs) }
  }

  /// Makes all probes of a deployment due now; those in flight serve as they are.
  ///
  /// - Returns: the keys whose results will come.
  @discardableResult
  package mutating func askNow(_ deployment: String, nowMs: Int64) -> Set<ProbeKey> {
    let asked = keys[deployment] ?? []
    for key in asked where entries[key]?.dueMs.map({ $0 > nowMs }) == true { makeDue(key, nowMs) }
    return asked
  }

  package var deployments: [String] { keys.keys.sorted() }
  package func keys(of deployment: String) -> Set<ProbeKey> { keys[deployment] ?? [] }
  package func contains(_ key: ProbeKey) -> Bool { entries[key] != nil }

  /// The soonest time at which something is due.
  package mutating func nextDueMs() -> Int64? {
    dropStale()
    return heap.first?.dueMs
  }

  /// Takes what is due; it is in flight from now on, until `finished`.
  package mutating func takeDue(nowMs: Int64) -> [Probe] {
    var probes: [Probe] = []
    dropStale()
    while let first = heap.first, first.dueMs <= nowMs {
      heap.removeFirst()
      if let entry = entries[first.key] {
        entries[first.key]?.dueMs = nil
        probes.append(Probe(target: entry.target, generation: entry.generation))
      }
      dropStale()
    }
    return probes
  }

  /// Notes the end of a probe and plans the next.
  ///
  /// - Returns: false when the target is gone or another by now, so that the result does not count.
  package mutating func finished(_ probe: Probe, nowMs: Int64) -> Bool {
    let key = probe.target.key
    guard let entry = entries[key], entry.generation == probe.generation, entry.dueMs == nil else { return false }
    let period = hurried.contains(key.deployment) ? ProbeSchedule.hurriedPeriodMs : entry.target.periodMs
    makeDue(key, nowMs + period)
    return true
  }

  private mutating func makeDue(_ key: ProbeKey, _ dueMs: Int64) {
    guard let generation = entries[key]?.generation else { return }
    entries[key]?.dueMs = dueMs
    heap.insert(DueHeap.Item(dueMs: dueMs, key: key, generation: generation))
  }

  /// Items of the heap are not taken out when their time changes; they are passed over here.
  private mutating func dropStale() {
    while let first = heap.first, entries[first.key]?.dueMs != first.dueMs || entries[first.key]?.generation != first.generation {
      heap.removeFirst()
    }
  }
}

/// A binary heap of due times, soonest first; equal times in the order of the keys.
struct DueHeap: Sendable {
  struct Item: Sendable, Comparable {
    let dueMs: Int64
    let key: ProbeKey
    let generation: UInt64

    static func < (left: Item, right: Item) -> Bool {
      left.dueMs != right.dueMs ? left.dueMs < right.dueMs : left.key < right.key
    }
  }

  private var items: [Item] = []

  var first: Item? { items.first }
  var count: Int { items.count }

  mutating func insert(_ item: Item) {
    items.append(item)
    var at = items.count - 1
    while at > 0, items[at] < items[(at - 1) / 2] {
      items.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard let last = items.popLast(), !items.isEmpty else { return }
    items[0] = last
    var at = 0
    while true {
      let left = 2 * at + 1
      guard left < items.count else { return }
      let least = left + 1 < items.count && items[left + 1] < items[left] ? left + 1 : left
      guard items[least] < items[at] else { return }
      items.swapAt(at, least)
      at = least
    }
  }
}
