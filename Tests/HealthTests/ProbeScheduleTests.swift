import FlowCore
import Testing

@testable import FlowHealth

@Suite("ProbeSchedule")
struct ProbeScheduleTests {
  private func target(_ element: String, _ deployment: String = "d", periodMs: Int64 = 30_000, url: String = "u") -> ProbeTarget {
    ProbeTarget(ProbeKey(deployment: deployment, element: element), url: url, periodMs: periodMs)
  }

  private func names(_ probes: [ProbeSchedule.Probe]) -> [String] { probes.map(\.target.key.element) }

  @Test("the first probe is due at once, the next a period after the end of the one before")
  func chain() {
    let schedule = Plan()
    schedule.setTargets([target("b"), target("a")], deployment: "d", nowMs: 100)

    let first = schedule.takeDue(nowMs: 100)
    #expect(names(first) == ["a", "b"])
    #expect(schedule.takeDue(nowMs: 999_999) == [])
    #expect(schedule.nextDueMs() == nil)
    #expect(schedule.finished(first[0], nowMs: 5_100))
    #expect(schedule.nextDueMs() == 35_100)
    #expect(schedule.takeDue(nowMs: 35_099) == [])
    #expect(names(schedule.takeDue(nowMs: 35_100)) == ["a"])
  }

  @Test("targets that stay go on as they are, changed ones begin anew, and old results do not count")
  func replaces() {
    let schedule = Plan()
    schedule.setTargets([target("a"), target("b")], deployment: "d", nowMs: 0)
    let old = schedule.takeDue(nowMs: 0)
    _ = schedule.finished(old[0], nowMs: 0)

    let gone = schedule.setTargets([target("a"), target("b", url: "other")], deployment: "d", nowMs: 10)

    #expect(gone == [])
    #expect(names(schedule.takeDue(nowMs: 10)) == ["b"])
    #expect(!schedule.finished(old[1], nowMs: 20))
    #expect(schedule.nextDueMs() == 30_000)
  }

  @Test("what is removed is due no more, and a result that comes late does not count")
  func removes() {
    let schedule = Plan()
    schedule.setTargets([target("a"), target("b")], deployment: "d", nowMs: 0)
    let flying = schedule.takeDue(nowMs: 0)

    #expect(schedule.setTargets([], deployment: "d", nowMs: 1) == Set(flying.map(\.target.key)))

    #expect(!schedule.finished(flying[0], nowMs: 2))
    #expect(schedule.nextDueMs() == nil)
    #expect(schedule.deployments == [])
  }

  @Test("a hurried deployment is probed at once and every 500 ms, and calms down again")
  func hurries() {
    let schedule = Plan()
    schedule.setTargets([target("a")], deployment: "d", nowMs: 0)
    _ = schedule.finished(schedule.takeDue(nowMs: 0)[0], nowMs: 0)

    schedule.setHurried(true, deployment: "d", nowMs: 1_000)
    let second = schedule.takeDue(nowMs: 1_000)
    #expect(names(second) == ["a"])
    _ = schedule.finished(second[0], nowMs: 1_010)
    #expect(schedule.nextDueMs() == 1_510)
    schedule.setHurried(true, deployment: "d", nowMs: 1_020)
    #expect(schedule.nextDueMs() == 1_510)
    let third = schedule.takeDue(nowMs: 1_510)
    schedule.setHurried(false, deployment: "d", nowMs: 1_520)
    _ = schedule.finished(third[0], nowMs: 1_530)
    #expect(schedule.nextDueMs() == 31_530)
  }

  @Test("asking now brings the next probe forward, makes no second chain, and joins one in flight")
  func asks() {
    let schedule = Plan()
    schedule.setTargets([target("a"), target("b")], deployment: "d", nowMs: 0)
    let flying = schedule.takeDue(nowMs: 0)
    _ = schedule.finished(flying[0], nowMs: 0)

    #expect(schedule.askNow("d", nowMs: 50).count == 2)
    schedule.askNow("d", nowMs: 51)

    let asked = schedule.takeDue(nowMs: 60)
    #expect(names(asked) == ["a"])
    _ = schedule.finished(asked[0], nowMs: 60)
    #expect(schedule.takeDue(nowMs: 30_059) == [])
    #expect(names(schedule.takeDue(nowMs: 30_060)) == ["a"])
    #expect(schedule.askNow("unknown", nowMs: 0) == [])
  }

  @Test("a period or time-out without measure is brought within bounds")
  func bounds() {
    let key = ProbeKey(deployment: "d", element: "a")

    #expect(ProbeTarget(key, url: "", periodMs: -5, timeoutMs: -5).periodMs == Limits.probePeriodMsMin)
    #expect(ProbeTarget(key, url: "", periodMs: -5, timeoutMs: -5).timeoutMs == 1)
    #expect(ProbeTarget(key, url: "", timeoutMs: .max).timeoutMs == Limits.probeTimeoutMsMax)
  }

  @Test("the heap gives items in order, whatever the order they came in", arguments: [UInt64](1...20))
  func heap(seed: UInt64) {
    var heap = DueHeap()
    var state = seed
    var all: [DueHeap.Item] = []
    for index in 0..<200 {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      let item = DueHeap.Item(dueMs: Int64(state >> 58), key: ProbeKey(deployment: "d", element: "\(index)"), generation: 0)
      heap.insert(item)
      all.append(item)
    }

    var taken: [DueHeap.Item] = []
    while let first = heap.first {
      taken.append(first)
      heap.removeFirst()
    }

    #expect(taken == all.sorted())
  }
}

/// A schedule that expectations may change.
private final class Plan {
  private var value = ProbeSchedule()

  @discardableResult
  func setTargets(_ targets: [ProbeTarget], deployment: String, nowMs: Int64) -> Set<ProbeKey> {
    value.setTargets(targets, deployment: deployment, nowMs: nowMs)
  }

  func setHurried(_ isHurried: Bool, deployment: String, nowMs: Int64) {
    value.setHurried(isHurried, deployment: deployment, nowMs: nowMs)
  }

  @discardableResult
  func askNow(_ deployment: String, nowMs: Int64) -> Set<ProbeKey> { value.askNow(deployment, nowMs: nowMs) }

  func takeDue(nowMs: Int64) -> [ProbeSchedule.Probe] { value.takeDue(nowMs: nowMs) }
  func finished(_ probe: ProbeSchedule.Probe, nowMs: Int64) -> Bool { value.finished(probe, nowMs: nowMs) }
  func nextDueMs() -> Int64? { value.nextDueMs() }
  var deployments: [String] { value.deployments }
}
