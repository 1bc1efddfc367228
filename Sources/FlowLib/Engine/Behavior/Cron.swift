import FlowCore

/// A schedule of six fields: second, minute, hour, day of month, month, day of week; in UTC. `@daily` and its kin are short for some.
///
/// Days may also be counted from the end of the month (`L`, `L-3`, `5L`), be working days (`15W`, `LW`) or the second Tuesday (`TUE#2`).
struct Cron {
  private let seconds: [Bool]
  private let minutes: [Bool]
  private let hours: [Bool]
  private let days: [Bool]
  private let months: [Bool]
  private let weekdays: [Bool]
  /// Days of the month, and of the week, that only the month can tell.
  private let daysByRule: [DayRule]
  private let weekdaysByRule: [DayRule]

  private static let names: [String: String] = [
    "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0", "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
  ]
  private static let monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
  private static let dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

  init?(_ text: String) {
    let fields = (Cron.names[text] ?? text).split(separator: " ").map { $0.uppercased() }
    guard fields.count == 6 else { return nil }
    let (plainDays, daysByRule) = Cron.divided(fields[3], DayRule.init(dayOfMonth:))
    let (plainWeekdays, weekdaysByRule) = Cron.divided(fields[5]) { DayRule(weekday: $0, names: Cron.dayNames) }
    guard let seconds = Cron.field(fields[0], 0...59), let minutes = Cron.field(fields[1], 0...59),
      let hours = Cron.field(fields[2], 0...23), let days = Cron.field(plainDays, 1...31, orNone: !daysByRule.isEmpty),
      let months = Cron.field(fields[4], 1...12, Cron.monthNames),
      let weekdays = Cron.field(plainWeekdays, 0...7, Cron.dayNames, orNone: !weekdaysByRule.isEmpty)
    else { return nil }
    (self.seconds, self.minutes, self.hours, self.days, self.months) = (seconds, minutes, hours, days, months)
    (self.daysByRule, self.weekdaysByRule) = (daysByRule, weekdaysByRule)
    // Sunday is 0 and 7.
    self.weekdays = Array(weekdays[1...6]) + [weekdays[0] || weekdays[7]]
  }

  /// The parts of a field that are rules, and the rest.
  private static func divided(_ text: String, _ rule: (Substring) -> DayRule?) -> (plain: String, rules: [DayRule]) {
    var (plain, rules): ([Substring], [DayRule]) = ([], [])
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let rule = rule(part) { rules.append(rule) } else { plain.append(part) }
    }
    return (plain.joined(separator: ","), rules)
  }

  /// - Parameter orNone: whether the field may be empty.
  private static func field(_ text: String, _ range: ClosedRange<Int>, _ names: [String] = [], orNone: Bool = false) -> [Bool]? {
    var allowed = [Bool](repeating: false, count: range.upperBound + 1)
    if text.isEmpty, orNone { return allowed }
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
      guard (1...2).contains(pieces.count), let step = pieces.count == 2 ? Int(pieces[1]) : 1, step > 0 else { return nil }
      guard let (low, high) = bounds(pieces[0], range, names, isStepped: pieces.count == 2) else { return nil }
      for value in stride(from: low, through: high, by: step) { allowed[value] = true }
    }
    return allowed
  }

  private static func bounds(_ text: Substring, _ range: ClosedRange<Int>, _ names: [String], isStepped: Bool) -> (Int, Int)? {
    if text == "*" || text == "?" { return (range.lowerBound, range.upperBound == 7 ? 6 : range.upperBound) }
    func number(_ text: Substring) -> Int? {
      if let index = names.firstIndex(of: String(text)) { return index + range.lowerBound }
      return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(ends.count), let low = number(ends[0]) else { return nil }
    if ends.count == 1 { return (low, isStepped ? range.upperBound : low) }
    guard let high = number(ends[1]), low <= high else { return nil }
    return (low, high)
  }

  /// The first time after one; nil when there is none within some years (31 February).
  func next(after instant: Instant) -> Instant? {
    let (second, _) = instant.milliseconds.floorDivided(by: 1000)
    var (day, time) = (second + 1).floorDivided(by: 86_400)
    let lastDay = day + 366 * 9
    while day <= lastDay {
      if isOn(day), let found = firstTime(from: Int(time)) { return Instant(milliseconds: (day * 86_400 + Int64(found)) * 1000) }
      day += 1
      time = 0
    }
    return nil
  }

  private func isOn(_ day: Int64) -> Bool {
    let (_, month, dayOfMonth) = Instant.civil(fromDays: day)
    let weekday = DayRule.weekday(of: day)
    guard months[Int(month)] else { return false }
    return (days[Int(dayOfMonth)] || daysByRule.contains { $0.holds(on: day) })
      && (weekdays[weekday] || weekdaysByRule.contains { $0.holds(on: day) })
  }

  /// The first second of a day that fits, not before `from`.
  private func firstTime(from: Int) -> Int? {
    for hour in (from / 3600)..<24 where hours[hour] {
      let firstMinute = hour == from / 3600 ? from / 60 % 60 : 0
      for minute in firstMinute..<60 where minutes[minute] {
        let firstSecond = hour == from / 3600 && minute == from / 60 % 60 ? from % 60 : 0
        for second in firstSecond..<60 where seconds[second] { return (hour * 60 + minute) * 60 + second }
      }
    }
    return nil
  }
}

/// A day that depends on its month; weekdays count from Monday, which is 0.
private enum DayRule {
  /// So many days before the last of the month.
  case beforeLast(Int)
  case lastWorkingDay
  /// The working day of the month that is nearest to a day.
  case workingDay(near: Int)
  case last(weekday: Int)
  case nth(Int, weekday: Int)

  init?(dayOfMonth text: Substring) {
    if text == "L" {
      self = .beforeLast(0)
    } else if text == "LW" {
      self = .lastWorkingDay
    } else if text.hasPrefix("L-"), let days = Int(text.dropFirst(2)), (0...30).contains(days) {
      self = .beforeLast(days)
    } else if text.hasSuffix("W"), let day = Int(text.dropLast()), (1...31).contains(day) {
      self = .workingDay(near: day)
    } else {
      return nil
    }
  }

  init?(weekday text: Substring, names: [String]) {
    func weekday(_ text: Substring) -> Int? {
      let number = names.firstIndex(of: String(text)) ?? Int(text)
      return number.flatMap { (0...7).contains($0) ? ($0 + 6) % 7 : nil }
    }
    let parts = text.split(separator: "#", omittingEmptySubsequences: false)
    if parts.count == 2, let day = weekday(parts[0]), let count = Int(parts[1]), (1...5).contains(count) {
      self = .nth(count, weekday: day)
    } else if text.hasSuffix("L"), let day = weekday(text.dropLast()) {
      self = .last(weekday: day)
    } else {
      return nil
    }
  }

  /// - Parameter day: days since 1970.
  func holds(on day: Int64) -> Bool {
    let (_, month, date) = Instant.civil(fromDays: day)
    let dayOfMonth = Int(date)
    let left = DayRule.daysLeft(after: day, in: Int(month))
    let weekday = DayRule.weekday(of: day)
    switch self {
    case .beforeLast(let days): return left == days
    case .lastWorkingDay: return weekday == 4 ? left <= 2 : weekday < 4 && left == 0
    case .workingDay(let near):
      guard weekday < 5 else { return false }
      // A Saturday is near to the Friday before, a Sunday to the Monday behind, but never in another month.
      let isFriday = weekday == 4
      let isMonday = weekday == 0
      return dayOfMonth == near || (isFriday && dayOfMonth + 1 == near && left >= 1) || (isMonday && dayOfMonth - 1 == near)
        || (isMonday && near == 1 && dayOfMonth == 3) || (isFriday && left == 2 && dayOfMonth + 2 == near)
    case .last(let wanted): return weekday == wanted && left < 7
    case .nth(let count, let wanted): return weekday == wanted && (dayOfMonth - 1) / 7 == count - 1
    }
  }

  static func weekday(of day: Int64) -> Int { Int((day + 3).floorDivided(by: 7).remainder) }

  /// Days of the month behind this one.
  private static func daysLeft(after day: Int64, in month: Int) -> Int {
    var count = 0
    while count < 31, Int(Instant.civil(fromDays: day + Int64(count) + 1).month) == month { count += 1 }
    return count
  }
}
