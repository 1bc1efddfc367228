import FlowCore

/// Conditions of the original's `python` expression language: a closed subset over `req_json`, read into the tree that FEEL uses.
///
/// Nothing of Python's object model is there: no attribute but the listed methods, no name but `req_json` and the listed functions.
struct PythonParser {
  let text: String
  let tokens: [Token]
  var at = 0
  var depth = 0

  static func expression(_ text: String) throws(ExpressionError) -> Expression {
    var parser = try PythonParser(text)
    if parser.token.isWord("python"), parser.ahead(1).isMark(":") { parser.at += 2 }
    let result = try parser.expression()
    guard parser.token.kind == .end else { throw parser.unexpected() }
    return result
  }

  init(_ text: String) throws(ExpressionError) {
    self.text = text
    tokens = try Lexer.tokens(of: text, .python)
  }

  var token: Token { tokens[min(at, tokens.count - 1)] }
  func ahead(_ count: Int) -> Token { tokens[min(at + count, tokens.count - 1)] }

  func fail(_ message: String, at offset: Int? = nil, hint: String? = nil) -> ExpressionError {
    ExpressionError(message, at: offset ?? token.offset, in: text, hint: hint)
  }

  func unexpected() -> ExpressionError {
    switch token.word {
    case "import", "lambda", "for", "yield", "await", "async", "class", "def", "exec", "global", "del", "with", "try", "while":
      fail("\(token.shown) is not allowed in a condition", hint: "compare the values of req_json")
    default: fail("unexpected \(token.shown)")
    }
  }

  mutating func take(_ mark: String) -> Bool {
    guard token.isMark(mark) else { return false }
    at += 1
    return true
  }

  mutating func takeWord(_ word: String) -> Bool {
    guard token.isWord(word) else { return false }
    at += 1
    return true
  }

  mutating func expect(_ mark: String) throws(ExpressionError) {
    guard take(mark) else { throw token.word == nil ? fail("expected '\(mark)' but found \(token.shown)") : unexpected() }
  }

  mutating func enter() throws(ExpressionError) {
    depth += 1
    guard depth <= Limits.expressionDepth else { throw fail("expression is nested deeper than \(Limits.expressionDepth) levels") }
  }

  private func node(_ node: PythonNode, _ offset: Int) -> Expression { Expression(.python(node), at: offset) }

  /// `a if c else b`, and all that binds tighter.
  mutating func expression() throws(ExpressionError) -> Expression {
    try enter()
    defer { depth -= 1 }
    let start = token.offset
    let value = try disjunction()
    guard takeWord("if") else { return value }
    let condition = try disjunction()
    guard takeWord("else") else { throw fail("expected 'else' but found \(token.shown)", hint: "a if condition else b") }
    return node(.conditional(condition, then: value, otherwise: try expression()), start)
  }

  private mutating func disjunction() throws(ExpressionError) -> Expression {
    let start = token.offset
    var parts = [try conjunction()]
    while takeWord("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : node(.any(parts), start)
  }

  private mutating func conjunction() throws(ExpressionError) -> Expression {
    let start = token.offset
    var parts = [try negation()]
    while takeWord("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : node(.all(parts), start)
  }

  private mutating func negation() throws(ExpressionError) -> Expression {
    let start = token.offset
    guard takeWord("not") else { return try comparison() }
    try enter()
    defer { depth -= 1 }
    return node(.not(try negation()), start)
  }

  private mutating func comparison() throws(ExpressionError) -> Expression {
    let start = token.offset
    let first = try sum()
    var steps: [PythonComparisonStep] = []
    while true {
      let offset = token.offset
      guard let op = comparisonOperator() else { break }
      steps.append(PythonComparisonStep(op: op, operand: try sum(), offset: offset))
    }
    return steps.isEmpty ? first : node(.compare(first, steps), start)
  }

  private mutating func comparisonOperator() -> PythonComparison? {
    switch token.kind {
    case .mark(let mark):
      guard let op = PythonComparison(rawValue: mark) else { return nil }
      at += 1
      return op
    case .word("in"):
      at += 1
      return .within
    case .word("not") where ahead(1).isWord("in"):
      at += 2
      return .notWithin
    case .word("is"):
      at += 1
      return takeWord("not") ? .notIdentical : .identical
    case .number, .string, .quoted, .temporal, .word, .end: return nil
    }
  }

  private mutating func sum() throws(ExpressionError) -> Expression {
    let start = token.offset
    let first = try term()
    var steps: [PythonArithmeticStep] = []
    while token.isMark("+") || token.isMark("-") {
      let offset = token.offset
      let op: PythonArithmeticOperator = token.isMark("+") ? .add : .subtract
      at += 1
      steps.append(PythonArithmeticStep(op: op, operand: try term(), offset: offset))
    }
    return steps.isEmpty ? first : node(.arithmetic(first, steps), start)
  }

  private mutating func term() throws(ExpressionError) -> Expression {
    let start = token.offset
    let first = try factor()
    var steps: [PythonArithmeticStep] = []
    while case .mark(let mark) = token.kind, ["*", "/", "//", "%"].contains(mark), let op = PythonArithmeticOperator(rawValue: mark) {
      let offset = token.offset
      at += 1
      steps.append(PythonArithmeticStep(op: op, operand: try factor(), offset: offset))
    }
    return steps.isEmpty ? first : node(.arithmetic(first, steps), start)
  }

  private mutating func factor() throws(ExpressionError) -> Expression {
    let start = token.offset
    guard token.isMark("-") || token.isMark("+") else { return try power() }
    let isMinus = take("-")
    if !isMinus { at += 1 }
    try enter()
    defer { depth -= 1 }
    let operand = try factor()
    return node(isMinus ? .negate(operand) : .plus(operand), start)
  }

  /// `**` binds tighter than a sign on its left and groups to the right.
  private mutating func power() throws(ExpressionError) -> Expression {
    let start = token.offset
    let base = try postfix()
    let offset = token.offset
    guard take("**") else { return base }
    try enter()
    defer { depth -= 1 }
    return node(.arithmetic(base, [PythonArithmeticStep(op: .power, operand: try factor(), offset: offset)]), start)
  }
}
