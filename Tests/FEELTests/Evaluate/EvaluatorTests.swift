import FlowCore
import FlowFEEL
import Testing

/// The value as FEEL would write it, `null` included.
func feel(_ text: String, _ payload: JSON = [:]) throws -> String {
  let scope = EvaluationScope(payload: payload, now: Instant(milliseconds: 1_000_000_000_000))
  let value = try CompiledExpression(feel: text).explain(scope).value
  return value.isNull ? "null" : value.json.text
}

@Suite("Evaluator")
struct EvaluatorTests {
  @Test(
    "expressions have their values",
    arguments: [
      ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("-2 ** 2", "4"), ("2 ** -1", "0.5"), ("10 / 4", "2.5"), ("1 / 0", "null"),
      ("\"a\" + \"b\"", "\"ab\""), ("if 1 > 2 then \"x\" else \"y\"", "\"y\""), ("{a: 1, b: a + 1}.b", "2"), ("[1, 2, 3][-1]", "3"),
      ("[1, 2, 3][item > 1]", "[2,3]"), ("[{n: 1}, {n: 2}][n = 2].n", "[2]"), ("some x in [1, 2] satisfies x = 2", "true"),
      ("every x in [1, 2] satisfies x = 2", "false"), ("for x in 1..3 return x * x", "[1,4,9]"),
      ("for x in [1, 2], y in [3, 4] return x * y", "[3,4,6,8]"),
      ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1,1,2,6,24]"),
      ("5 in [1..5]", "true"), ("5 in [1..5)", "false"), ("5 in (> 4, 1)", "true"), ("2 between 1 and 3", "true"),
      ("(function(a, b) a - b)(b: 1, a: 3)", "2"), ("{f: function(x) x + 1, r: f(2)}.r", "3"), ("1 instance of number", "true"),
      ("[1, 2] instance of list<number>", "true"), ("substring(\"foobar\", 3)", "\"obar\""), ("substring(\"foobar\", -2, 1)", "\"a\""),
      ("string length(\"f\u{1F600}o\")", "3"), ("split(\"a1b22c\", \"[0-9]+\")", "[\"a\",\"b\",\"c\"]"),
      ("replace(\"abcd\", \"(ab)(cd)\", \"$2$1\")", "\"cdab\""), ("extract(\"a1b22\", \"\\d+\")", "[\"1\",\"22\"]"),
      ("string join([\"a\", null, \"b\"], \"-\")", "\"a-b\""), ("sort([3, 1, 2], function(x, y) x < y)", "[1,2,3]"),
      ("now()", "\"2001-09-09T01:46:40Z\""), ("today() + @\"P1M\"", "\"2001-10-09\""), ("@\"2024-01-31\" + @\"P1M\"", "\"2024-02-29\""),
      ("@\"2020-01-01T00:00:00Z\" - @\"2019-12-31T23:00:00Z\"", "\"PT1H\""), ("@\"PT1H\" * 1.5", "\"PT1H30M\""),
      ("date and time(\"2020-01-01T10:00:00\").time offset", "null"), ("day of week(@\"2026-11-20\")", "\"Friday\""),
      ("true and null", "null"), ("false and null", "false"), ("true or null", "true"), ("not(null)", "null"), ("null = null", "true"),
      ("median([1, 2, 3, 10])", "2.5"), ("modulo(-12, 5)", "3"), ("round half up(5.125, 2)", "5.13"), ("count(1..3)", "null"),
      ("get or else(null, 7)", "7"), ("// a comment\n1 /* more */ + 1", "2"), ("= 1 + 1", "2"), ("\"\\u00e9\"", "\"é\""),
      ("years and months duration(@\"2020-05-31\", @\"2021-06-30\")", "\"P1Y\""), ("0.1 + 0.2 = 0.3", "true"),
    ])
  func values(text: String, expected: String) throws {
    if text == "count(1..3)" {
      #expect(throws: ExpressionError.self) { try feel(text) }
    } else {
      #expect(try feel(text) == expected)
    }
  }

  @Test("members of the payload are variables, also with spaces in their names")
  func payload() throws {
    let payload: JSON = ["order": ["items": [["price": 2], ["price": 3]]], "first name": "Ada", "a-b": 1]

    #expect(try feel("sum(order.items.price)", payload) == "5")
    #expect(try feel("first name = \"Ada\"", payload) == "true")
    #expect(try feel("order.items[price > 2].price", payload) == "[3]")
  }

  @Test("a variable with the name of a function does not hide it")
  func shadowing() throws {
    #expect(try feel("count([1, 2]) + count", ["count": 5]) == "7")
  }

  @Test("a payload that is no object is the variable 'body'")
  func body() throws {
    #expect(try feel("body + 1", 41) == "42")
  }

  @Test("null comes with its reason and place")
  func diagnostics() throws {
    let compiled = try CompiledExpression(feel: "1 +\n  a.b")
    let result = try compiled.explain(EvaluationScope(payload: ["a": ["c": 1]]))

    #expect(result.value.isNull)
    #expect(result.diagnostics.map(\.description) == ["2:4: no entry 'b'; there are: c", "1:3: can not calculate number 1 + null"])
  }

  @Test("a condition is true or false")
  func condition() throws {
    let compiled = try CompiledExpression(feel: "underpants = \"Collected.\"")

    #expect(try compiled.condition(over: ["underpants": "Collected."]))
    #expect(try !compiled.condition(over: ["underpants": "Lost."]))
  }

  @Test(
    "a condition that is neither tells what came and which name is missing",
    arguments: [
      ("x > 1", "condition gives null instead of true or false: no variable 'x'; can not order null and number 1"),
      ("\"yes\"", "condition gives string \"yes\" instead of true or false"),
      ("y", "condition gives number 3 instead of true or false"),
    ])
  func noCondition(text: String, message: String) throws {
    let compiled = try CompiledExpression(feel: text)

    let error = try #require(throws: EvaluationError.self) { try compiled.condition(over: ["y": 3]) }
    #expect(error.reason == .notBoolean)
    #expect(error.message == message)
  }
}
