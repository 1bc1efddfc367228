import FlowCore

/// FEEL's grammar by precedence climbing.
///
/// - Source: DMN 1.5, chapter 10.3.1.2.
struct Parser {
  let text: String
  let tokens: [Token]
  var at = 0
  var depth = 0
  var declared: [DeclaredName]
  /// Inside the upper end of a range a `[` closes it.
  var inRangeEnd = false
  /// Set when `?` is read; says whether a test is a condition of its own.
  var sawInput = false
  /// Set when `partial` is read.
  var sawPartial = false

  /// - Parameter names: variables that are known beforehand; only names with marks or keywords in them need to be.
  init(_ text: String, names: [String] = []) throws(ExpressionError) {
    self.text = text
    tokens = try Lexer.tokens(of: text, .feel)
    declared = Array(names.compactMap { DeclaredName($0) }.filter { !$0.isPlain }.prefix(Parser.declaredMax))
  }

  static func expression(_ text: String, names: [String] = []) throws(ExpressionError) -> Expression {
    var parser = try Parser(text, names: names)
    // Zeebe's way to mark a text as an expression.
    _ = parser.take("=")
    let result = try parser.expression()
    try parser.expectEnd()
    return result
  }

  var token: Token { tokens[min(at, tokens.count - 1)] }
  func ahead(_ count: Int) -> Token { tokens[min(at + count, tokens.count - 1)] }

  func fail(_ message: String, at offset: Int? = nil, hint: String? = nil) -> ExpressionError {
    ExpressionError(message, at: offset ?? token.offset, in: text, hint: hint)
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
    guard take(mark) else { throw fail("expected '\(mark)' but found \(token.shown)") }
  }

  mutating func expectWord(_ word: String) throws(ExpressionError) {
    guard takeWord(word) else { throw fail("expected '\(word)' but found \(token.shown)") }
  }

  func expectEnd() throws(ExpressionError) {
    guard token.kind != .end else { return }
    let hint: String? = token.isMark("=") ? "'=' compares; there is no '=='" : nil
    throw fail("unexpected \(token.shown) after the expression", hint: hint)
  }

  /// One level deeper; the stack must not depend on the input.
  mutating func enter() throws(ExpressionError) {
    depth += 1
    guard depth <= Limits.expressionDepth else { throw fail("expression is nested deeper than \(Limits.expressionDepth) levels") }
  }

  mutating func expression() throws(ExpressionError) -> Expression {
    try enter()
    defer { depth -= 1 }
    let outer = inRangeEnd
    inRangeEnd = false
    defer { inRangeEnd = outer }
    return try disjunction()
  }

  private mutating func disjunction() throws(ExpressionError) -> Expression {
    let start = token.offset
    var parts = [try conjunction()]
    while takeWord("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : Expression(.any(parts), at: start)
  }

  private mutating func conjunction() throws(ExpressionError) -> Expression {
    let start = token.offset
    var parts = [try comparison()]
    while takeWord("and") { parts.append(try comparison()) }
    return parts.count == 1 ? parts[0] : Expression(.all(parts), at: start)
  }

  private mutating func comparison() throws(ExpressionError) -> Expression {
    let left = try additive()
    let start = token.offset
    if let op = comparisonMark() {
      let right = try additive()
      if token.isMark("=") || token.isMark("<") || token.isMark(">") || token.isMark("<=") || token.isMark(">=") || token.isMark("!=") {
        throw fail("comparisons do not chain", hint: "'a < b and b < c', or 'b in (a..c)'")
      }
      return Expression(.compare(op, left, right), at: start)
    }
    if takeWord("between") {
      let low = try additive()
      try expectWord("and")
      return Expression(.between(left, low: low, high: try additive()), at: start)
    }
    if takeWord("in") { return Expression(.within(left, try inTests()), at: start) }
    return left
  }

  mutating func comparisonMark() -> Comparison? {
    guard case .mark(let mark) = token.kind, let op = Comparison(rawValue: mark) else { return nil }
    at += 1
    return op
  }

  mutating func additive() throws(ExpressionError) -> Expression {
    let start = token.offset
    let first = try multiplicative()
    var steps: [ArithmeticStep] = []
    while token.isMark("+") || token.isMark("-") {
      let offset = token.offset
      let op: ArithmeticOperator = token.isMark("+") ? .add : .subtract
      at += 1
      steps.append(ArithmeticStep(op: op, operand: try multiplicative(), offset: offset))
    }
    return steps.isEmpty ? first : Expression(.arithmetic(first, steps), at: start)
  }

  private mutating func multiplicative() throws(ExpressionError) -> Expression {
    let start = token.offset
    let first = try exponent()
    var steps: [ArithmeticStep] = []
    while token.isMark("*") || token.isMark("/") {
      let offset = token.offset
      let op: ArithmeticOperator = token.isMark("*") ? .multiply : .divide
      at += 1
      steps.append(ArithmeticStep(op: op, operand: try exponent(), offset: offset))
    }
    return steps.isEmpty ? first : Expression(.arithmetic(first, steps), at: start)
  }

  private mutating func exponent() throws(ExpressionError) -> Expression {
    let start = token.offset
    let first = try unary()
    var steps: [ArithmeticStep] = []
    while token.isMark("**") || token.isMark("^") {
      let offset = token.offset
      at += 1
      steps.append(ArithmeticStep(op: .power, operand: try unary(), offset: offset))
    }
    return steps.isEmpty ? first : Expression(.arithmetic(first, steps), at: start)
  }

  private mutating func unary() throws(ExpressionError) -> Expression {
    let start = token.offset
    guard take("-") else { return try instance() }
    // A minus right before digits is part of the number.
    if case .number(let digits) = token.kind, let number = Number(parsing: "-" + digits) {
      at += 1
      return try instance(of: try postfix(of: Expression(.literal(.number(number)), at: start)))
    }
    try enter()
    defer { depth -= 1 }
    return Expression(.negate(try unary()), at: start)
  }

  private mutating func instance() throws(ExpressionError) -> Expression {
    try instance(of: try postfix(of: try primary()))
  }

  private mutating func instance(of value: Expression) throws(ExpressionError) -> Expression {
    guard token.isWord("instance"), ahead(1).isWord("of") else { return value }
    let start = token.offset
    at += 2
    return Expression(.instance(value, try type()), at: start)
  }

  private mutating func postfix(of first: Expression) throws(ExpressionError) -> Expression {
    var value = first
    var levels = 0
    defer { depth -= levels }
    while true {
      let start = token.offset
      if take(".") {
        value = Expression(.path(value, try memberName(of: value)), at: start)
      } else if token.isMark("["), !inRangeEnd {
        at += 1
        let condition = try expression()
        try expect("]")
        value = Expression(.filter(value, condition), at: start)
      } else if take("(") {
        value = Expression(.call(value, try arguments()), at: start)
      } else {
        return value
      }
      // Each step nests the tree one deeper, and whoever walks it.
      try enter()
      levels += 1
    }
  }

  private mutating func arguments() throws(ExpressionError) -> [Argument] {
    var arguments: [Argument] = []
    if take(")") { return arguments }
    repeat {
      let name = argumentName()
      arguments.append(Argument(name: name, value: try expression()))
    } while take(",")
    try expect(")")
    let named = arguments.count(where: { $0.name != nil })
    guard named == 0 || named == arguments.count else { throw fail("named and positional arguments are mixed") }
    return arguments
  }

  /// Words with a colon behind them; nil, and nothing taken, when there are none.
  private mutating func argumentName() -> String? {
    var count = 0
    while ahead(count).word != nil, count < 16 { count += 1 }
    guard count > 0, ahead(count).isMark(":") else { return nil }
    let words = (0..<count).compactMap { ahead($0).word }
    at += count + 1
    return words.joined(separator: " ")
  }
}
