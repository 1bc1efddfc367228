import FlowCore

/// What is due at a time: timers, ends of locks and back-offs, messages whose time is over.
package enum DueItem: Sendable, Hashable {
  case wait(instance: Key, activity: ActivityID, wait: Key)
  /// The lock or the back-off of a job ends.
  case job(instance: Key, activity: ActivityID, job: Key)
  case message(Key)
  case start(deployment: Key, ElementIndex)

  /// What orders two that are due at once.
  fileprivate var order: (UInt64, UInt64) {
    switch self {
    case .wait(_, _, let wait): (wait.raw, 0)
    case .job(_, _, let job): (job.raw, 1)
    case .message(let key): (key.raw, 2)
    case .start(let deployment, let element): (deployment.raw, 3 + UInt64(element.raw))
    }
  }
}

/// What comes when, earliest first. Entries that do not hold any more stay until they come up or are too many.
package struct Agenda: Sendable {
  private struct Entry: Sendable, Comparable {
    let due: Instant
    let item: DueItem

    static func < (left: Entry, right: Entry) -> Bool {
      left.due == right.due ? left.item.order < right.item.order : left.due < right.due
    }
    static func == (left: Entry, right: Entry) -> Bool { left.due == right.due && left.item == right.item }
  }

  private var heap = MinHeap<Entry>()
  private var current: [DueItem: Instant] = [:]

  package var count: Int { current.count }

  mutating func set(_ item: DueItem, at due: Instant) {
    guard current.updateValue(due, forKey: item) != due else { return }
    heap.insert(Entry(due: due, item: item))
    if heap.count > 64 + 2 * current.count { heap = MinHeap(current.map { Entry(due: $0.value, item: $0.key) }) }
  }

  mutating func clear(_ item: DueItem) { current[item] = nil }

  /// The first that holds.
  package var first: (due: Instant, item: DueItem)? {
    mutating get {
      while let entry = heap.first {
        if current[entry.item] == entry.due { return (entry.due, entry.item) }
        heap.removeFirst()
      }
      return nil
    }
  }

  /// All that hold, for who compares two states.
  package var all: [(due: Instant, item: DueItem)] {
    current.map { Entry(due: $0.value, item: $0.key) }.sorted().map { ($0.due, $0.item) }
  }
}

/// The smallest first; taking it and adding cost the logarithm of the size.
struct MinHeap<Item: Comparable & Sendable>: Sendable {
  private var items: [Item] = []

  init() {}

  init(_ items: [Item]) { self.items = items.sorted() }

  var count: Int { items.count }
  var first: Item? { items.first }

  mutating func insert(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard let last = items.popLast(), !items.isEmpty else { return }
    items[0] = last
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < items.count else { return }
      let right = left + 1
      let smaller = right < items.count && items[right] < items[left] ? right : left
      guard items[smaller] < items[parent] else { return }
      items.swapAt(smaller, parent)
      parent = smaller
    }
  }
}

/// Where something waits.
package struct WaitPlace: Sendable, Equatable {
  package let instance: Key
  package let activity: ActivityID
  package let wait: Key
}

/// Places by their keys, in the order of the keys; keys mostly come in that order.
package struct OrderedPlaces: Sendable {
  private var places: [Key: WaitPlace] = [:]
  private var order: [Key] = []
  private var isSorted = true

  var isEmpty: Bool { places.isEmpty }
  package var count: Int { places.count }
  package var all: [WaitPlace] { places.values.sorted { $0.wait < $1.wait } }

  /// - Returns: false when it is there already.
  mutating func insert(_ place: WaitPlace) -> Bool {
    guard places.updateValue(place, forKey: place.wait) == nil else { return false }
    if let last = order.last, last >= place.wait { isSorted = false }
    order.append(place.wait)
    if order.count > 64 + 2 * places.count { tidy() }
    return true
  }

  /// - Returns: false when it is not there.
  mutating func remove(_ key: Key) -> Bool { places.removeValue(forKey: key) != nil }

  /// The first behind a key.
  package mutating func next(after key: Key?) -> WaitPlace? {
    if !isSorted { tidy() }
    var low = 0
    if let key {
      var high = order.count
      while low < high {
        let middle = (low + high) / 2
        if order[middle] <= key { low = middle + 1 } else { high = middle }
      }
    }
    while low < order.count {
      if let place = places[order[low]] { return place }
      low += 1
    }
    return nil
  }

  private mutating func tidy() {
    order = places.keys.sorted()
    isSorted = true
  }
}
