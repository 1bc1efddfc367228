import FlowCore

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Sendable, Hashable, Comparable {
  package let year: Int64
  package let month: Int64
  package let day: Int64

  static let yearMax: Int64 = 999_999_999

  /// Nil when there is no such day.
  package init?(year: Int64, month: Int64, day: Int64) {
    guard abs(year) <= CivilDate.yearMax, 1...12 ~= month, day >= 1, day <= CivilDate.daysInMonth(year, month) else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// Nil when the day is outside the years that FEEL knows.
  package init?(daysSinceEpoch days: Int64) {
    guard abs(days) < 366 * CivilDate.yearMax else { return nil }
    let (year, month, day) = Instant.civil(fromDays: days)
    self.init(year: year, month: month, day: day)
  }

  package var daysSinceEpoch: Int64 { Instant.days(fromYear: year, month: month, day: day) }

  static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func daysInMonth(_ year: Int64, _ month: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// 1 is Monday, 7 is Sunday.
  package var weekday: Int64 { (daysSinceEpoch + 3).floorDivided(by: 7).remainder + 1 }

  package var dayOfYear: Int64 { daysSinceEpoch - Instant.days(fromYear: year, month: 1, day: 1) + 1 }

  /// The week of ISO 8601: the one that holds this week's Thursday.
  package var weekOfYear: Int64 {
    guard let thursday = CivilDate(daysSinceEpoch: daysSinceEpoch + 4 - weekday) else { return 1 }
    return (thursday.dayOfYear - 1) / 7 + 1
  }

  /// The same day so many months later, or the last of that month when it is shorter.
  package func adding(months: Int64) -> CivilDate? {
    let (total, overflow) = (year * 12 + month - 1).addingReportingOverflow(months)
    guard !overflow else { return nil }
    let (newYear, index) = total.floorDivided(by: 12)
    guard abs(newYear) <= CivilDate.yearMax else { return nil }
    return CivilDate(year: newYear, month: index + 1, day: min(day, CivilDate.daysInMonth(newYear, index + 1)))
  }

  package func adding(days: Int64) -> CivilDate? {
    let (sum, overflow) = daysSinceEpoch.addingReportingOverflow(days)
    return overflow ? nil : CivilDate(daysSinceEpoch: sum)
  }

  package static func < (left: CivilDate, right: CivilDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }
}

/// How a local time relates to UTC.
package enum ZoneMark: Sendable, Hashable {
  case none
  /// Seconds east of UTC.
  case offset(Int64)
  case named(String)

  var name: String? {
    guard case .named(let name) = self else { return nil }
    return name
  }
}

/// A time of day, in nanoseconds since midnight.
package struct CivilTime: Sendable, Hashable {
  package let nanoseconds: Int64
  package let zone: ZoneMark

  static let day: Int64 = 86_400_000_000_000
  static let second: Int64 = 1_000_000_000

  package init(nanoseconds: Int64, zone: ZoneMark) {
    self.nanoseconds = nanoseconds.floorDivided(by: CivilTime.day).remainder
    self.zone = zone
  }

  package init?(hour: Int64, minute: Int64, second: Int64, nanosecond: Int64 = 0, zone: ZoneMark) {
    guard 0..<24 ~= hour, 0..<60 ~= minute, 0..<60 ~= second, 0..<CivilTime.second ~= nanosecond else { return nil }
    self.init(nanoseconds: ((hour * 60 + minute) * 60 + second) * CivilTime.second + nanosecond, zone: zone)
  }

  package var hour: Int64 { nanoseconds / (3600 * CivilTime.second) }
  package var minute: Int64 { nanoseconds / (60 * CivilTime.second) % 60 }
  package var second: Int64 { nanoseconds / CivilTime.second % 60 }
  package var fraction: Int64 { nanoseconds % CivilTime.second }
}

package struct CivilDateTime: Sendable, Hashable {
  package let date: CivilDate
  package let time: CivilTime

  package init(_ date: CivilDate, _ time: CivilTime) {
    self.date = date
    self.time = time
  }

  /// Seconds since 1970-01-01T00:00:00 as the local clock shows them.
  package var localSeconds: Int64 { date.daysSinceEpoch * 86_400 + time.nanoseconds / CivilTime.second }

  /// Nanoseconds since 1970-01-01T00:00:00 as the local clock shows them.
  package var localNanoseconds: Int128 { Int128(date.daysSinceEpoch) * Int128(CivilTime.day) + Int128(time.nanoseconds) }

  package init?(localNanoseconds: Int128, zone: ZoneMark) {
    var (days, rest) = localNanoseconds.quotientAndRemainder(dividingBy: Int128(CivilTime.day))
    if rest < 0 {
      days -= 1
      rest += Int128(CivilTime.day)
    }
    guard let whole = Int64(exactly: days), let date = CivilDate(daysSinceEpoch: whole) else { return nil }
    self.init(date, CivilTime(nanoseconds: Int64(rest), zone: zone))
  }
}

extension ZoneOffsets {
  package func offset(of mark: ZoneMark, localSeconds: Int64) -> Int64? {
    switch mark {
    case .none: nil
    case .offset(let seconds): seconds
    case .named(let name): offset(of: name, localSeconds: localSeconds)
    }
  }

  package func offset(of mark: ZoneMark, instantSeconds: Int64) -> Int64? {
    switch mark {
    case .none: nil
    case .offset(let seconds): seconds
    case .named(let name): offset(of: name, instantSeconds: instantSeconds)
    }
  }

  func knows(_ mark: ZoneMark) -> Bool {
    switch mark {
    case .none, .offset: true
    case .named(let name): knows(name)
    }
  }
}
