import Testing

@testable import healthd

@Suite("Event log") struct EventLogTests {
  @Test("a page goes on from the position it shows")
  func fromPosition() {
    var log = EventLog(startMs: 1)
    log.restart(at: 10)
    let first = log.append("change", position: 11, data: "a")
    let second = log.append("change", position: 12, data: "b")

    #expect(log.since("11") == .entries([second]))
    #expect(log.since("10") == .entries([first, second]))
    #expect(log.since("9") == .reset)
  }

  @Test("a stream that broke goes on behind its last event, also when positions came out of order")
  func fromEvent() {
    var log = EventLog(startMs: 1)
    log.restart(at: 10)
    let first = log.append("change", position: 12, data: "a")
    let late = log.append("change", position: 11, data: "b")
    let own = log.append("change", position: nil, data: "c")

    #expect(log.since(first.id) == .entries([late, own]))
    #expect(own.position == 12)
    #expect(log.since(own.id) == .entries([]))
  }

  @Test("who asks for more than is kept is told to reset")
  func bounded() {
    var log = EventLog(startMs: 1, limit: 10)
    log.restart(at: 0)
    let ids = (1...30).map { log.append("change", position: UInt64($0), data: "").id }

    #expect(log.since(ids[0]) == .reset)
    #expect(log.since("3") == .reset)
    #expect(log.since(ids[29]) == .entries([]))
    guard case .entries(let kept) = log.since(ids[25]) else {
      Issue.record("recent events must be kept")
      return
    }
    #expect(kept.map(\.id) == Array(ids[26...]))
  }

  @Test(
    "an id of an earlier or a later life, and nonsense, reset",
    arguments: ["5.999", "1.99999999999999", "", "x", "1.2.3", "-1", "1.", "99999999999999999999"])
  func foreign(_ mark: String) {
    var log = EventLog(startMs: 5_000)
    log.restart(at: 1)
    log.append("change", position: 2, data: "")

    #expect(log.since(mark) == .reset)
  }
}
