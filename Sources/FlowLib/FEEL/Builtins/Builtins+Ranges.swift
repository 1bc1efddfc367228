import FlowCore

/// DMN 1.5, table 81: range functions. A point is the range from itself to itself.
extension Evaluator {
  mutating func ranges(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    guard let a = interval(v[0]), let b = interval(v[1]) else { return refuse(builtin, v) }
    let needsSecondRange: Bool
    switch builtin {
    case .meets, .metBy, .overlaps, .overlapsBefore, .overlapsAfter: needsSecondRange = true
    default: needsSecondRange = false
    }
    if needsSecondRange, !isRange(v[0]) || !isRange(v[1]) { return refuse(builtin, v) }
    if !isRange(v[0]), [.finishedBy, .includes, .startedBy].contains(builtin) { return refuse(builtin, v) }
    if !isRange(v[1]), [.finishes, .during, .starts].contains(builtin) { return refuse(builtin, v) }
    guard let ends = try ends(a, b) else { return refuse(builtin, v) }
    return .boolean(Evaluator.relate(builtin, a, b, ends))
  }

  private func isRange(_ value: Value) -> Bool {
    if case .range = value { return true }
    return false
  }

  private func interval(_ value: Value) -> RangeValue? {
    switch value {
    case .range(let range): range.low.isNull || range.high.isNull ? nil : range
    case .number, .string, .date, .time, .dateTime, .daysTime, .yearsMonths:
      RangeValue(low: value, high: value, includesLow: true, includesHigh: true)
    case .null, .boolean, .list, .context, .function: nil
    }
  }

  /// How each end of the first lies to each end of the second.
  struct Ends {
    let lowLow: Int
    let lowHigh: Int
    let highLow: Int
    let highHigh: Int
  }

  private mutating func ends(_ a: RangeValue, _ b: RangeValue) throws(EvaluationError) -> Ends? {
    guard let lowLow = try order(a.low, b.low), let lowHigh = try order(a.low, b.high), let highLow = try order(a.high, b.low),
      let highHigh = try order(a.high, b.high)
    else { return nil }
    return Ends(lowLow: lowLow, lowHigh: lowHigh, highLow: highLow, highHigh: highHigh)
  }

  private static func relate(_ builtin: Builtin, _ a: RangeValue, _ b: RangeValue, _ e: Ends) -> Bool {
    let sameLow = e.lowLow == 0 && a.includesLow == b.includesLow
    let sameHigh = e.highHigh == 0 && a.includesHigh == b.includesHigh
    let isBefore = e.highLow < 0 || e.highLow == 0 && !(a.includesHigh && b.includesLow)
    let isAfter = e.lowHigh > 0 || e.lowHigh == 0 && !(a.includesLow && b.includesHigh)
    let startsIn = e.lowLow > 0 || e.lowLow == 0 && (!a.includesLow || b.includesLow)
    let endsIn = e.highHigh < 0 || e.highHigh == 0 && (!a.includesHigh || b.includesHigh)
    let holdsLow = e.lowLow < 0 || e.lowLow == 0 && (a.includesLow || !b.includesLow)
    let holdsHigh = e.highHigh > 0 || e.highHigh == 0 && (a.includesHigh || !b.includesHigh)
    switch builtin {
    case .before: return isBefore
    case .after: return isAfter
    case .meets: return e.highLow == 0 && a.includesHigh && b.includesLow
    case .metBy: return e.lowHigh == 0 && a.includesLow && b.includesHigh
    case .overlaps: return !isBefore && !isAfter
    case .overlapsBefore:
      return (e.lowLow < 0 || e.lowLow == 0 && a.includesLow && !b.includesLow) && !isBefore && endsIn
    case .overlapsAfter:
      return (e.lowLow > 0 || e.lowLow == 0 && b.includesLow && !a.includesLow) && !isAfter && holdsHigh
    case .finishes: return sameHigh && startsIn
    case .finishedBy: return sameHigh && holdsLow
    case .includes: return holdsLow && holdsHigh
    case .during: return startsIn && endsIn
    case .starts: return sameLow && endsIn
    case .startedBy: return sameLow && holdsHigh
    case .coincides: return sameLow && sameHigh
    default: return false
    }
  }
}
