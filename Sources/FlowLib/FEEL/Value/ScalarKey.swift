/// A value without parts as a key of a table, so that equal ones are found without comparing each with each.
enum ScalarKey: Hashable {
  case null
  case boolean(Bool)
  case number(Number)
  /// By bytes: FEEL does not know that two spellings of `é` are one.
  case string([UInt8])
  case date(CivilDate)
  case daysTime(Int128)
  case yearsMonths(Int64)

  private init?(_ value: Value) {
    switch value {
    case .null: self = .null
    case .boolean(let flag): self = .boolean(flag)
    case .number(let number): self = .number(number)
    case .string(let text): self = .string(Array(text.utf8))
    case .date(let date): self = .date(date)
    case .daysTime(let nanoseconds): self = .daysTime(nanoseconds)
    case .yearsMonths(let months): self = .yearsMonths(months)
    // A list of one equals its item, and times are equal across zones: no key says so.
    case .list, .context, .time, .dateTime, .range, .function: return nil
    }
  }

  /// A key for each value; nil when one of them has none.
  static func of(_ values: [Value], _ evaluator: inout Evaluator) throws(EvaluationError) -> [ScalarKey]? {
    var keys: [ScalarKey] = []
    for value in values {
      guard let key = ScalarKey(value) else { return nil }
      try evaluator.spend(1 + (value.string?.utf8.count ?? 0) / 64)
      keys.append(key)
    }
    return keys
  }
}
