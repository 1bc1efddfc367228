import FlowCore

/// DMN 1.5, table 72: conversion functions, and Camunda's helpers around null.
extension Evaluator {
  mutating func conversion(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    switch builtin {
    case .date: return temporal(dateValue(v.map { Evaluator.single($0) }), builtin, v)
    case .time: return temporal(timeValue(v.map { Evaluator.single($0) }), builtin, v)
    case .dateAndTime: return temporal(dateTimeValue(v.map { Evaluator.single($0) }), builtin, v)
    case .duration: return temporal(durationValue(Evaluator.single(v[0])), builtin, v)
    case .yearsAndMonthsDuration: return temporal(monthsBetween(Evaluator.single(v[0]), Evaluator.single(v[1])), builtin, v)
    case .string:
      if v[0].isNull { return .null }
      let limit = min(budget.bytes, 32 * budget.steps)
      try weigh(v[0], limit: limit)
      let text = Value.text(v[0], quoted: false, limit: limit)
      // A text that was cut is no value.
      try spend(text.utf8.count <= limit ? text.utf8.count / 32 : budget.steps + 1)
      return try made(text)
    case .toBase64:
      guard let text = Evaluator.single(v[0]).string else { return refuse(builtin, v) }
      return try made(base64(Array(text.utf8)))
    case .number: return numberValue(v.map { Evaluator.single($0) }) ?? refuse(builtin, v)
    case .not: return Evaluator.single(v[0]).boolean.map { .boolean(!$0) } ?? refuse(builtin, v)
    case .isDefined: return .boolean(!v[0].isNull)
    case .getOrElse: return v[0].isNull ? v[1] : v[0]
    case .assert: return v[1].boolean == true ? v[0] : failed(assertion: v.count > 2 ? v[2].string : nil)
    case .toJSON:
      try weigh(v[0])
      try spendOn(v[0])
      return try made(v[0].json.text)
    case .fromJSON: return try fromJSON(builtin, v)
    case .range: return try rangeValue(builtin, v)
    default: return refuse(builtin, v)
    }
  }

  private mutating func failed(assertion message: String?) -> Value {
    let message = message ?? "assertion failed"
    if failure == nil { failure = EvaluationError(.assertion, message, at: offset) }
    return null(message)
  }

  /// The value that was made of the arguments, when its zone is known.
  private mutating func temporal(_ value: Value?, _ builtin: Builtin, _ v: [Value]) -> Value {
    value.flatMap { zoned($0) } ?? refuse(builtin, v)
  }

  private func durationValue(_ value: Value) -> Value? {
    switch value {
    case .string(let text): Value.durationText(text)
    case .daysTime, .yearsMonths: value
    case .null, .boolean, .number, .list, .context, .date, .time, .dateTime, .range, .function: nil
    }
  }

  /// One step for each value that hangs below this one.
  mutating func spendOn(_ value: Value) throws(EvaluationError) {
    try spend()
    switch value {
    case .list(let list): for item in list.items { try spendOn(item) }
    case .context(let context): for item in context.values { try spendOn(item) }
    case .string(let text): try build(text.utf8.count)
    case .null, .boolean, .number, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: break
    }
  }

  private mutating func fromJSON(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    guard let text = v[0].string else { return refuse(builtin, v) }
    // Two bytes of text (`1,`) may become a value.
    try build(16 * text.utf8.count)
    do throws(JSONError) {
      return Value(try JSON(parsing: text))
    } catch {
      return null("'from json': \(error)")
    }
  }

  private func dateValue(_ v: [Value]) -> Value? {
    if v.count == 3 {
      guard let year = v[0].number?.int64, let month = v[1].number?.int64, let day = v[2].number?.int64 else { return nil }
      guard year.magnitude <= UInt64(CivilDate.yearMax) else { return nil }
      return CivilDate(year: year, month: month, day: day).map { .date($0) }
    }
    switch v[0] {
    case .string(let text): return (Value.dateText(text) ?? Value.dateTimeText(text)?.date).map { .date($0) }
    case .date: return v[0]
    case .dateTime(let both): return .date(both.date)
    case .null, .boolean, .number, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: return nil
    }
  }

  private func timeValue(_ v: [Value]) -> Value? {
    if v.count >= 3 { return timeFromParts(v) }
    switch v[0] {
    case .string(let text): return (Value.timeText(text) ?? Value.dateTimeText(text)?.time).map { .time($0) }
    case .time: return v[0]
    case .dateTime(let both): return .time(both.time)
    case .date: return .time(CivilTime(nanoseconds: 0, zone: .offset(0)))
    case .null, .boolean, .number, .list, .context, .daysTime, .yearsMonths, .range, .function: return nil
    }
  }

  private func timeFromParts(_ v: [Value]) -> Value? {
    guard let hour = v[0].number?.int64, let minute = v[1].number?.int64, let second = v[2].number, !second.isNegative else { return nil }
    let whole = second.floor
    guard let seconds = whole.int64, let fraction = Number.difference(second, whole) else { return nil }
    let scaled = Number.product(fraction, Number(CivilTime.second))?.floor.int64 ?? 0
    var zone = ZoneMark.none
    if v.count > 3, !v[3].isNull {
      guard case .daysTime(let offset) = v[3], abs(offset) <= 18 * 3600 * Int128(CivilTime.second) else { return nil }
      zone = .offset(Int64(offset / Int128(CivilTime.second)))
    }
    return CivilTime(hour: hour, minute: minute, second: seconds, nanosecond: scaled, zone: zone).map { .time($0) }
  }

  private func dateTimeValue(_ v: [Value]) -> Value? {
    guard v.count == 2 else {
      switch v[0] {
      case .string(let text):
        if let both = Value.dateTimeText(text) { return .dateTime(both) }
        return Value.dateText(text).map { .dateTime(CivilDateTime($0, CivilTime(nanoseconds: 0, zone: .none))) }
      case .dateTime: return v[0]
      case .date(let date): return .dateTime(CivilDateTime(date, CivilTime(nanoseconds: 0, zone: .none)))
      case .null, .boolean, .number, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: return nil
      }
    }
    let date: CivilDate
    switch v[0] {
    case .date(let day): date = day
    case .dateTime(let both): date = both.date
    case .null, .boolean, .number, .string, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: return nil
    }
    if case .time(let time) = v[1] { return .dateTime(CivilDateTime(date, time)) }
    return inZone(v[0], v[1])
  }

  /// The same instant on the clocks of another zone; a local time is one of that zone.
  private func inZone(_ value: Value, _ name: Value) -> Value? {
    guard case .dateTime(let both) = value, case .string(let zone) = name, let mark = ZoneMark(named: zone) else { return nil }
    if both.time.zone == .none { return .dateTime(CivilDateTime(both.date, CivilTime(nanoseconds: both.time.nanoseconds, zone: mark))) }
    return instant(both).flatMap { clock(at: $0, in: mark) }.map { .dateTime($0) }
  }

  private func day(_ value: Value) -> CivilDate? {
    switch value {
    case .date(let date): date
    case .dateTime(let both): both.date
    case .null, .boolean, .number, .string, .list, .context, .time, .daysTime, .yearsMonths, .range, .function: nil
    }
  }

  private func monthsBetween(_ from: Value, _ to: Value) -> Value? {
    guard let first = day(from), let last = day(to) else { return nil }
    var months = (last.year - first.year) * 12 + last.month - first.month
    // A month that has not come round is none.
    if months > 0, last.day < first.day { months -= 1 }
    if months < 0, last.day > first.day { months += 1 }
    return .yearsMonths(months)
  }

  private func numberValue(_ v: [Value]) -> Value? {
    guard let text = v[0].string else {
      if case .number = v[0], v.count == 1 { return v[0] }
      return nil
    }
    guard v.count > 1 else { return Number(parsing: text).map { .number($0) } }
    let grouping = v[1].string ?? ""
    let point = v.count > 2 ? v[2].string ?? "." : "."
    guard v[1].isNull || [" ", ",", "."].contains(grouping), [".", ","].contains(point), grouping != point else { return nil }
    guard v.count < 3 || v[2].isNull || v[2].string != nil else { return nil }
    var plain = ""
    for character in text where String(character) != grouping {
      if character == ".", point != "." { return nil }
      plain.append(String(character) == point ? "." : character)
    }
    return Number(parsing: plain).map { .number($0) }
  }

  /// `range("[1..5]")`: both ends are literals.
  private mutating func rangeValue(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    guard let text = Evaluator.single(v[0]).string, let (low, high, includesLow, includesHigh) = try rangeParts(text) else {
      return refuse(builtin, v)
    }
    guard !(low.isNull && high.isNull) else { return refuse(builtin, v) }
    if !low.isNull, !high.isNull {
      guard let order = try order(low, high), order <= 0 else { return refuse(builtin, v) }
    }
    return .range(RangeValue(low: low, high: high, includesLow: includesLow, includesHigh: includesHigh))
  }

  private typealias RangeParts = (low: Value, high: Value, includesLow: Bool, includesHigh: Bool)

  /// What a range's text says; nil when it is none, or its ends are no literals.
  private mutating func rangeParts(_ text: String) throws(EvaluationError) -> RangeParts? {
    try spend(text.utf8.count / 8)
    let tree: Expression
    do throws(ExpressionError) { tree = try Parser.expression(text) } catch { return nil }
    guard case .range(let low, let high, let includesLow, let includesHigh) = tree.kind else { return nil }
    guard let from = try rangeEnd(low), let to = try rangeEnd(high) else { return nil }
    return (from, to, includesLow, includesHigh)
  }

  /// A literal, or a temporal function of literals; null for an open end.
  private mutating func rangeEnd(_ end: Expression?) throws(EvaluationError) -> Value? {
    guard let end else { return .null }
    var value = Value.null
    if case .literal(let literal) = end.kind { value = literal }
    if case .zoned(let literal) = end.kind { value = literal }
    if case .call(let callee, let arguments) = end.kind, case .name(let name) = callee.kind {
      guard ["date", "time", "date and time", "duration"].contains(name) else { return nil }
      guard arguments.allSatisfy({ if case .literal = $0.value.kind { true } else { false } }) else { return nil }
      value = try evaluate(end, nil)
    }
    switch value {
    case .number, .string, .date, .time, .dateTime, .daysTime, .yearsMonths: return zoned(value)
    case .null, .boolean, .list, .context, .range, .function: return nil
    }
  }
}
