import FlowCore

extension Evaluator {
  /// `and` (decided by false) and `or` (decided by true) with three values; what is no boolean counts as null.
  mutating func connect(_ parts: [Expression], _ frame: Frame?, decisive: Bool) throws(EvaluationError) -> Value {
    var unknown = false
    for part in parts {
      switch try evaluate(part, frame) {
      case .boolean(let value): if value == decisive { return .boolean(decisive) }
      case .null: unknown = true
      case let other:
        unknown = true
        offset = part.offset
        _ = null("expected true or false but found \(other.shown)")
      }
    }
    return unknown ? .null : .boolean(!decisive)
  }

  mutating func comparison(
    _ op: Comparison, _ left: Expression, _ right: Expression, _ frame: Frame?, at place: Int
  ) throws(EvaluationError) -> Value {
    let first = try evaluate(left, frame)
    let second = try evaluate(right, frame)
    offset = place
    return try compared(op, first, second)
  }

  mutating func compared(_ op: Comparison, _ left: Value, _ right: Value) throws(EvaluationError) -> Value {
    switch op {
    case .equal, .notEqual:
      guard let same = try equal(left, right) else { return null("can not compare \(left.shown) with \(right.shown)") }
      return .boolean(same == (op == .equal))
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard let order = try order(left, right) else {
        return null("can not order \(left.shown) and \(right.shown)")
      }
      return .boolean(Evaluator.holds(op, order))
    }
  }

  static func holds(_ op: Comparison, _ order: Int) -> Bool {
    switch op {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }

  mutating func between(
    _ value: Expression, _ low: Expression, _ high: Expression, _ frame: Frame?, at place: Int
  ) throws(EvaluationError) -> Value {
    let value = try evaluate(value, frame)
    let low = try evaluate(low, frame)
    let high = try evaluate(high, frame)
    offset = place
    let parts = [try ordered(value, low).map { $0 >= 0 }, try ordered(value, high).map { $0 <= 0 }]
    if parts.contains(false) { return .boolean(false) }
    return parts.contains(nil) ? .null : .boolean(true)
  }

  /// The order, and a note when there is none.
  private mutating func ordered(_ left: Value, _ right: Value) throws(EvaluationError) -> Int? {
    let order = try order(left, right)
    if order == nil { _ = null("can not order \(left.shown) and \(right.shown)") }
    return order
  }

  mutating func range(
    _ low: Expression?, _ high: Expression?, _ includesLow: Bool, _ includesHigh: Bool, _ frame: Frame?, at place: Int
  ) throws(EvaluationError) -> Value {
    let from: Value = if let low { try evaluate(low, frame) } else { .null }
    let to: Value = if let high { try evaluate(high, frame) } else { .null }
    offset = place
    if !from.isNull, !to.isNull, try order(from, to) == nil { return null("no range from \(from.shown) to \(to.shown)") }
    return try bounded(.range(RangeValue(low: from, high: to, includesLow: includesLow, includesHigh: includesHigh)))
  }

  /// Whether a point lies in a range; nil when they can not be ordered.
  mutating func contains(_ range: RangeValue, _ point: Value) throws(EvaluationError) -> Bool? {
    guard !point.isNull else { return nil }
    var inside = true
    if !range.low.isNull {
      guard let order = try order(point, range.low) else { return nil }
      inside = order > 0 || order == 0 && range.includesLow
    }
    if !range.high.isNull {
      guard let order = try order(point, range.high) else { return nil }
      inside = inside && (order < 0 || order == 0 && range.includesHigh)
    }
    return inside
  }

  // MARK: tests

  mutating func within(_ value: Expression, _ tests: [Test], _ frame: Frame?, at place: Int) throws(EvaluationError) -> Value {
    let input = try evaluate(value, frame)
    return try passes(input, tests, frame, at: place, isUnary: false)
  }

  mutating func unary(_ tests: [Test], negated: Bool, _ frame: Frame?) throws(EvaluationError) -> Value {
    let verdict = try passes(scope.input ?? .null, tests, frame, at: offset, isUnary: true)
    guard negated, case .boolean(let value) = verdict else { return verdict }
    return .boolean(!value)
  }

  private mutating func passes(
    _ input: Value, _ tests: [Test], _ frame: Frame?, at place: Int, isUnary: Bool
  ) throws(EvaluationError) -> Value {
    var unknown = false
    for test in tests {
      switch try passes(input, test, frame, at: place, isUnary: isUnary) {
      case true?: return .boolean(true)
      case false?: break
      case nil: unknown = true
      }
    }
    return unknown ? .null : .boolean(false)
  }

  private mutating func passes(
    _ input: Value, _ test: Test, _ frame: Frame?, at place: Int, isUnary: Bool
  ) throws(EvaluationError) -> Bool? {
    switch test {
    case .anything: return true
    case .compare(let op, let operand):
      let value = try evaluate(operand, frame)
      offset = place
      // A null input passes no ordering test; only inside an expression is that unknown.
      if isUnary, input.isNull, op != .equal, op != .notEqual { return false }
      return try compared(op, input, value).boolean
    case .value(let expression, let mentionsInput):
      let inner = !isUnary && mentionsInput ? Frame(Context("?", input), in: frame) : frame
      let value = try evaluate(expression, inner)
      offset = place
      if mentionsInput { return value.boolean }
      if isUnary, case .boolean(let verdict) = value, input.boolean == nil { return verdict }
      return try matches(input, value)
    }
  }

  /// Equal to a value, or in a list or range.
  private mutating func matches(_ input: Value, _ value: Value) throws(EvaluationError) -> Bool? {
    switch value {
    case .range(let range):
      if case .range = input { return try equal(input, value) }
      return try contains(range, input)
    case .list(let list):
      if try equal(input, value) == true { return true }
      var unknown = false
      for item in list.items {
        try spend()
        if case .range(let range) = item {
          switch try contains(range, input) {
          case true?: return true
          case false?: break
          case nil: unknown = true
          }
        } else if try equal(input, item) == true {
          return true
        }
      }
      return unknown ? nil : false
    case .null, .boolean, .number, .string, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .function:
      return try equal(input, value) ?? false
    }
  }
}
