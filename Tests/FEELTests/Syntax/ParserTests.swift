import FlowCore
import FlowFEEL
import Testing

@Suite("Parser")
struct ParserTests {
  @Test(
    "what is no expression is refused with its place",
    arguments: [
      ("", 1, 1), ("1 +", 1, 4), ("(1", 1, 3), ("a ==  b", 1, 4), ("1 < 2 < 3", 1, 7), ("\"abc", 1, 1), ("if a then b", 1, 12),
      ("[1,\n 2", 2, 3), ("x &&  y", 1, 3), ("é = 'a'", 1, 5), ("f(a: 1, 2)", 1, 11), ("/* never", 1, 1), ("for x in y", 1, 11),
      ("1 2", 1, 3),
    ])
  func places(text: String, line: Int, column: Int) throws {
    let error = try #require(throws: ExpressionError.self) { try CompiledExpression(feel: text) }

    #expect(error.line == line)
    #expect(error.column == column)
  }

  @Test("an error says what to try")
  func hints() throws {
    let error = try #require(throws: ExpressionError.self) { try CompiledExpression(feel: "a = 'x'") }

    #expect(error.description == #"1:5: unexpected character "'" (try: strings stand in double quotes)"#)
  }

  @Test(
    "names with spaces, signs and keywords are names where they were declared",
    arguments: [
      ("{first name: 1, r: first name + 1}.r", "2"), ("{a-b: 3, r: a-b * 2}.r", "6"), ("{a and b: true, r: a and b}.r", "true"),
      ("for my item in [1, 2] return my item + 1", "[2,3]"), ("{\"a b\": 1}.a b", "1"),
    ])
  func names(text: String, expected: String) throws {
    #expect(try feel(text) == expected)
  }

  @Test(
    "unary tests",
    arguments: [
      ("-", JSON.int(1), true), ("> 5", 6, true), ("[1..5], 9", 9, true), ("not(1, 2)", 2, false), ("\"a\", \"b\"", "b", true),
      ("? > 3 and ? < 5", 4, true), ("not(3) ", 4, true), ("starts with(?, \"ab\")", "abc", true),
    ])
  func unary(text: String, input: JSON, expected: Bool) throws {
    let scope = EvaluationScope(values: Context(), input: Value(input))

    let verdict = try CompiledExpression(unaryTests: text).evaluate(scope).boolean
    #expect(verdict == expected)
  }
}
