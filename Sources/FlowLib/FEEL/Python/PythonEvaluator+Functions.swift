import FlowCore

extension Evaluator {
  private func fail(_ message: String, at place: Int) -> EvaluationError { EvaluationError(.value, message, at: place) }

  mutating func pythonArithmetic(
    _ first: Expression, _ steps: [PythonArithmeticStep], _ frame: Frame?
  ) throws(EvaluationError) -> Value {
    var value = try evaluate(first, frame)
    for step in steps {
      let operand = try evaluate(step.operand, frame)
      offset = step.offset
      value = try pythonCalculate(step.op, value, operand, at: step.offset)
    }
    return value
  }

  private mutating func pythonCalculate(
    _ op: PythonArithmeticOperator, _ left: Value, _ right: Value, at place: Int
  ) throws(EvaluationError) -> Value {
    switch (left, right, op) {
    case (.string(let a), .string(let b), .add): return try made(a + b)
    case (.list(let a), .list(let b), .add): return try made(a.items + b.items)
    case (.number, .number, _), (.number, .boolean, _), (.boolean, .number, _), (.boolean, .boolean, _): break
    default:
      throw fail("'\(op.rawValue)' can not work on \(left.shown) and \(right.shown)", at: place)
    }
    guard let a = asNumber(left), let b = asNumber(right) else { throw fail("'\(op.rawValue)' needs numbers", at: place) }
    if b.isZero, op == .divide || op == .floorDivide || op == .modulo { throw fail("division by zero", at: place) }
    guard let result = Evaluator.pythonCalculate(op, a, b) else { throw fail("'\(op.rawValue)' gives a number out of range", at: place) }
    return .number(result)
  }

  private func asNumber(_ value: Value) -> Number? {
    if case .boolean(let flag) = value { return flag ? .one : .zero }
    return value.number
  }

  private static func pythonCalculate(_ op: PythonArithmeticOperator, _ a: Number, _ b: Number) -> Number? {
    switch op {
    case .add: Number.sum(a, b)
    case .subtract: Number.difference(a, b)
    case .multiply: Number.product(a, b)
    case .divide: Number.quotient(a, b)
    case .floorDivide: Number.quotient(a, b)?.floor
    case .modulo: Number.modulo(a, b)
    case .power: Number.power(a, b)
    }
  }

  mutating func call(_ function: PythonFunction, _ v: [Value], at place: Int) throws(EvaluationError) -> Value {
    offset = place
    switch function {
    case .bool: return .boolean(Evaluator.truth(v[0]))
    case .str: return try made(try pythonText(v[0]))
    case .len:
      switch v[0] {
      case .string(let text): return .number(Number(text.unicodeScalars.count))
      case .list(let list): return .number(Number(list.count))
      case .context(let context): return .number(Number(context.count))
      case .null, .boolean, .number, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function:
        throw fail("'len' can not count \(v[0].shown)", at: place)
      }
    case .abs:
      guard let number = asNumber(v[0]) else { throw fail("'abs' needs a number, not \(v[0].shown)", at: place) }
      return .number(number.magnitude)
    case .int, .float: return try pythonNumber(function, v[0], at: place)
    case .min, .max: return try pythonExtreme(function, v, at: place)
    }
  }

  private func pythonNumber(_ function: PythonFunction, _ value: Value, at place: Int) throws(EvaluationError) -> Value {
    if let number = asNumber(value) { return .number(function == .int ? number.truncated : number) }
    guard case .string(let text) = value, let number = Number(parsing: Evaluator.trimmed(text)),
      function == .float || !text.utf8.contains(where: { $0 == 0x2E || $0 | 0x20 == 0x65 })
    else { throw fail("'\(function.rawValue)' can not read \(value.shown)", at: place) }
    return .number(number)
  }

  private mutating func pythonExtreme(_ function: PythonFunction, _ v: [Value], at place: Int) throws(EvaluationError) -> Value {
    var items = v
    if v.count == 1 {
      guard case .list(let list) = v[0] else { throw fail("'\(function.rawValue)' needs a list, not \(v[0].shown)", at: place) }
      items = list.items
    }
    guard var best = items.first else { throw fail("'\(function.rawValue)' of nothing", at: place) }
    for item in items.dropFirst() {
      let isSmaller: Bool
      if let a = asNumber(item), let b = asNumber(best) {
        isSmaller = function == .min ? a < b : a > b
      } else if case .string(let a) = item, case .string(let b) = best {
        isSmaller = function == .min ? Evaluator.compareText(a, b) < 0 : Evaluator.compareText(a, b) > 0
      } else {
        throw fail("'\(function.rawValue)' can not compare \(item.shown) with \(best.shown)", at: place)
      }
      try spend()
      if isSmaller { best = item }
    }
    return best
  }

  /// What `str()` gives; of lists and dicts the JSON, which is near to Python's.
  private mutating func pythonText(_ value: Value) throws(EvaluationError) -> String {
    switch value {
    case .null: return "None"
    case .boolean(let flag): return flag ? "True" : "False"
    case .string(let text): return text
    case .number, .list, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function:
      try spendOn(value)
      return Value.text(value, quoted: true, limit: budget.bytes)
    }
  }

  mutating func call(_ method: PythonMethod, _ target: Value, _ v: [Value], at place: Int) throws(EvaluationError) -> Value {
    offset = place
    guard let text = target.string else { throw fail("'\(method.rawValue)' needs a string, not \(target.shown)", at: place) }
    try spend(text.utf8.count / 64)
    switch method {
    case .lower: return try made(text.lowercased())
    case .upper: return try made(text.uppercased())
    case .strip: return try made(try stripped(text, v.first, at: place))
    case .startswith, .endswith: return .boolean(try affixed(method, text, v[0], at: place))
    }
  }

  private func stripped(_ text: String, _ set: Value?, at place: Int) throws(EvaluationError) -> String {
    guard let set, !set.isNull else { return Evaluator.trimmed(text) }
    guard let characters = set.string.map({ Set($0.unicodeScalars) }) else {
      throw fail("'strip' needs a string, not \(set.shown)", at: place)
    }
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, characters.contains(first) { scalars.removeFirst() }
    while let last = scalars.last, characters.contains(last) { scalars.removeLast() }
    return String(Substring(scalars))
  }

  /// With a tuple any of its strings will do.
  private func affixed(_ method: PythonMethod, _ text: String, _ match: Value, at place: Int) throws(EvaluationError) -> Bool {
    var candidates = [match]
    if case .list(let list) = match { candidates = list.items }
    for candidate in candidates {
      guard let part = candidate.string else { throw fail("'\(method.rawValue)' needs a string, not \(candidate.shown)", at: place) }
      let hit = method == .startswith ? text.utf8.starts(with: part.utf8) : text.utf8.reversed().starts(with: part.utf8.reversed())
      if hit { return true }
    }
    return false
  }
}
