import FlowCore

extension Evaluator {
  mutating func call(
    _ callee: Expression, _ arguments: [Argument], _ frame: Frame?, at place: Int
  ) throws(EvaluationError) -> Value {
    guard let target = try target(callee, frame, at: place) else { return .null }
    let before = notes.count
    var values: [Value] = []
    for argument in arguments { values.append(try evaluate(argument.value, frame)) }
    offset = callee.offset
    // Who asks whether there is a value is not told why there is none.
    if target.expectsNull { notes.removeLast(max(0, notes.count - before)) }
    switch target {
    case .builtin(let builtin):
      if let first = arguments.first, first.name != nil {
        guard let ordered = builtin.ordered(arguments.compactMap(\.name), values) else {
          return null("function '\(builtin.rawValue)' has no such arguments: \(arguments.compactMap(\.name).joined(separator: ", "))")
        }
        values = ordered
      }
      return try apply(builtin, values)
    case .written(let parameters, let body, let inner):
      return try apply(parameters, body, inner, names: arguments.compactMap(\.name), values)
    }
  }

  /// The function that is called; nil, with a note, when there is none.
  private mutating func target(_ callee: Expression, _ frame: Frame?, at place: Int) throws(EvaluationError) -> FunctionValue? {
    var function = Value.null
    if case .name(let name) = callee.kind {
      // A variable that happens to be called like a function does not hide it.
      function = try named(name, frame)
      if function.isNull {
        offset = callee.offset
        _ = null(Builtin.refused[name] ?? "no function '\(name)'")
        return nil
      }
    } else {
      function = try evaluate(callee, frame)
    }
    if case .function(let target) = function { return target }
    offset = place
    _ = null("\(function.shown) is no function")
    return nil
  }

  private mutating func named(_ name: String, _ frame: Frame?) throws(EvaluationError) -> Value {
    // What comes from JSON is no function, so variables are not asked.
    if let value = try bound(name, frame), case .function = value { return value }
    return Builtin(name: name).map { .function(.builtin($0)) } ?? .null
  }

  private mutating func apply(
    _ parameters: [Parameter], _ body: Expression, _ frame: Frame?, names: [String], _ values: [Value]
  ) throws(EvaluationError) -> Value {
    let known = parameters.map(\.name)
    try spend(known.count * (names.count + 1) / 32)
    let fits =
      names.isEmpty
      ? values.count == known.count : names.allSatisfy { known.contains($0) } && Set(names).count == names.count
    guard fits else {
      return null("the function takes \(known.count) arguments (\(known.joined(separator: ", "))), not \(values.count)")
    }
    var context = Context()
    for (index, parameter) in parameters.enumerated() {
      // Who names arguments may leave some out: they are null.
      let given = names.isEmpty ? values[index] : names.firstIndex(of: parameter.name).map { values[$0] } ?? .null
      guard let value = try converted(given, to: parameter.type) else {
        return null("parameter '\(parameter.name)' does not take \(given.shown)")
      }
      context.set(parameter.name, value)
    }
    let result = try evaluate(body, Frame(context, in: frame))
    return try bounded(result)
  }

  /// Calls a function value with positional arguments; for built-ins that take one.
  mutating func invoke(_ function: FunctionValue, _ values: [Value]) throws(EvaluationError) -> Value {
    switch function {
    case .builtin(let builtin): return try apply(builtin, values)
    case .written(let parameters, let body, let frame): return try apply(parameters, body, frame, names: [], values)
    }
  }

  mutating func apply(_ builtin: Builtin, _ values: [Value]) throws(EvaluationError) -> Value {
    try spend()
    // Every function may have to read the texts that it is given.
    for case .string(let text) in values { try spend(text.utf8.count / 64) }
    guard builtin.accepts(values.count) else {
      return null("function '\(builtin.rawValue)' does not take \(values.count) arguments")
    }
    let place = offset
    depth += 1
    defer { depth -= 1 }
    let result: Value
    switch builtin.table {
    case .conversion: result = try conversion(builtin, values)
    case .string: result = try strings(builtin, builtin == .stringJoin ? values : values.map { Evaluator.single($0) })
    case .list: result = try lists(builtin, values)
    case .number: result = try numbers(builtin, values.map { Evaluator.single($0) })
    case .context: result = try contexts(builtin, values)
    case .range: result = try ranges(builtin, values)
    case .temporal: result = try temporals(builtin, values)
    }
    offset = place
    return try bounded(result)
  }

  /// Null, because an argument has the wrong type or value.
  mutating func refuse(_ builtin: Builtin, _ values: [Value]) -> Value {
    null("function '\(builtin.rawValue)' can not work on (\(values.prefix(4).map(\.shown).joined(separator: ", ")))")
  }
}
