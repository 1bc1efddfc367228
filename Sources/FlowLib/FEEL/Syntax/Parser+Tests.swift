extension Parser {
  /// A whole text of unary tests: `-`, `not(…)`, or tests with commas between them.
  static func unaryTests(_ text: String, names: [String] = []) throws(ExpressionError) -> Expression {
    var parser = try Parser(text, names: names)
    if parser.token.isWord("not"), parser.ahead(1).isMark("("), let negated = try parser.negatedTests() { return negated }
    let tests = try parser.testList()
    try parser.expectEnd()
    return Expression(.tests(tests, negated: false), at: 0)
  }

  /// `not(…)` as the whole text; nil, and nothing taken, when it is only the start of an expression.
  private mutating func negatedTests() throws(ExpressionError) -> Expression? {
    var trial = self
    trial.at += 2
    let tests = try trial.testList()
    guard trial.take(")"), trial.token.kind == .end else { return nil }
    self = trial
    return Expression(.tests(tests, negated: true), at: 0)
  }

  private mutating func testList() throws(ExpressionError) -> [Test] {
    var tests: [Test] = []
    repeat { tests.append(try test()) } while take(",")
    return tests
  }

  private mutating func test() throws(ExpressionError) -> Test {
    if token.isMark("-"), ahead(1).kind == .end || ahead(1).isMark(",") || ahead(1).isMark(")") {
      at += 1
      return .anything
    }
    if let op = comparisonMark() { return .compare(op, try additive()) }
    return try tested { parser throws(ExpressionError) in try parser.expression() }
  }

  /// Behind `in`: one test, tests in parentheses, or a range.
  mutating func inTests() throws(ExpressionError) -> [Test] {
    try enter()
    defer { depth -= 1 }
    let start = token.offset
    if let op = comparisonMark() { return [.compare(op, try additive())] }
    guard token.isMark("("), !ahead(1).isMark("..") else { return [try tested { parser throws(ExpressionError) in try parser.additive() }] }
    at += 1
    var tests = [try inTest()]
    if take("..") {
      guard case .value(let low, _) = tests[0] else { throw fail("a range starts with a value") }
      return [.value(try rangeEnd(low: low, includesLow: false, start), mentionsInput: false)]
    }
    while take(",") { tests.append(try inTest()) }
    try expect(")")
    return tests
  }

  private mutating func inTest() throws(ExpressionError) -> Test {
    if let op = comparisonMark() { return .compare(op, try additive()) }
    return try tested { parser throws(ExpressionError) in try parser.expression() }
  }

  /// A test that is no comparison, and whether it reads the input: `5 in (odd(?))`.
  private mutating func tested(
    _ read: (inout Parser) throws(ExpressionError) -> Expression
  ) throws(ExpressionError) -> Test {
    let outer = sawInput
    sawInput = false
    defer { sawInput = outer }
    let value = try read(&self)
    return .value(value, mentionsInput: sawInput)
  }
}
