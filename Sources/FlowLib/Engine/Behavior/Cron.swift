import FlowCore

/// A schedule of six fields: second, minute, hour, day of month, month, day of week; in UTC. `@daily` and its kin are short for some.
struct Cron {
  private let seconds: [Bool]
  private let minutes: [Bool]
  private let hours: [Bool]
  private let days: [Bool]
  private let months: [Bool]
  private let weekdays: [Bool]

  private static let names: [String: String] = [
    "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0", "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
  ]
  private static let monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
  private static let dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

  init?(_ text: String) {
    let fields = (Cron.names[text] ?? text).split(separator: " ").map { $0.uppercased() }
    guard fields.count == 6, let seconds = Cron.field(fields[0], 0...59), let minutes = Cron.field(fields[1], 0...59),
      let hours = Cron.field(fields[2], 0...23), let days = Cron.field(fields[3], 1...31),
      let months = Cron.field(fields[4], 1...12, Cron.monthNames), let weekdays = Cron.field(fields[5], 0...7, Cron.dayNames)
    else { return nil }
    (self.seconds, self.minutes, self.hours, self.days, self.months) = (seconds, minutes, hours, days, months)
    // Sunday is 0 and 7.
    self.weekdays = Array(weekdays[1...6]) + [weekdays[0] || weekdays[7]]
  }

  private static func field(_ text: String, _ range: ClosedRange<Int>, _ names: [String] = []) -> [Bool]? {
    var allowed = [Bool](repeating: false, count: range.upperBound + 1)
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
    let weekday = Int((day + 3).floorDivided(by: 7).remainder)
    return months[Int(month)] && days[Int(dayOfMonth)] && weekdays[weekday]
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
