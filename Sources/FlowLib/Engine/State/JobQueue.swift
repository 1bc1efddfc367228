import FlowCore

/// The jobs of one type that may be given out, oldest first.
///
/// A heap that knows where each job is in it: any job goes at once, and the first few are found by looking at them and what is right below
/// them, however many there are.
package struct JobQueue: Sendable {
  fileprivate var heap: [WaitPlace] = []
  private var slots: [Key: Int] = [:]

  package init() {}

  package var count: Int { heap.count }
  var isEmpty: Bool { heap.isEmpty }
  package var all: [WaitPlace] { Array(Front(self)) }

  /// A job that is in it already stays where it is.
  package mutating func insert(_ place: WaitPlace) {
    guard slots[place.wait] == nil else { return }
    heap.append(place)
    slots[place.wait] = heap.count - 1
    rise(from: heap.count - 1)
  }

  package mutating func remove(_ job: Key) {
    guard let slot = slots.removeValue(forKey: job), let last = heap.popLast(), slot < heap.count else { return }
    put(last, at: slot)
    sink(from: slot)
    rise(from: slot)
  }

  /// The first so many, oldest first; `wait` is the job's key.
  package func first(_ count: Int) -> [WaitPlace] { Array(Front(self).prefix(count)) }

  private mutating func put(_ place: WaitPlace, at slot: Int) {
    heap[slot] = place
    slots[place.wait] = slot
  }

  private mutating func rise(from start: Int) {
    var slot = start
    let place = heap[slot]
    while slot > 0, place.wait < heap[(slot - 1) / 2].wait {
      put(heap[(slot - 1) / 2], at: slot)
      slot = (slot - 1) / 2
    }
    if slot != start { put(place, at: slot) }
  }

  private mutating func sink(from start: Int) {
    var slot = start
    let place = heap[slot]
    while let child = smallerChild(of: slot), heap[child].wait < place.wait {
      put(heap[child], at: slot)
      slot = child
    }
    if slot != start { put(place, at: slot) }
  }

  private func smallerChild(of slot: Int) -> Int? {
    let (left, right) = (2 * slot + 1, 2 * slot + 2)
    guard left < heap.count else { return nil }
    return right < heap.count && heap[right].wait < heap[left].wait ? right : left
  }

  /// Goes over the jobs, oldest first, and leaves the queue as it is.
  package struct Front: Sequence, IteratorProtocol {
    private struct Candidate: Comparable {
      let key: Key
      let slot: Int

      static func < (left: Candidate, right: Candidate) -> Bool { left.key < right.key }
    }

    private let heap: [WaitPlace]
    /// Of those not gone over, each one whose parent was.
    private var candidates = MinHeap<Candidate>()
    /// How many jobs were looked at.
    package private(set) var looks = 0

    package init(_ queue: JobQueue) {
      heap = queue.heap
      look(at: 0)
    }

    package mutating func next() -> WaitPlace? {
      guard let first = candidates.first else { return nil }
      candidates.removeFirst()
      look(at: 2 * first.slot + 1)
      look(at: 2 * first.slot + 2)
      return heap[first.slot]
    }

    private mutating func look(at slot: Int) {
      guard slot < heap.count else { return }
      looks += 1
      candidates.insert(Candidate(key: heap[slot].wait, slot: slot))
    }
  }
}
