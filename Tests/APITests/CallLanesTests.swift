import FlowCore
import FlowHTTP
import FlowStorage
import Synchronization
import Testing

@testable import FlowServer

@Suite("calls in flight to one address")
struct CallLanesTests {
  private let one = HTTPAddress(host: "one", port: 1)
  private let two = HTTPAddress(host: "two", port: 1)

  @Test("what is over the bound waits in order, and another address does not wait for it")
  func bound() {
    let lanes = CallLanes(perAddress: 2)
    let begun = Mutex<[String]>([])
    for number in 0..<5 { lanes.enter(one) { begun.withLock { $0.append("one \(number)") } } }
    lanes.enter(two) { begun.withLock { $0.append("two") } }
    #expect(begun.withLock { $0 } == ["one 0", "one 1", "two"])
    #expect(lanes.waiting == 3)

    lanes.leave(one, goesOn: true)
    lanes.leave(one, goesOn: true)

    #expect(begun.withLock { $0 } == ["one 0", "one 1", "two", "one 2", "one 3"])
    lanes.leave(one, goesOn: false)
    lanes.leave(one, goesOn: true)
    #expect(begun.withLock { $0.count } == 5 && lanes.waiting == 0)
    lanes.enter(one) { begun.withLock { $0.append("again") } }
    #expect(begun.withLock { $0.last } == "again")
  }

  @Test("calls that end at once begin the next ones one after the other, not inside of each other")
  func endingAtOnce() {
    let lanes = CallLanes(perAddress: 1)
    let count = Atomic(0)
    lanes.enter(one) {}
    for _ in 0..<200_000 {
      lanes.enter(one) {
        count.add(1, ordering: .relaxed)
        lanes.leave(one, goesOn: true)
      }
    }

    lanes.leave(one, goesOn: true)

    #expect(count.load(ordering: .relaxed) == 200_000 && lanes.waiting == 0)
  }
}

@Suite("a service that hangs")
struct HangingServiceTests {
  @Test("holds up its own instances, those of other services go on")
  func othersGoOn() throws {
    let bench = try NodeBench(MemoryStore())
    let hanging = try bench.applyWaiting()
    let other = try bench.applyOther()
    for _ in 0..<1_200 { _ = try bench.create(hanging) }
    #expect(NodeBench.until { bench.server.waitingServiceCalls == 1_200 - Limits.serviceCallsPerAddress })

    for _ in 0..<20 { _ = try bench.create(other) }

    #expect(NodeBench.until { bench.completed == 20 })
    bench.releaseService()
    #expect(NodeBench.until(60) { bench.completed == 1_220 })
    #expect(bench.server.waitingServiceCalls == 0)
    bench.stop()
  }
}
