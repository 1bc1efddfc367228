import FlowCore
import FlowFEEL

/// Times of timer events.
///
/// - Source: BPMN 2.0.2, 10.5.5, timer event definitions; ISO 8601 for dates, durations and repeating intervals; cycles may be cron.
enum TimerText {
  /// When a timer that is opened now fires first, and what is left of its cycle then.
  static func first(_ kind: TimerKind, _ value: Value, now: Instant, zones: ZoneOffsets) throws(StepProblem) -> Wait.Kind {
    switch kind {
    case .date:
      guard let due = instant(value, zones) else { throw unreadable(value, "a date", "2030-01-07T09:00:00Z") }
      return .timer(due: due, cycle: nil)
    case .duration:
      guard let due = adding(value, to: now, zones) else { throw unreadable(value, "a duration", "PT15M") }
      return .timer(due: due, cycle: nil)
    case .cycle:
      let text: String
      if case .string(let given) = value { text = given } else { text = "R/" + Value.text(value, quoted: false, limit: 200) }
      guard let cycle = Cycle(text, zones), let due = cycle.first(after: now) else {
        throw unreadable(value, "a cycle", "R3/PT10M or 0 0 9 * * MON-FRI")
      }
      return .timer(due: due, cycle: TimerCycle(text: text, left: cycle.repetitions.map { $0 - 1 }))
    }
  }

  /// The time after `due`, of what a cycle has left; nil when it is over.
  static func next(after due: Instant, _ cycle: TimerCycle, zones: ZoneOffsets) -> Wait.Kind? {
    if let left = cycle.left, left <= 0 { return nil }
    guard let parsed = Cycle(cycle.text, zones), let next = parsed.next(after: due) else { return nil }
    return .timer(due: next, cycle: TimerCycle(text: cycle.text, left: cycle.left.map { $0 - 1 }))
  }

  private static func unreadable(_ value: Value, _ what: String, _ example: String) -> StepProblem {
    StepProblem(.extractValueError, "\(value.shown) is not \(what) such as \(example)")
  }

  /// A date and time as a point in time; without a zone it is UTC.
  static func instant(_ value: Value, _ zones: ZoneOffsets) -> Instant? {
    switch value {
    case .dateTime(let dateTime):
      let mark = dateTime.time.zone
      let offset = zones.offset(of: mark, localSeconds: dateTime.localSeconds)
      if offset == nil, mark != .none { return nil }
      let nanoseconds = dateTime.localNanoseconds - Int128(offset ?? 0) * 1_000_000_000
      return Int64(exactly: nanoseconds / 1_000_000).map { Instant(milliseconds: $0) }
    case .date(let date): return Instant(milliseconds: date.daysSinceEpoch &* 86_400_000)
    case .string(let text):
      if let dateTime = Value.dateTimeText(text) { return instant(.dateTime(dateTime), zones) }
      return Value.dateText(text).flatMap { instant(.date($0), zones) }
    case .null, .boolean, .number, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: return nil
    }
  }

  /// Calendar months count as such: a month after 31 January is the last day of February.
  static func adding(_ duration: Value, to start: Instant, _ zones: ZoneOffsets) -> Instant? {
    switch duration {
    case .daysTime(let nanoseconds):
      guard let milliseconds = Int64(exactly: nanoseconds / 1_000_000) else { return nil }
      let (sum, overflow) = start.milliseconds.addingReportingOverflow(milliseconds)
      return overflow ? nil : Instant(milliseconds: sum)
    case .yearsMonths(let months):
      let (days, rest) = start.milliseconds.floorDivided(by: 86_400_000)
      guard let date = CivilDate(daysSinceEpoch: days)?.adding(months: months) else { return nil }
      return Instant(milliseconds: date.daysSinceEpoch * 86_400_000 + rest)
    case .string(let text): return combined(text, from: start, zones)
    case .null, .boolean, .number, .list, .context, .date, .time, .dateTime, .range, .function: return nil
    }
  }

  /// An ISO duration that may mix months with days, which FEEL's own types do not.
  private static func combined(_ text: String, from start: Instant, _ zones: ZoneOffsets) -> Instant? {
    if let value = Value.durationText(text) { return adding(value, to: start, zones) }
    guard text.hasPrefix("P"), let month = text.firstIndex(of: "M"), month < (text.firstIndex(of: "T") ?? text.endIndex) else {
      return weeks(text).flatMap { adding(.daysTime($0), to: start, zones) }
    }
    let rest = text[text.index(after: month)...]
    guard let months = Value.durationText(String(text[...month])), let days = Value.durationText("P" + rest),
      let middle = adding(months, to: start, zones)
    else { return nil }
    return adding(days, to: middle, zones)
  }

  private static func weeks(_ text: String) -> Int128? {
    guard text.hasPrefix("P"), text.hasSuffix("W"), let count = Int64(text.dropFirst().dropLast()), abs(count) < 1 << 32 else { return nil }
    return Int128(count) * 7 * 86_400 * 1_000_000_000
  }
}

/// A repeating interval (`R3/2030-01-07T09:00:00Z/PT1H`), or cron with seconds (`0 0 9 * * MON-FRI`).
struct Cycle {
  /// Nil without an end.
  let repetitions: Int?
  private let start: Instant?
  private let interval: Value?
  private let cron: Cron?
  private let zones: ZoneOffsets

  init?(_ text: String, _ zones: ZoneOffsets) {
    self.zones = zones
    guard text.hasPrefix("R") else {
      guard let cron = Cron(text) else { return nil }
      (self.cron, repetitions, start, interval) = (cron, nil, nil, nil)
      return
    }
    cron = nil
    let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let last = parts.last else { return nil }
    if parts[0].isEmpty || parts[0] == "-1" {
      repetitions = nil
    } else {
      guard let count = Int(parts[0]), count >= 0 else { return nil }
      repetitions = count
    }
    interval = .string(String(last))
    guard let probe = TimerText.adding(.string(String(last)), to: Instant(milliseconds: 0), zones), probe > Instant(milliseconds: 0) else {
      return nil
    }
    if parts.count == 3, !parts[1].isEmpty {
      guard let begin = TimerText.instant(.string(String(parts[1])), zones) else { return nil }
      start = begin
    } else {
      start = nil
    }
  }

  func first(after now: Instant) -> Instant? {
    if let repetitions, repetitions == 0 { return nil }
    guard let start, start > now else { return next(after: start.map { max($0, now) } ?? now) }
    return start
  }

  func next(after due: Instant) -> Instant? {
    if let cron { return cron.next(after: due) }
    return interval.flatMap { TimerText.adding($0, to: due, zones) }
  }
}
