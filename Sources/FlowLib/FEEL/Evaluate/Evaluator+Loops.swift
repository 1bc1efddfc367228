import FlowCore

extension Evaluator {
  /// `for … return …`: the bodies' values over all combinations; `partial` is the list so far.
  mutating func each(_ iterations: [Iteration], _ body: Expression, partial: Bool, _ frame: Frame?) throws(EvaluationError) -> Value {
    var results = List([])
    let isList = try loop(iterations[...], frame) { (evaluator, inner) throws(EvaluationError) in
      let value = try evaluator.result(of: body, after: partial ? results : nil, inner)
      // A value that may hold the results so far makes the next one copy them.
      try evaluator.build(partial && value.depth > 0 ? 32 * (results.count + 1) : 32)
      results.append(value)
      return true
    }
    return isList ? try bounded(.list(results)) : .null
  }

  /// One body's value. The frame that shows the results so far ends here, so that the list can grow in place.
  private mutating func result(of body: Expression, after results: List?, _ frame: Frame?) throws(EvaluationError) -> Value {
    guard let results else { return try evaluate(body, frame) }
    return try evaluate(body, Frame(Context("partial", try bounded(.list(results))), in: frame))
  }

  mutating func quantified(
    _ quantifier: Quantifier, _ iterations: [Iteration], _ body: Expression, _ frame: Frame?
  ) throws(EvaluationError) -> Value {
    let decisive = quantifier == .some
    var verdict: Value = .boolean(!decisive)
    let isList = try loop(iterations[...], frame) { (evaluator, inner) throws(EvaluationError) in
      switch try evaluator.evaluate(body, inner) {
      case .boolean(decisive):
        verdict = .boolean(decisive)
        return false
      case .boolean: break
      case let other:
        verdict = .null
        _ = evaluator.null("condition of '\(decisive ? "some" : "every")' is \(other.shown)")
      }
      return true
    }
    return isList ? verdict : .null
  }

  /// Runs `body` for every combination until it says false.
  /// - Returns: false when a source is no list.
  private mutating func loop(
    _ iterations: ArraySlice<Iteration>, _ frame: Frame?,
    _ body: (inout Evaluator, Frame?) throws(EvaluationError) -> Bool
  ) throws(EvaluationError) -> Bool {
    var goesOn = true
    return try loop(iterations, frame, &goesOn, body)
  }

  private mutating func loop(
    _ iterations: ArraySlice<Iteration>, _ frame: Frame?, _ goesOn: inout Bool,
    _ body: (inout Evaluator, Frame?) throws(EvaluationError) -> Bool
  ) throws(EvaluationError) -> Bool {
    guard let first = iterations.first else {
      goesOn = try body(&self, frame)
      return true
    }
    guard let items = try items(of: first, frame) else { return false }
    for item in items {
      try spend()
      let inner = Frame(Context(first.name, item), in: frame)
      guard try loop(iterations.dropFirst(), inner, &goesOn, body) else { return false }
      if !goesOn { break }
    }
    return true
  }

  private mutating func items(of iteration: Iteration, _ frame: Frame?) throws(EvaluationError) -> [Value]? {
    let source = try evaluate(iteration.source, frame)
    if let through = iteration.through { return try sequence(source, try evaluate(through, frame)) }
    switch source {
    case .list(let list): return list.items
    case .range(let range): return try steps(of: range)
    case .null:
      _ = null("iteration over null")
      return nil
    case .boolean, .number, .string, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .function: return [source]
    }
  }

  private mutating func steps(of range: RangeValue) throws(EvaluationError) -> [Value]? {
    guard var items = try sequence(range.low, range.high) else { return nil }
    if !range.includesLow, !items.isEmpty { items.removeFirst() }
    if !range.includesHigh, !items.isEmpty { items.removeLast() }
    return items
  }

  /// Every whole number, or day, from one end to the other, up or down.
  private mutating func sequence(_ low: Value, _ high: Value) throws(EvaluationError) -> [Value]? {
    switch (low, high) {
    case (.number(let from), .number(let to)):
      guard let first = from.int64, let last = to.int64 else { break }
      return try count(from: first, to: last).map { .number(Number($0)) }
    case (.date(let from), .date(let to)):
      return try count(from: from.daysSinceEpoch, to: to.daysSinceEpoch).compactMap { CivilDate(daysSinceEpoch: $0).map { .date($0) } }
    default: break
    }
    _ = null("can not count from \(low.shown) to \(high.shown)")
    return nil
  }

  private mutating func count(from first: Int64, to last: Int64) throws(EvaluationError) -> [Int64] {
    let (size, overflow) = last.subtractingReportingOverflow(first)
    guard !overflow, size.magnitude < UInt64(Limits.expressionSteps) else {
      throw EvaluationError(.exhausted, "iteration over more than \(Limits.expressionSteps) values", at: offset)
    }
    try build(Int(size.magnitude) * 32)
    return first <= last ? Array(first...last) : Array((last...first).reversed())
  }
}
