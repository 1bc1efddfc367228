import FlowCore

/// Types: what `instance of` asks, and the conversions that a typed parameter makes.
extension Evaluator {
  mutating func conforms(_ value: Value, _ type: TypeReference) throws(EvaluationError) -> Bool {
    try spend()
    switch (type, value) {
    case (.any, _): return !value.isNull
    case (.null, .null), (.boolean, .boolean), (.number, .number), (.string, .string), (.date, .date), (.time, .time),
      (.dateTime, .dateTime), (.daysTime, .daysTime), (.yearsMonths, .yearsMonths), (.anyList, .list), (.anyContext, .context),
      (.anyFunction, .function), (.anyRange, .range):
      return true
    case (.list(let inner), .list(let list)):
      for item in list.items { guard try fits(item, inner) else { return false } }
      return true
    case (.range(let inner), .range(let range)): return try fits(range.low, inner) ? try fits(range.high, inner) : false
    case (.context(let members), .context(let context)):
      for member in members { guard let value = context[member.name], try fits(value, member.type) else { return false } }
      return true
    case (.function(let types, _), .function(let function)): return Evaluator.takes(function, types)
    default: return false
    }
  }

  /// Null is a value of every type when it stands inside another value.
  private mutating func fits(_ value: Value, _ type: TypeReference) throws(EvaluationError) -> Bool {
    if value.isNull { return true }
    return try conforms(value, type)
  }

  /// Whether a function may be called with arguments of these types; what it gives is known only when it is called.
  private static func takes(_ function: FunctionValue, _ types: [TypeReference]) -> Bool {
    switch function {
    case .builtin(let builtin): return builtin.accepts(types.count)
    case .written(let parameters, _, _):
      guard parameters.count == types.count else { return false }
      return zip(types, parameters).allSatisfy { type, parameter in parameter.type.map { covers($0, type) } ?? true }
    }
  }

  /// Whether every value of the `narrow` type is one of the `wide` type.
  private static func covers(_ wide: TypeReference, _ narrow: TypeReference) -> Bool {
    if case .any = wide { return true }
    if case .null = narrow { return true }
    if case .list(let a) = wide, case .list(let b) = narrow { return covers(a, b) }
    if case .range(let a) = wide, case .range(let b) = narrow { return covers(a, b) }
    if case .context(let a) = wide, case .context(let b) = narrow {
      return a.allSatisfy { member in b.first { $0.name == member.name }.map { covers(member.type, $0.type) } ?? false }
    }
    if case .function(let a, let x) = wide, case .function(let b, let y) = narrow {
      return a.count == b.count && zip(a, b).allSatisfy { covers($1, $0) } && covers(x, y)
    }
    return wide.name == narrow.name && !wide.hasParameters
  }

  /// The value as a typed parameter takes it: a list of one for its item and the other way round, a date for its midnight.
  ///
  /// - Source: DMN 1.5, chapter 10.3.2.9.4.
  mutating func converted(_ value: Value, to type: TypeReference?) throws(EvaluationError) -> Value? {
    guard let type, !value.isNull else { return value }
    if try conforms(value, type) { return value }
    if case .list(let list) = value {
      guard list.count == 1, try conforms(list.items[0], type) else { return nil }
      return list.items[0]
    }
    if case .dateTime = type, case .date(let date) = value {
      return .dateTime(CivilDateTime(date, CivilTime(nanoseconds: 0, zone: .offset(0))))
    }
    if case .list(let inner) = type, try conforms(value, inner) { return .list([value]) }
    if case .anyList = type { return .list([value]) }
    return nil
  }

  /// The item of a list of one, for parameters that are no lists.
  static func single(_ value: Value) -> Value {
    guard case .list(let list) = value, list.count == 1 else { return value }
    return list.items[0]
  }
}
