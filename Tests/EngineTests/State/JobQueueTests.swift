import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite("jobs in the order in which they are given out")
struct JobQueueTests {
  private func place(_ key: Int) -> WaitPlace { WaitPlace(instance: Key(raw: 1), activity: ActivityID(1), wait: Key(raw: UInt64(key))) }

  private func keys(_ places: [WaitPlace]) -> [Int] { places.map { Int($0.wait.raw) } }

  @Test("oldest first, whatever the order in which they came and went")
  func order() {
    var queue = JobQueue()
    var there: Set<Int> = []
    var random = SplitMix(state: 11)
    for _ in 0..<4_000 {
      let key = Int(random.next() % 500)
      if random.next() % 3 == 0 {
        queue.remove(Key(raw: UInt64(key)))
        there.remove(key)
      } else {
        queue.insert(place(key))
        there.insert(key)
      }
      let count = Int(random.next() % 12)
      #expect(keys(queue.first(count)) == Array(there.sorted().prefix(count)))
      #expect(queue.count == there.count)
    }
  }

  @Test("of 100,000 open jobs an activation looks at few")
  func fewLooks() {
    var queue = JobQueue()
    for key in 1...100_000 { queue.insert(place(key)) }
    // Locks run out: what was given out comes back, behind nothing. And many in front are gone.
    for key in stride(from: 1, to: 90_000, by: 3) { queue.remove(Key(raw: UInt64(key))) }
    for key in stride(from: 1, to: 3_000, by: 6) { queue.insert(place(key)) }

    var front = JobQueue.Front(queue)
    let given = (0..<32).compactMap { _ in front.next() }

    #expect(keys(given).prefix(5) == [1, 2, 3, 5, 6])
    #expect(given.count == 32 && front.looks <= 2 * 32 + 1)
  }

  @Test("nothing is given of none, and all of fewer than asked for")
  func bounds() {
    var queue = JobQueue()
    #expect(queue.first(3).isEmpty)
    queue.insert(place(7))
    queue.insert(place(7))
    #expect(keys(queue.first(3)) == [7])
    queue.remove(Key(raw: 7))
    queue.remove(Key(raw: 7))
    #expect(queue.first(3).isEmpty && queue.count == 0)
  }
}
