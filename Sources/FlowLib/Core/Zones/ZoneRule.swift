/// A rule for all years, as the last line of a time-zone file writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// - Source: POSIX, environment variable TZ, with the extensions of RFC 8536, section 3.3.1.
struct ZoneRule: Sendable {
  private struct Summer: Sendable {
    let offset: Int64
    let start: Day
    let end: Day
  }

  /// A day of every year and a time on its clock.
  private struct Day: Sendable {
    enum Kind: Sendable {
      /// From 1; the 29th of February is never counted.
      case julian(Int64)
      /// From 0; leap days are counted.
      case ofYear(Int64)
      case weekday(month: Int64, week: Int64, weekday: Int64)
    }

    let kind: Kind
    let seconds: Int64
  }

  private let standard: Int64
  private let summer: Summer?

  /// Seconds east of UTC at an instant, in seconds since 1970.
  func offset(at instant: Int64) -> Int64 {
    guard let summer else { return standard }
    // Three thousand million years either way; what follows can not overflow.
    guard instant.magnitude < 100_000_000_000_000_000 else { return standard }
    let year = Instant.civil(fromDays: (instant + standard).floorDivided(by: 86_400).quotient).year
    let start = ZoneRule.seconds(of: summer.start, in: year) - standard
    let end = ZoneRule.seconds(of: summer.end, in: year) - summer.offset
    let isSummer = start < end ? start <= instant && instant < end : !(end <= instant && instant < start)
    return isSummer ? summer.offset : standard
  }

  private static func seconds(of day: Day, in year: Int64) -> Int64 {
    let january = Instant.days(fromYear: year, month: 1, day: 1)
    let days: Int64
    switch day.kind {
    case .julian(let number):
      let isLeap = Instant.days(fromYear: year, month: 3, day: 1) - january == 60
      days = january + number - 1 + (isLeap && number >= 60 ? 1 : 0)
    case .ofYear(let number): days = january + number
    case .weekday(let month, let week, let weekday):
      let first = Instant.days(fromYear: year, month: month, day: 1)
      // The first of January 1970 was a Thursday.
      let ahead = (weekday - (first + 4).floorDivided(by: 7).remainder + 7) % 7
      let next = month == 12 ? Instant.days(fromYear: year + 1, month: 1, day: 1) : Instant.days(fromYear: year, month: month + 1, day: 1)
      let day = first + ahead + 7 * (week - 1)
      days = day >= next ? day - 7 : day
    }
    return days * 86_400 + day.seconds
  }
}

extension ZoneRule {
  init?(parsing text: ArraySlice<UInt8>) {
    var reader = Reader(rest: text)
    guard reader.name(), let west = reader.time() else { return nil }
    standard = -west
    guard !reader.rest.isEmpty else {
      summer = nil
      return
    }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if reader.rest.first != UInt8(ascii: ",") {
      guard let west = reader.time() else { return nil }
      offset = -west
    }
    guard reader.take(","), let start = reader.day(), reader.take(","), let end = reader.day(), reader.rest.isEmpty else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Character) -> Bool {
      guard let wanted = character.asciiValue, rest.first == wanted else { return false }
      rest = rest.dropFirst()
      return true
    }

    /// `CET` or `<+03>`.
    mutating func name() -> Bool {
      if take("<") {
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
        rest = rest[(end + 1)...]
        return true
      }
      let before = rest.count
      rest = rest.drop { $0 | 0x20 >= 97 && $0 | 0x20 <= 122 }
      return rest.count < before
    }

    mutating func number() -> Int64? {
      var value: Int64 = 0
      var count = 0
      while let byte = rest.first, byte &- 48 < 10, count < 4 {
        value = value * 10 + Int64(byte &- 48)
        count += 1
        rest = rest.dropFirst()
      }
      return count > 0 ? value : nil
    }

    /// `-1`, `5:30`, `2:00:00`, in seconds.
    mutating func time() -> Int64? {
      let negative = take("-")
      if !negative { _ = take("+") }
      guard let hours = number(), hours <= 167 else { return nil }
      var seconds = hours * 3600
      for unit: Int64 in [60, 1] where take(":") {
        guard let value = number(), value < 60 else { return nil }
        seconds += value * unit
      }
      return negative ? -seconds : seconds
    }

    mutating func day() -> Day? {
      guard let kind = kind() else { return nil }
      guard take("/") else { return Day(kind: kind, seconds: 7200) }
      return time().map { Day(kind: kind, seconds: $0) }
    }

    private mutating func kind() -> Day.Kind? {
      if take("J") { return number().flatMap { 1...365 ~= $0 ? .julian($0) : nil } }
      guard take("M") else { return number().flatMap { $0 <= 365 ? .ofYear($0) : nil } }
      guard let month = number(), take("."), let week = number(), take("."), let weekday = number() else { return nil }
      guard 1...12 ~= month, 1...5 ~= week, 0...6 ~= weekday else { return nil }
      return .weekday(month: month, week: week, weekday: weekday)
    }
  }
}
