import FlowCore

extension Evaluator {
  /// `base.name`: an entry, a part of a temporal value or range, or that of every item of a list.
  mutating func path(_ base: Value, _ name: String, at place: Int) throws(EvaluationError) -> Value {
    offset = place
    switch base {
    case .context(let context):
      if let value = context[name] { return value }
      return null("no entry '\(name)'; there are: \(Evaluator.listed(context))")
    case .list(let list):
      var items: [Value] = []
      for item in list.items {
        try spend()
        items.append(try path(item, name, at: place))
      }
      return try made(items)
    case .null: return null("'\(name)' of null")
    case .date, .time, .dateTime, .daysTime, .yearsMonths, .range:
      return part(of: base, name) ?? null("no property '\(name)' of \(base.shown)")
    case .boolean, .number, .string, .function: return null("no property '\(name)' of \(base.shown)")
    }
  }

  /// Some of the names; a large context costs no more than a small one.
  private static func listed(_ context: Context) -> String {
    let names = context.names.prefix(100).sorted().prefix(10).joined(separator: ", ")
    return names.isEmpty ? "none" : names
  }

  private func part(of value: Value, _ name: String) -> Value? {
    switch value {
    case .date(let date): return datePart(date, name)
    case .time(let time): return timePart(time, name)
    case .dateTime(let both): return dateTimePart(both, name)
    case .daysTime(let nanoseconds): return durationPart(nanoseconds, name)
    case .yearsMonths(let months):
      switch name {
      case "years": return .number(Number(months / 12))
      case "months": return .number(Number(months % 12))
      case "value": return .number(Number(months))
      default: return nil
      }
    case .range(let range): return rangePart(range, name)
    case .null, .boolean, .number, .string, .list, .context, .function: return nil
    }
  }

  private func rangePart(_ range: RangeValue, _ name: String) -> Value? {
    switch name {
    case "start": range.low
    case "end": range.high
    case "start included": .boolean(range.includesLow)
    case "end included": .boolean(range.includesHigh)
    default: nil
    }
  }

  private func datePart(_ date: CivilDate, _ name: String) -> Value? {
    switch name {
    case "year": .number(Number(date.year))
    case "month": .number(Number(date.month))
    case "day": .number(Number(date.day))
    case "weekday": .number(Number(date.weekday))
    case "value": .number(Number(date.daysSinceEpoch * 86_400))
    default: nil
    }
  }

  /// A named zone has the offset of that instant.
  private func dateTimePart(_ both: CivilDateTime, _ name: String) -> Value? {
    if name == "value" { return instant(both).map { .number(Evaluator.seconds($0)) } ?? .null }
    if name == "time offset", case .named = both.time.zone {
      let seconds = scope.zones.offset(of: both.time.zone, localSeconds: both.localSeconds)
      return seconds.map { .daysTime(Int128($0) * Int128(CivilTime.second)) } ?? .null
    }
    return datePart(both.date, name) ?? timePart(both.time, name)
  }

  private static func seconds(_ nanoseconds: Int128) -> Number {
    let number = Number(wide: nanoseconds)
    return Number(unchecked: number.coefficient, exponent: number.exponent - 9, isNegative: number.isNegative).reduced
  }

  private func timePart(_ time: CivilTime, _ name: String) -> Value? {
    switch (name, time.zone) {
    case ("hour", _): .number(Number(time.hour))
    case ("minute", _): .number(Number(time.minute))
    case ("second", _):
      Number.sum(Number(time.second), Number(unchecked: UInt128(time.fraction), exponent: -9, isNegative: false)).map {
        .number($0.reduced)
      }
    case ("value", _): .number(Evaluator.seconds(Int128(time.nanoseconds)))
    case ("time offset", .named):
      scope.zones.offset(of: time.zone, instantSeconds: scope.now.milliseconds / 1000)
        .map { .daysTime(Int128($0) * Int128(CivilTime.second)) } ?? .null
    case ("time offset", .offset(let seconds)): .daysTime(Int128(seconds) * Int128(CivilTime.second))
    case ("timezone", .named(let zone)): .string(zone)
    case ("time offset", _), ("timezone", _): .null
    default: nil
    }
  }

  private func durationPart(_ nanoseconds: Int128, _ name: String) -> Value? {
    let seconds = nanoseconds / Int128(CivilTime.second)
    let whole: Int128
    switch name {
    case "days": whole = seconds / 86_400
    case "hours": whole = seconds / 3600 % 24
    case "minutes": whole = seconds / 60 % 60
    case "seconds": whole = seconds % 60
    case "value": return .number(Evaluator.seconds(nanoseconds))
    default: return nil
    }
    return Int64(exactly: whole).map { .number(Number($0)) }
  }

  /// `base[condition]`: one item by its number, or the items for which the condition holds.
  mutating func filter(_ base: Value, _ condition: Expression, _ frame: Frame?) throws(EvaluationError) -> Value {
    let items: [Value]
    switch base {
    case .null: return null("filter of null")
    case .list(let list): items = list.items
    case .boolean, .number, .string, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: items = [base]
    }
    if case .literal(.number(let index)) = condition.kind { return item(index, of: items) }
    if items.isEmpty { return try filterNothing(condition, frame) }
    var kept: [Value] = []
    for item in items {
      let verdict = try evaluate(condition, itemFrame(item, frame))
      if verdict.boolean == true { kept.append(item) }
      if case .number(let index) = verdict { return self.item(index, of: items) }
    }
    return try made(kept)
  }

  /// An index into an empty list finds nothing; a condition leaves it empty.
  private mutating func filterNothing(_ condition: Expression, _ frame: Frame?) throws(EvaluationError) -> Value {
    let before = notes.count
    let verdict = try evaluate(condition, itemFrame(.null, frame))
    notes.removeLast(max(0, notes.count - before))
    if case .number(let index) = verdict { return item(index, of: []) }
    return try made([])
  }

  private mutating func item(_ index: Number, of items: [Value]) -> Value {
    guard let position = index.int, position != 0, Int(position.magnitude) <= items.count else {
      return null("no item \(index.text) in a list of \(items.count)")
    }
    return items[position > 0 ? position - 1 : items.count + position]
  }

  /// What a filter's condition sees: the entries of an item that is a context, and `item`. Copies nothing.
  private func itemFrame(_ item: Value, _ frame: Frame?) -> Frame {
    let outer = Frame(Context("item", item), in: frame)
    guard case .context(let context) = item else { return outer }
    return Frame(context, in: outer)
  }
}
