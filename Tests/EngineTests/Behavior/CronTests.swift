import FlowCore
import Testing

@testable import FlowEngine

@Suite struct CronTests {
  @Test(
    "the next time of a schedule, in UTC",
    arguments: [
      ("* * * * * *", "2030-01-07T09:00:00Z", "2030-01-07T09:00:01Z"),
      ("0 0 9 * * MON-FRI", "2030-01-07T09:00:00Z", "2030-01-08T09:00:00Z"),
      ("0 0 9 * * MON-FRI", "2030-01-11T09:00:00Z", "2030-01-14T09:00:00Z"),
      ("0 0 9 * * 1-5", "2030-01-12T12:00:00Z", "2030-01-14T09:00:00Z"),
      ("0 */15 * * * *", "2030-01-07T09:50:00Z", "2030-01-07T10:00:00Z"),
      ("0 5/20 * * * *", "2030-01-07T09:26:00Z", "2030-01-07T09:45:00Z"),
      ("30 0 0 1 * ?", "2030-01-31T23:59:59Z", "2030-02-01T00:00:30Z"),
      ("0 0 0 29 2 *", "2030-01-01T00:00:00Z", "2032-02-29T00:00:00Z"),
      ("0 0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
      ("0 0 12 31 * *", "2030-04-01T00:00:00Z", "2030-05-31T12:00:00Z"),
      ("0 0 0 * JAN,JUL SUN", "2030-01-28T00:00:00Z", "2030-07-07T00:00:00Z"),
      ("0 0 0 * * 7", "2030-01-07T00:00:00Z", "2030-01-13T00:00:00Z"),
      ("0 0 0 * * 0", "2030-01-07T00:00:00Z", "2030-01-13T00:00:00Z"),
      ("59 59 23 31 12 *", "2030-12-31T23:59:58Z", "2030-12-31T23:59:59Z"),
      // Clocks are put forward in Europe that night; UTC knows nothing of it.
      ("0 30 2 * * *", "2030-03-31T01:00:00Z", "2030-03-31T02:30:00Z"),
      ("@hourly", "2030-01-07T09:00:00Z", "2030-01-07T10:00:00Z"),
      ("@daily", "2030-01-07T09:00:00Z", "2030-01-08T00:00:00Z"),
      ("@weekly", "2030-01-07T09:00:00Z", "2030-01-13T00:00:00Z"),
      ("@monthly", "2030-01-07T09:00:00Z", "2030-02-01T00:00:00Z"),
      ("@yearly", "2030-01-07T09:00:00Z", "2031-01-01T00:00:00Z"),
    ])
  func next(text: String, after: String, expected: String) throws {
    let cron = try #require(Cron(text))

    #expect(cron.next(after: try instant(after)) == (try instant(expected)))
  }

  @Test("a day that never comes has no next time", arguments: ["0 0 0 30 2 *", "0 0 0 31 4,6,9,11 *"])
  func never(text: String) throws {
    let cron = try #require(Cron(text))

    #expect(cron.next(after: try instant("2030-01-01T00:00:00Z")) == nil)
  }

  @Test(
    "what is no schedule, or needs the last or nearest day, is refused",
    arguments: [
      "", "*", "0 9 * * *", "0 0 9 * * * *", "60 * * * * *", "* 60 * * * *", "* * 24 * * *", "* * * 0 * *", "* * * 32 * *", "* * * * 13 *",
      "* * * * * 8", "0 0 0 L * *", "0 0 0 LW * *", "0 0 0 15W * *", "0 0 0 ? * 5L", "0 0 0 ? * MON#2", "*/0 * * * * *", "5-1 * * * * *",
      "1,,2 * * * * *", "-1 * * * * *", "a * * * * *", "* * * * MAR-JAN *", "@never", "1/2/3 * * * * *", "99999999999999999999 * * * * *",
    ])
  func refused(text: String) {
    #expect(Cron(text) == nil)
  }
}

/// A time as RFC 3339 writes it.
func instant(_ text: String) throws -> Instant {
  try #require(TimerText.instant(.string(text), .utcOnly), "\(text) is no time")
}
