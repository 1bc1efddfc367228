import FlowCore

/// Python's meaning of the nodes that FEEL does not share: truthiness, errors instead of null, chains of comparisons.
extension Evaluator {
  mutating func python(_ node: PythonNode, _ frame: Frame?, at place: Int) throws(EvaluationError) -> Value {
    switch node {
    case .subscripted(let base, let key): return try subscripted(try evaluate(base, frame), try evaluate(key, frame), at: place)
    case .get(let base, let key, let otherwise): return try get(base, key, otherwise, frame, at: place)
    case .method(let method, let base, let arguments):
      let target = try evaluate(base, frame)
      return try call(method, target, try evaluateAll(arguments, frame), at: place)
    case .function(let function, let arguments): return try call(function, try evaluateAll(arguments, frame), at: place)
    case .compare(let first, let steps): return try chain(first, steps, frame)
    case .arithmetic(let first, let steps): return try pythonArithmetic(first, steps, frame)
    case .negate(let operand): return .number(try numeric(try evaluate(operand, frame), "-", at: place).negated)
    case .plus(let operand): return .number(try numeric(try evaluate(operand, frame), "+", at: place))
    case .not(let operand): return .boolean(!Evaluator.truth(try evaluate(operand, frame)))
    case .all(let parts): return try select(parts, frame, stopsAt: false)
    case .any(let parts): return try select(parts, frame, stopsAt: true)
    case .conditional(let condition, let positive, let otherwise):
      return try evaluate(Evaluator.truth(try evaluate(condition, frame)) ? positive : otherwise, frame)
    case .dictionary(let entries): return try dictionary(entries, frame, at: place)
    }
  }

  /// What Python's `bool()` says.
  static func truth(_ value: Value) -> Bool {
    switch value {
    case .null: false
    case .boolean(let flag): flag
    case .number(let number): !number.isZero
    case .string(let text): !text.isEmpty
    case .list(let list): list.count > 0
    case .context(let context): context.count > 0
    case .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: true
    }
  }

  /// The value as Python's user knows it: type and text.
  private static func pythonShown(_ value: Value) -> String {
    switch value {
    case .null: "None"
    case .boolean(let flag): flag ? "True" : "False"
    case .context(let context): "a dict with the keys \(pythonKeys(context))"
    case .number, .string, .list, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: value.shown
    }
  }

  private static func pythonKeys(_ context: Context) -> String {
    let names = context.names.sorted().prefix(10).map { "'\($0.prefix(40))'" }.joined(separator: ", ")
    return names.isEmpty ? "(none)" : names + (context.count > 10 ? ", ..." : "")
  }

  private func fail(_ message: String, at place: Int) -> EvaluationError { EvaluationError(.value, message, at: place) }

  /// A number, or a boolean as 0 or 1.
  private func numeric(_ value: Value, _ op: String, at place: Int) throws(EvaluationError) -> Number {
    guard let number = Evaluator.pythonNumber(value) else {
      throw fail("'\(op)' needs a number, not \(Evaluator.pythonShown(value))", at: place)
    }
    return number
  }

  private static func pythonNumber(_ value: Value) -> Number? {
    switch value {
    case .number(let number): number
    case .boolean(let flag): flag ? .one : .zero
    case .null, .string, .list, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: nil
    }
  }

  // MARK: access

  private mutating func subscripted(_ base: Value, _ key: Value, at place: Int) throws(EvaluationError) -> Value {
    switch base {
    case .context(let context):
      guard let name = key.string else { throw fail("key \(Evaluator.pythonShown(key)) is not in the dict", at: place) }
      guard let value = context[name] else {
        throw fail("key '\(name.prefix(64))' is missing; there are: \(Evaluator.pythonKeys(context))", at: place)
      }
      return value
    case .list(let list): return list.items[try pythonIndex(key, list.count, at: place)]
    case .string(let text):
      let scalars = Array(text.unicodeScalars)
      try spend(scalars.count / 64)
      return try made(String(Character(scalars[try pythonIndex(key, scalars.count, at: place)])))
    case .null, .boolean, .number, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function:
      throw fail("\(Evaluator.pythonShown(base)) has no members; the key was \(Evaluator.pythonShown(key))", at: place)
    }
  }

  private func pythonIndex(_ key: Value, _ count: Int, at place: Int) throws(EvaluationError) -> Int {
    guard let index = Evaluator.pythonNumber(key)?.int else {
      throw fail("index \(Evaluator.pythonShown(key)) is no whole number", at: place)
    }
    guard index >= 0 ? index < count : index >= -count else {
      throw fail("index \(index) is out of range; there are \(count) items", at: place)
    }
    return index >= 0 ? index : count + index
  }

  private mutating func get(
    _ base: Expression, _ key: Expression, _ otherwise: Expression?, _ frame: Frame?, at place: Int
  ) throws(EvaluationError) -> Value {
    let target = try evaluate(base, frame)
    let name = try evaluate(key, frame)
    let fallback: Value = if let otherwise { try evaluate(otherwise, frame) } else { .null }
    guard case .context(let context) = target else { throw fail("'get' needs a dict, not \(Evaluator.pythonShown(target))", at: place) }
    return name.string.flatMap { context[$0] } ?? fallback
  }

  private mutating func dictionary(
    _ entries: [(key: Expression, value: Expression)], _ frame: Frame?, at place: Int
  ) throws(EvaluationError) -> Value {
    var context = Context()
    for entry in entries {
      guard let name = try evaluate(entry.key, frame).string else { throw fail("keys of a dict are strings here", at: place) }
      context.set(name, try evaluate(entry.value, frame))
      try build(64 + name.utf8.count)
    }
    return try bounded(.context(context))
  }

  /// `and`, `or`: the operand that decided, as Python gives it.
  private mutating func select(_ parts: [Expression], _ frame: Frame?, stopsAt: Bool) throws(EvaluationError) -> Value {
    var value = Value.null
    for part in parts {
      value = try evaluate(part, frame)
      if Evaluator.truth(value) == stopsAt { return value }
    }
    return value
  }

  // MARK: comparison

  private mutating func chain(_ first: Expression, _ steps: [PythonComparisonStep], _ frame: Frame?) throws(EvaluationError) -> Value {
    var left = try evaluate(first, frame)
    for step in steps {
      let right = try evaluate(step.operand, frame)
      guard try holds(step.op, left, right, at: step.offset) else { return .boolean(false) }
      left = right
    }
    return .boolean(true)
  }

  private mutating func holds(_ op: PythonComparison, _ left: Value, _ right: Value, at place: Int) throws(EvaluationError) -> Bool {
    offset = place
    switch op {
    case .equal: return try same(left, right)
    case .notEqual: return try !same(left, right)
    case .identical: return try identical(left, right)
    case .notIdentical: return try !identical(left, right)
    case .within: return try member(left, of: right, at: place)
    case .notWithin: return try !member(left, of: right, at: place)
    case .less: return try pythonOrder(left, right, op, at: place) < 0
    case .lessOrEqual: return try pythonOrder(left, right, op, at: place) <= 0
    case .greater: return try pythonOrder(left, right, op, at: place) > 0
    case .greaterOrEqual: return try pythonOrder(left, right, op, at: place) >= 0
    }
  }

  /// `==` never fails: values of different types differ, `True == 1`.
  private mutating func same(_ left: Value, _ right: Value) throws(EvaluationError) -> Bool {
    try spend()
    if let a = Evaluator.pythonNumber(left), let b = Evaluator.pythonNumber(right) { return a == b }
    switch (left, right) {
    case (.null, .null): return true
    case (.string(let a), .string(let b)): return try equalTexts(a, b)
    case (.list(let a), .list(let b)):
      guard a.count == b.count else { return false }
      for index in 0..<a.count {
        guard try same(a.items[index], b.items[index]) else { return false }
      }
      return true
    case (.context(let a), .context(let b)):
      guard a.count == b.count else { return false }
      for index in 0..<a.count {
        guard let other = b[a.names[index]], try same(a.values[index], other) else { return false }
      }
      return true
    default: return false
    }
  }

  /// `is` for what has one identity: None, True, False; anything else by type and value.
  private mutating func identical(_ left: Value, _ right: Value) throws(EvaluationError) -> Bool {
    guard left.typeName == right.typeName else { return false }
    return try same(left, right)
  }

  private mutating func member(_ item: Value, of container: Value, at place: Int) throws(EvaluationError) -> Bool {
    switch (container, item) {
    case (.list(let list), _):
      for candidate in list.items {
        if try same(candidate, item) { return true }
      }
      return false
    case (.context(let context), _): return item.string.map { context[$0] != nil } ?? false
    case (.string(let text), .string(let part)):
      return try find(part, in: text) != nil
    default:
      throw fail("'in' can not look for \(Evaluator.pythonShown(item)) in \(Evaluator.pythonShown(container))", at: place)
    }
  }

  private mutating func pythonOrder(_ left: Value, _ right: Value, _ op: PythonComparison, at place: Int) throws(EvaluationError) -> Int {
    try spend()
    if let a = Evaluator.pythonNumber(left), let b = Evaluator.pythonNumber(right) { return Number.compare(a, b) }
    switch (left, right) {
    case (.string(let a), .string(let b)):
      try spend(min(a.utf8.count, b.utf8.count) / 64)
      return Evaluator.compareText(a, b)
    case (.list(let a), .list(let b)):
      for index in 0..<min(a.count, b.count) where try !same(a.items[index], b.items[index]) {
        return try pythonOrder(a.items[index], b.items[index], op, at: place)
      }
      return a.count < b.count ? -1 : a.count == b.count ? 0 : 1
    default:
      throw fail("'\(op.rawValue)' can not compare \(Evaluator.pythonShown(left)) with \(Evaluator.pythonShown(right))", at: place)
    }
  }
}
