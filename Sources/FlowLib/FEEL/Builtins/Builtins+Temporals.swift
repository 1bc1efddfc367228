import FlowCore

/// DMN 1.5, tables 80 and 83: functions of dates and times. Now is the scope's instant, never a clock's.
extension Evaluator {
  mutating func temporals(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    switch builtin {
    case .now: return nowInUTC().map { .dateTime($0) } ?? .null
    case .today: return nowInUTC().map { .date($0.date) } ?? .null
    case .is: return .boolean(try isSame(v[0], v[1]))
    case .cycle: return cycle(v) ?? refuse(builtin, v)
    default: break
    }
    let date: CivilDate
    switch v[0] {
    case .date(let day): date = day
    case .dateTime(let both): date = both.date
    case .null, .boolean, .number, .string, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: return refuse(builtin, v)
    }
    switch builtin {
    case .dayOfWeek: return .string(Evaluator.weekdays[Int(date.weekday - 1)])
    case .dayOfYear: return .number(Number(date.dayOfYear))
    case .weekOfYear: return .number(Number(date.weekOfYear))
    case .monthOfYear: return .string(Evaluator.months[Int(date.month - 1)])
    case .lastDayOfMonth:
      let last = CivilDate(year: date.year, month: date.month, day: CivilDate.daysInMonth(date.year, date.month))
      return last.map { .date($0) } ?? refuse(builtin, v)
    default: return refuse(builtin, v)
    }
  }

  /// Camunda's text for a timer: `R3/PT1H`, and `R/PT1H` without a number.
  private func cycle(_ v: [Value]) -> Value? {
    guard let interval = v.last, interval.isDuration else { return nil }
    let text = Value.text(interval, quoted: false, limit: Limits.failureText)
    if v.count == 1 || v[0].isNull { return .string("R/\(text)") }
    guard case .number(let number) = v[0], let count = number.int64, count >= 0 else { return nil }
    return .string("R\(count)/\(text)")
  }

  private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]

  private func nowInUTC() -> CivilDateTime? {
    CivilDateTime(localNanoseconds: Int128(scope.now.milliseconds) * 1_000_000, zone: .offset(0))
  }

  /// The same value with the same zone; `is(time("23:00Z"), time("00:00+01:00"))` is false.
  private mutating func isSame(_ left: Value, _ right: Value) throws(EvaluationError) -> Bool {
    switch (left, right) {
    case (.time(let a), .time(let b)): return a == b
    case (.dateTime(let a), .dateTime(let b)): return a == b
    case (.list(let a), .list(let b)):
      guard a.count == b.count else { return false }
      for index in 0..<a.count {
        try spend()
        guard try isSame(a.items[index], b.items[index]) else { return false }
      }
      return true
    case (.list, _), (_, .list): return false
    default: return try equal(left, right) == true
    }
  }
}

extension Value {
  fileprivate var isDuration: Bool {
    switch self {
    case .daysTime, .yearsMonths: true
    case .null, .boolean, .number, .string, .list, .context, .date, .time, .dateTime, .range, .function: false
    }
  }
}
