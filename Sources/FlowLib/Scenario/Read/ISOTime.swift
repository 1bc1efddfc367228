import FlowCore

/// An ISO 8601 duration as written: years and months are the calendar's, the rest is exact.
package struct CalendarDuration: Sendable, Equatable {
  package var months: Int64 = 0
  package var milliseconds: Int64 = 0

  package init(months: Int64 = 0, milliseconds: Int64 = 0) {
    self.months = months
    self.milliseconds = milliseconds
  }

  /// Reads `P1Y2M3W4DT5H6M7.5S`; nil when it is none, negative, or above 100 years.
  package init?(iso text: String) {
    var rest = Substring(text)
    guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
    let halves = rest.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    let dates: [(Character, Part)] = [("Y", .months(12)), ("M", .months(1)), ("W", .exact(604_800_000)), ("D", .exact(86_400_000))]
    guard let first = halves.first, add(first, units: dates) else { return nil }
    if halves.count > 1 {
      let times: [(Character, Part)] = [("H", .exact(3_600_000)), ("M", .exact(60_000)), ("S", .exact(1000))]
      guard !halves[1].isEmpty, add(halves[1], units: times) else { return nil }
    }
    guard months <= 1200, milliseconds <= 100 * 366 * 86_400_000 else { return nil }
  }

  private enum Part {
    case months(Int64)
    case exact(Int64)
  }

  private mutating func add(_ text: Substring, units: [(Character, Part)]) -> Bool {
    var rest = text
    for (letter, part) in units {
      guard let end = rest.firstIndex(of: letter) else { continue }
      guard add(String(rest[..<end]), part, isSeconds: letter == "S") else { return false }
      rest = rest[rest.index(after: end)...]
    }
    return rest.isEmpty
  }

  /// Ten digits are enough for 100 years of seconds, and no sum of the units overflows with them.
  private mutating func add(_ digits: String, _ part: Part, isSeconds: Bool) -> Bool {
    let pieces = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = pieces.first, let number = CalendarDuration.number(whole) else { return false }
    switch part {
    case .months(let factor):
      guard pieces.count == 1 else { return false }
      months += number * factor
    case .exact(let factor):
      milliseconds += number * factor
      guard pieces.count > 1 else { return true }
      guard isSeconds, let fraction = CalendarDuration.number(pieces[1]) else { return false }
      milliseconds +=
        pieces[1].count <= 3 ? fraction * [0, 100, 10, 1][pieces[1].count] : (CalendarDuration.number(pieces[1].prefix(3)) ?? 0)
    }
    return true
  }

  private static func number(_ digits: Substring) -> Int64? {
    guard !digits.isEmpty, digits.utf8.count <= 10, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(digits)
  }

  /// Milliseconds where no calendar is at hand; a month has 30 days.
  package var approximateMs: Int64 { milliseconds + months * 30 * 86_400_000 }
}

extension Instant {
  /// The calendar's months first (the day is cut to the month's last), then the exact part.
  package func adding(_ duration: CalendarDuration) -> Instant {
    guard duration.months != 0 else { return self + duration.milliseconds }
    let (days, time) = milliseconds.floorDivided(by: 86_400_000)
    let (year, month, day) = Instant.civil(fromDays: days)
    let (carry, index) = (month - 1 + duration.months).floorDivided(by: 12)
    let first = Instant.days(fromYear: year + carry, month: index + 1, day: 1)
    let (carryNext, indexNext) = (month + duration.months).floorDivided(by: 12)
    let length = Instant.days(fromYear: year + carryNext, month: indexNext + 1, day: 1) - first
    return Instant(milliseconds: (first + min(day, length) - 1) * 86_400_000 + time) + duration.milliseconds
  }

  /// Reads `2030-01-07T09:00:00Z`, with fractions and offsets; nil when it is none.
  package init?(iso text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 40, [bytes[4], bytes[7]] == [0x2D, 0x2D], bytes[10] == 0x54,
      [bytes[13], bytes[16]] == [0x3A, 0x3A]
    else { return nil }
    let starts = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)]
    let fields = starts.compactMap { Instant.digits(bytes, from: $0.0, count: $0.1) }
    guard fields.count == 6, (1...12).contains(fields[1]), fields[2] >= 1, fields[3] < 24, fields[4] < 60, fields[5] < 60 else {
      return nil
    }
    let days = Instant.days(fromYear: fields[0], month: fields[1], day: fields[2])
    guard Instant.civil(fromDays: days).month == fields[1] else { return nil }
    var at = 19
    guard let fraction = Instant.fraction(bytes, &at), let offset = Instant.offset(bytes, at) else { return nil }
    self.init(milliseconds: ((days * 24 + fields[3]) * 60 + fields[4] - offset) * 60_000 + fields[5] * 1000 + fraction)
  }

  private static func digits(_ bytes: [UInt8], from start: Int, count: Int) -> Int64? {
    guard start + count <= bytes.count, bytes[start..<start + count].allSatisfy({ (48...57).contains($0) }) else { return nil }
    return bytes[start..<start + count].reduce(0) { $0 * 10 + Int64($1 - 48) }
  }

  private static func fraction(_ bytes: [UInt8], _ at: inout Int) -> Int64? {
    guard at < bytes.count, bytes[at] == 0x2E else { return 0 }
    at += 1
    let count = bytes[at...].prefix { (48...57).contains($0) }.count
    guard count > 0 else { return nil }
    defer { at += count }
    let three = (0..<3).map { $0 < count ? Int64(bytes[at + $0] - 48) : 0 }
    return three[0] * 100 + three[1] * 10 + three[2]
  }

  /// Minutes east of UTC.
  private static func offset(_ bytes: [UInt8], _ at: Int) -> Int64? {
    guard at < bytes.count else { return nil }
    if bytes[at] == 0x5A { return at + 1 == bytes.count ? 0 : nil }
    guard bytes.count == at + 6, bytes[at] == 0x2B || bytes[at] == 0x2D, bytes[at + 3] == 0x3A,
      let hours = digits(bytes, from: at + 1, count: 2), let minutes = digits(bytes, from: at + 4, count: 2), hours < 24, minutes < 60
    else { return nil }
    return (bytes[at] == 0x2D ? -1 : 1) * (hours * 60 + minutes)
  }
}
