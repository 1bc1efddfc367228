import FlowCore
import Testing

@testable import FlowEngine

@Suite struct TimerTests {
  private func first(_ kind: TimerKind, _ text: String, at now: String) throws -> (due: Instant, cycle: TimerCycle?)? {
    let wait = try TimerText.first(kind, .string(text), now: try instant(now), zones: .utcOnly)
    guard case .timer(let due, let cycle) = wait else { return nil }
    return (due, cycle)
  }

  @Test(
    "a duration is added to now; months are those of the calendar",
    arguments: [
      ("PT15M", "2030-01-07T09:00:00Z", "2030-01-07T09:15:00Z"),
      ("PT0.5S", "2030-01-07T09:00:00Z", "2030-01-07T09:00:00.500Z"),
      ("P1D", "2030-01-31T09:00:00Z", "2030-02-01T09:00:00Z"),
      ("P2W", "2030-01-07T09:00:00Z", "2030-01-21T09:00:00Z"),
      ("P1M", "2030-01-31T09:00:00Z", "2030-02-28T09:00:00Z"),
      ("P1M", "2032-01-31T09:00:00Z", "2032-02-29T09:00:00Z"),
      ("P1Y", "2032-02-29T09:00:00Z", "2033-02-28T09:00:00Z"),
      ("P1M1D", "2030-01-31T09:00:00Z", "2030-03-01T09:00:00Z"),
      ("P1Y2M3DT4H", "2030-01-01T00:00:00Z", "2031-03-04T04:00:00Z"),
      ("-PT1H", "2030-01-07T09:00:00Z", "2030-01-07T08:00:00Z"),
    ])
  func durations(text: String, now: String, expected: String) throws {
    #expect(try first(.duration, text, at: now)?.due == (try instant(expected)))
  }

  @Test(
    "a date is that time, also when it is over; without a zone it is UTC",
    arguments: [
      ("2030-01-07T10:00:00Z", "2030-01-07T10:00:00Z"), ("2030-01-07T10:00:00+02:00", "2030-01-07T08:00:00Z"),
      ("2030-01-07T10:00:00", "2030-01-07T10:00:00Z"), ("2030-01-07", "2030-01-07T00:00:00Z"),
      ("1999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"),
    ])
  func dates(text: String, expected: String) throws {
    let timer = try first(.date, text, at: "2030-01-07T09:00:00Z")

    #expect(timer?.due == (try instant(expected)))
    #expect(timer?.cycle == nil)
  }

  @Test(
    "a cycle fires first at its start when that is to come, else one interval from now",
    arguments: [
      ("R3/PT10M", "2030-01-07T09:10:00Z", 2), ("R/PT10M", "2030-01-07T09:10:00Z", nil), ("R-1/PT10M", "2030-01-07T09:10:00Z", nil),
      ("R3/2030-01-07T12:00:00Z/PT1H", "2030-01-07T12:00:00Z", 2), ("R3/2029-01-01T00:00:00Z/PT1H", "2030-01-07T10:00:00Z", 2),
      ("R1/2030-01-07T09:00:00Z/P1M", "2030-02-07T09:00:00Z", 0), ("R//PT1H", "2030-01-07T10:00:00Z", nil),
      ("0 0 12 * * *", "2030-01-07T12:00:00Z", nil),
    ])
  func cycles(text: String, expected: String, left: Int?) throws {
    let timer = try first(.cycle, text, at: "2030-01-07T09:00:00Z")

    #expect(timer?.due == (try instant(expected)))
    #expect(timer?.cycle == TimerCycle(text: text, left: left))
  }

  @Test("a cycle ends when it has fired as often as it says, and keeps its distance from the last due time")
  func cycleEnds() throws {
    let timer = try #require(try first(.cycle, "R3/P1M", at: "2030-01-15T09:00:00Z"))
    var due = [timer.due]
    var cycle = timer.cycle
    while let left = cycle, let last = due.last, case .timer(let next, let rest)? = TimerText.next(after: last, left, zones: .utcOnly) {
      due.append(next)
      cycle = rest
    }

    #expect(due == (try ["2030-02-15T09:00:00Z", "2030-03-15T09:00:00Z", "2030-04-15T09:00:00Z"].map(instant)))
  }

  @Test(
    "what is no timer is refused with an example",
    arguments: [
      (TimerKind.date, "tomorrow"), (.date, "2030-02-30T00:00:00Z"), (.duration, "15 minutes"), (.duration, "P"), (.duration, "PT"),
      (.cycle, "R"), (.cycle, "R3"), (.cycle, "R3/PT0S"), (.cycle, "R3/-PT1H"), (.cycle, "R0/PT1H"), (.cycle, "Rx/PT1H"),
      (.cycle, "R3/soon/PT1H"), (.cycle, "R3/PT1H/PT1H/PT1H"), (.cycle, "0 0 0 32 * *"), (.cycle, "0 0 0 32W * *"),
      (.cycle, "0 0 0 30 2 *"),
      (.duration, "P99999999999999999999D"), (.duration, "P9999999999Y"),
    ])
  func refused(kind: TimerKind, text: String) {
    #expect(throws: StepProblem.self) { _ = try first(kind, text, at: "2030-01-07T09:00:00Z") }
  }
}
