extension Parser {
  mutating func primary() throws(ExpressionError) -> Expression {
    let start = token.offset
    switch token.kind {
    case .number(let text):
      at += 1
      guard let number = Number(parsing: text) else { throw fail("number out of range", at: start) }
      return Expression(.literal(.number(number)), at: start)
    case .string(let text):
      at += 1
      return Expression(.literal(.string(text)), at: start)
    case .temporal(let text):
      at += 1
      // A text that is no date is an error of the value, so that the rest still has a meaning.
      let value = Value.temporalText(text) ?? .null
      return Expression(value.zoneName == nil ? .literal(value) : .zoned(value), at: start)
    case .mark(let mark): return try marked(mark, start)
    case .word(let word): return try worded(word, start)
    case .quoted: return Expression(.name(try name()), at: start)
    case .end: throw fail("the expression ends too early")
    }
  }

  private mutating func marked(_ mark: String, _ start: Int) throws(ExpressionError) -> Expression {
    switch mark {
    case "(":
      at += 1
      return try parenthesised(start)
    case "[":
      at += 1
      return try listOrRange(start)
    case "]":
      at += 1
      return try range(from: try expression(), includesLow: false, start)
    case "{":
      at += 1
      return try context(start)
    case "?":
      at += 1
      sawInput = true
      return Expression(.name("?"), at: start)
    case "<", "<=", ">", ">=":
      try enter()
      defer { depth -= 1 }
      guard let op = comparisonMark() else { throw fail("unexpected \(token.shown)") }
      return try halfRange(op, of: try additive(), start)
    case "'": throw fail("unexpected character \"'\"", hint: "strings stand in double quotes")
    default: throw fail("unexpected \(token.shown)")
    }
  }

  private mutating func worded(_ word: String, _ start: Int) throws(ExpressionError) -> Expression {
    switch word {
    case "true", "false", "null":
      at += 1
      return Expression(.literal(word == "null" ? .null : .boolean(word == "true")), at: start)
    case "if": return try conditional(start)
    case "for": return try iteration(start)
    case "some", "every": return try quantified(word == "some" ? .some : .every, start)
    case "function" where ahead(1).isMark("("): return try function(start)
    // Older names of `all` and `any`; no operator can stand here.
    case "and" where ahead(1).isMark("("), "or" where ahead(1).isMark("("):
      at += 1
      return Expression(.name(word), at: start)
    default:
      let name = try name()
      if name == "partial" { sawPartial = true }
      return Expression(.name(name), at: start)
    }
  }

  private mutating func conditional(_ start: Int) throws(ExpressionError) -> Expression {
    at += 1
    let condition = try expression()
    try expectWord("then")
    let positive = try expression()
    guard takeWord("else") else { throw fail("expected 'else' but found \(token.shown)", hint: "every if has an else") }
    return Expression(.conditional(condition, then: positive, otherwise: try expression()), at: start)
  }

  private mutating func iterations(until end: String) throws(ExpressionError) -> [Iteration] {
    var result: [Iteration] = []
    repeat {
      let name = try key(endsWith: ["in"])
      try expectWord("in")
      let source = try expression()
      let through = take("..") ? try expression() : nil
      result.append(Iteration(name: name, source: source, through: through))
    } while take(",")
    try expectWord(end)
    return result
  }

  private mutating func iteration(_ start: Int) throws(ExpressionError) -> Expression {
    at += 1
    let names = declared.count
    let iterations = try iterations(until: "return")
    let outer = sawPartial
    sawPartial = false
    let body = try expression()
    defer { sawPartial = outer || sawPartial }
    declared.removeLast(declared.count - names)
    return Expression(.each(iterations, body, partial: sawPartial), at: start)
  }

  private mutating func quantified(_ quantifier: Quantifier, _ start: Int) throws(ExpressionError) -> Expression {
    at += 1
    let names = declared.count
    let iterations = try iterations(until: "satisfies")
    let body = try expression()
    declared.removeLast(declared.count - names)
    return Expression(.quantified(quantifier, iterations, body), at: start)
  }

  private mutating func function(_ start: Int) throws(ExpressionError) -> Expression {
    at += 2
    let names = declared.count
    var parameters: [Parameter] = []
    if !take(")") {
      repeat {
        let name = try key(endsWith: [":", ","])
        parameters.append(Parameter(name: name, type: take(":") ? try type() : nil))
      } while take(",")
      try expect(")")
    }
    guard !token.isWord("external") else { throw fail("external functions are not available", hint: "write the body in FEEL") }
    let body = try expression()
    declared.removeLast(max(0, declared.count - names))
    return Expression(.function(parameters, body: body), at: start)
  }

  private mutating func context(_ start: Int) throws(ExpressionError) -> Expression {
    var entries: [ContextEntry] = []
    let names = declared.count
    if !take("}") {
      repeat {
        let name = try key(endsWith: [":"])
        try expect(":")
        entries.append(ContextEntry(name: name, value: try expression()))
      } while take(",")
      try expect("}")
    }
    // The keys stay known behind the brace: `{a-b: 1}.a-b` has them in its path only, so they may go.
    declared.removeLast(max(0, declared.count - names))
    return Expression(.context(entries), at: start)
  }

  /// Behind `(`: an expression, a range, or a comparison that stands for one (`(> 5)`).
  private mutating func parenthesised(_ start: Int) throws(ExpressionError) -> Expression {
    if let op = comparisonMark() {
      let end = try expression()
      try expect(")")
      return try halfRange(op, of: end, start)
    }
    if take("..") { return try range(from: nil, includesLow: false, start) }
    let inner = try expression()
    if take("..") { return try rangeEnd(low: inner, includesLow: false, start) }
    try expect(")")
    return inner
  }

  private func halfRange(_ op: Comparison, of end: Expression, _ start: Int) throws(ExpressionError) -> Expression {
    switch op {
    case .less: return Expression(.range(low: nil, high: end, includesLow: false, includesHigh: false), at: start)
    case .lessOrEqual: return Expression(.range(low: nil, high: end, includesLow: false, includesHigh: true), at: start)
    case .greater: return Expression(.range(low: end, high: nil, includesLow: false, includesHigh: false), at: start)
    case .greaterOrEqual: return Expression(.range(low: end, high: nil, includesLow: true, includesHigh: false), at: start)
    case .equal: return Expression(.range(low: end, high: end, includesLow: true, includesHigh: true), at: start)
    case .notEqual: throw fail("'!=' is no range", at: start)
    }
  }

  private mutating func listOrRange(_ start: Int) throws(ExpressionError) -> Expression {
    var items: [Expression] = []
    if take("]") { return Expression(.list(items), at: start) }
    repeat {
      let item = try expression()
      if items.isEmpty, take("..") { return try rangeEnd(low: item, includesLow: true, start) }
      items.append(item)
    } while take(",")
    try expect("]")
    return Expression(.list(items), at: start)
  }

  private mutating func range(from low: Expression?, includesLow: Bool, _ start: Int) throws(ExpressionError) -> Expression {
    if low != nil { try expect("..") }
    return try rangeEnd(low: low, includesLow: includesLow, start)
  }

  /// Behind `..`: the upper end and the mark that closes the range.
  mutating func rangeEnd(low: Expression?, includesLow: Bool, _ start: Int) throws(ExpressionError) -> Expression {
    try enter()
    defer { depth -= 1 }
    inRangeEnd = true
    let high = token.isMark(")") ? nil : try additive()
    inRangeEnd = false
    let includesHigh = take("]")
    guard includesHigh || take(")") || take("[") else {
      throw fail("expected the end of a range but found \(token.shown)", hint: "']' or ')'")
    }
    return Expression(.range(low: low, high: high, includesLow: includesLow, includesHigh: includesHigh), at: start)
  }
}
