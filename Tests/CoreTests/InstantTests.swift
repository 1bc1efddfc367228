import Testing

@testable import FlowCore

@Suite("instant")
struct InstantTests {
  @Test(
    "is written in UTC with milliseconds",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func text(milliseconds: Int64, expected: String) {
    #expect(Instant(milliseconds: milliseconds).rfc3339 == expected)
  }

  @Test("days and dates are each other's inverse over centuries, before the epoch too")
  func calendar() {
    for days: Int64 in stride(from: -150_000, through: 150_000, by: 17) {
      let date = Instant.civil(fromDays: days)

      #expect(Instant.days(fromYear: date.year, month: date.month, day: date.day) == days)
      #expect((1...12).contains(date.month) && (1...31).contains(date.day))
    }
  }

  @Test("the first and the last instant have a text")
  func extremes() {
    #expect(Instant(milliseconds: .max).rfc3339.hasSuffix("Z"))
    #expect(Instant(milliseconds: .min).rfc3339.hasPrefix("-"))
  }
}
