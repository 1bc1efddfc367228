import FlowCore
import FlowScenario
import Testing

@Suite("ISO 8601 in scenario files")
struct ISOTimeTests {
  @Test(
    "durations are read as written",
    arguments: [
      ("PT5M", 0, 300_000), ("P1DT2H", 0, 93_600_000), ("P1Y2M", 14, 0), ("P2W", 0, 1_209_600_000), ("PT0S", 0, 0), ("PT1.5S", 0, 1500),
      ("PT0.0005S", 0, 0), ("P1Y2M3W4DT5H6M7.08S", 14, 2_178_367_080),
    ])
  func durations(_ text: String, months: Int64, milliseconds: Int64) {
    #expect(CalendarDuration(iso: text) == CalendarDuration(months: months, milliseconds: milliseconds))
  }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "P", "PT", "5M", "PT5", "P5", "PT5M3H", "P1T", "PT1.5M", "PT-5M", "-PT5M", "P1.5Y", "PT1M1M", "P99999999999D", "P200Y",
      "P1200000M",
      "PT5Mx", "pt5m", "P1D1D",
    ])
  func noDurations(_ text: String) { #expect(CalendarDuration(iso: text) == nil) }

  @Test("months are the calendar's, and the day is cut to the last of the month")
  func months() {
    let start = Instant(iso: "2028-01-31T10:00:00Z")

    #expect(start?.adding(CalendarDuration(months: 1)).rfc3339 == "2028-02-29T10:00:00.000Z")
    #expect(start?.adding(CalendarDuration(months: 12)).rfc3339 == "2029-01-31T10:00:00.000Z")
    #expect(start?.adding(CalendarDuration(months: 11, milliseconds: 3_600_000)).rfc3339 == "2028-12-31T11:00:00.000Z")
  }

  @Test(
    "times are read with fractions and offsets",
    arguments: [
      ("2030-01-07T09:00:00Z", "2030-01-07T09:00:00.000Z"), ("2030-01-07T09:00:00.25Z", "2030-01-07T09:00:00.250Z"),
      ("2030-01-07T09:00:00+01:30", "2030-01-07T07:30:00.000Z"), ("2030-01-07T23:00:00-02:00", "2030-01-08T01:00:00.000Z"),
    ])
  func instants(_ text: String, _ shown: String) { #expect(Instant(iso: text)?.rfc3339 == shown) }

  @Test(
    "what is no time is refused",
    arguments: [
      "", "2030-01-07", "2030-01-07T09:00:00", "2030-13-07T09:00:00Z", "2030-02-30T09:00:00Z", "2030-01-07T24:00:00Z",
      "2030-01-07T09:00:00.Z",
      "2030-01-07T09:00:00Zx", "2030-01-07T09:00:00+1:00", "2030-01-07 09:00:00Z", "x030-01-07T09:00:00Z", "2030-01-00T09:00:00Z",
    ])
  func noInstants(_ text: String) { #expect(Instant(iso: text) == nil) }
}
