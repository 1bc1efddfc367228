import FlowCore

extension Evaluator {
  mutating func arithmetic(_ first: Expression, _ steps: [ArithmeticStep], _ frame: Frame?) throws(EvaluationError) -> Value {
    var value = try evaluate(first, frame)
    for step in steps {
      let operand = try evaluate(step.operand, frame)
      offset = step.offset
      if case .string(let left) = value, case .string(let right) = operand, step.op == .add {
        value = try made(left + right)
      } else {
        value = calculate(step.op, value, operand) ?? null("can not calculate \(value.shown) \(step.op.rawValue) \(operand.shown)")
      }
    }
    return value
  }

  mutating func negate(_ value: Value, at place: Int) -> Value {
    switch value {
    case .number(let number): return .number(number.negated)
    case .daysTime(let nanoseconds): return .daysTime(-nanoseconds)
    case .yearsMonths(let months) where months != Int64.min: return .yearsMonths(-months)
    case .null, .boolean, .string, .list, .context, .date, .time, .dateTime, .yearsMonths, .range, .function:
      offset = place
      return null("can not negate \(value.shown)")
    }
  }

  /// Nil when the types do not fit or the result is out of range.
  func calculate(_ op: ArithmeticOperator, _ left: Value, _ right: Value) -> Value? {
    if case .number(let a) = left, case .number(let b) = right { return Evaluator.calculate(op, a, b).map { .number($0) } }
    switch op {
    case .add: return add(left, right) ?? add(right, left)
    case .subtract: return subtract(left, right)
    case .multiply: return scale(left, by: right) ?? scale(right, by: left)
    case .divide: return divide(left, right)
    case .power: return nil
    }
  }

  private static func calculate(_ op: ArithmeticOperator, _ a: Number, _ b: Number) -> Number? {
    switch op {
    case .add: Number.sum(a, b)
    case .subtract: Number.difference(a, b)
    case .multiply: Number.product(a, b)
    case .divide: Number.quotient(a, b)
    case .power: Number.power(a, b)
    }
  }

  private func add(_ left: Value, _ right: Value) -> Value? {
    switch (left, right) {
    case (.daysTime(let a), .daysTime(let b)): return Evaluator.checked(a.addingReportingOverflow(b)).map { .daysTime($0) }
    case (.yearsMonths(let a), .yearsMonths(let b)): return Evaluator.checked(a.addingReportingOverflow(b)).map { .yearsMonths($0) }
    case (.date(let date), .daysTime(let nanoseconds)):
      let midnight = CivilDateTime(date, CivilTime(nanoseconds: 0, zone: .none))
      return shifted(midnight, by: nanoseconds).map { .date($0.date) }
    case (.date(let date), .yearsMonths(let months)): return date.adding(months: months).map { .date($0) }
    case (.dateTime(let both), .daysTime(let nanoseconds)): return shifted(both, by: nanoseconds).map { .dateTime($0) }
    case (.dateTime(let both), .yearsMonths(let months)):
      return both.date.adding(months: months).map { .dateTime(CivilDateTime($0, both.time)) }
    case (.time(let time), .daysTime(let nanoseconds)):
      let rest = Int64(nanoseconds % Int128(CivilTime.day))
      return .time(CivilTime(nanoseconds: time.nanoseconds + rest, zone: time.zone))
    default: return nil
    }
  }

  private func shifted(_ value: CivilDateTime, by nanoseconds: Int128) -> CivilDateTime? {
    // In a named zone time goes by as instants do: an hour later may be two hours later on the clock.
    if case .named = value.time.zone, let start = instant(value) {
      return Evaluator.checked(start.addingReportingOverflow(nanoseconds)).flatMap { clock(at: $0, in: value.time.zone) }
    }
    guard let sum = Evaluator.checked(value.localNanoseconds.addingReportingOverflow(nanoseconds)) else { return nil }
    return CivilDateTime(localNanoseconds: sum, zone: value.time.zone)
  }

  /// What the clocks of a zone show at an instant.
  func clock(at instant: Int128, in zone: ZoneMark) -> CivilDateTime? {
    // Past the years that there are; and what follows can not overflow.
    guard instant.magnitude < 1 << 100 else { return nil }
    let second = Int128(CivilTime.second)
    let seconds = Int64(clamping: (instant - (instant < 0 ? second - 1 : 0)) / second)
    guard let offset = scope.zones.offset(of: zone, instantSeconds: seconds) else { return nil }
    return CivilDateTime(localNanoseconds: instant + Int128(offset) * second, zone: zone)
  }

  private static func checked<T: FixedWidthInteger>(_ result: (partialValue: T, overflow: Bool)) -> T? {
    // The smallest integer is left out too: it has no opposite.
    result.overflow || result.partialValue == T.min ? nil : result.partialValue
  }

  private func subtract(_ left: Value, _ right: Value) -> Value? {
    switch (left, right) {
    case (.daysTime, .daysTime(let b)): return add(left, .daysTime(-b))
    case (.yearsMonths, .yearsMonths(let b)), (.date, .yearsMonths(let b)), (.dateTime, .yearsMonths(let b)):
      return b == Int64.min ? nil : add(left, .yearsMonths(-b))
    case (.date, .daysTime(let b)), (.dateTime, .daysTime(let b)), (.time, .daysTime(let b)): return add(left, .daysTime(-b))
    case (.time(let a), .time(let b)):
      guard a.zone != b.zone else { return .daysTime(Int128(a.nanoseconds - b.nanoseconds)) }
      let now = scope.now.milliseconds / 1000
      guard let first = scope.zones.offset(of: a.zone, instantSeconds: now),
        let second = scope.zones.offset(of: b.zone, instantSeconds: now)
      else { return nil }
      return .daysTime(Int128(a.nanoseconds - b.nanoseconds) - Int128(first - second) * Int128(CivilTime.second))
    case (.date, .date), (.date, .dateTime), (.dateTime, .date), (.dateTime, .dateTime): return distance(left, right)
    default: return nil
    }
  }

  /// The time between two days or instants; a day beside a zoned instant is its midnight in UTC.
  private func distance(_ left: Value, _ right: Value) -> Value? {
    let zoned = Evaluator.isZoned(left) || Evaluator.isZoned(right)
    guard let a = instant(left, zoned: zoned), let b = instant(right, zoned: zoned) else { return nil }
    return .daysTime(a - b)
  }

  private static func isZoned(_ value: Value) -> Bool {
    if case .dateTime(let both) = value { return both.time.zone != .none }
    return false
  }

  private func instant(_ value: Value, zoned: Bool) -> Int128? {
    switch value {
    case .date(let date): return CivilDateTime(date, CivilTime(nanoseconds: 0, zone: .none)).localNanoseconds
    case .dateTime(let both): return zoned && both.time.zone == .none ? nil : instant(both)
    case .null, .boolean, .number, .string, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: return nil
    }
  }

  private func scale(_ left: Value, by right: Value) -> Value? {
    guard case .number(let factor) = right else { return nil }
    switch left {
    case .daysTime(let nanoseconds): return Evaluator.duration(Number.product(Number(wide: nanoseconds), factor))
    case .yearsMonths(let months):
      return Number.product(Number(months), factor)?.truncated.int64.map { .yearsMonths($0) }
    case .null, .boolean, .number, .string, .list, .context, .date, .time, .dateTime, .range, .function: return nil
    }
  }

  private static func duration(_ nanoseconds: Number?) -> Value? {
    nanoseconds?.truncated.int128.map { .daysTime($0) }
  }

  private func divide(_ left: Value, _ right: Value) -> Value? {
    switch (left, right) {
    case (.daysTime(let a), .daysTime(let b)): return Number.quotient(Number(wide: a), Number(wide: b)).map { .number($0) }
    case (.yearsMonths(let a), .yearsMonths(let b)): return Number.quotient(Number(a), Number(b)).map { .number($0) }
    case (.daysTime(let a), .number(let b)): return Evaluator.duration(Number.quotient(Number(wide: a), b))
    case (.yearsMonths(let a), .number(let b)): return Number.quotient(Number(a), b)?.truncated.int64.map { .yearsMonths($0) }
    default: return nil
    }
  }
}

extension Number {
  /// Durations have up to 38 digits; what does not fit in 34 is rounded.
  init(wide value: Int128) {
    self = Number.rounded(high: 0, low: UInt128(value.magnitude), exponent: 0, isNegative: value < 0) ?? .zero
  }

  /// The value as a wide integer; nil when it has a fraction or more than 36 digits.
  var int128: Int128? {
    let whole = reduced
    guard whole.exponent >= 0, Number.digitCount(whole.coefficient) + Int(whole.exponent) <= 36 else { return isZero ? 0 : nil }
    let size = Int128(whole.coefficient * Number.powerOfTen(Int(whole.exponent)))
    return whole.isNegative ? -size : size
  }
}
