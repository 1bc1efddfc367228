import FlowCore
import FlowFEEL
import Foundation
import Testing

@Suite("Budget")
struct BudgetTests {
  @Test(
    "no expression escapes its budget",
    arguments: [
      "for a in 1..1000, b in 1..1000 return a * b",
      "for a in 1..99999999999 return a",
      "count(for i in 1..50000 return [partial])",
      "for i in 0..90 return if i = 1 then [i] else [partial[-5], partial[-1]]",
      "(function(f) f(f))(function(f) f(f))",
      "(function(f) f(f))(function(f) [f(f)])",
      "every a in 1..1000 satisfies every b in 1..1000 satisfies a + b > 0",
      "for i in 1..50000 return function() partial",
      "for i in 1..60 return if i = 1 then \"aaaaaaaa\" else partial[-1] + partial[-1]",
      "distinct values(for i in 1..5000 return [i])",
      "for i in 1..50000 return partial",
      "(for i in 1..40 return if i = 1 then [1, 1] else [partial[-1], partial[-1]])[-1]",
      "string((for i in 1..40 return if i = 1 then [1, 1] else [partial[-1], partial[-1]])[-1])",
      "to json((for i in 1..40 return if i = 1 then [1, 1] else [partial[-1], partial[-1]])[-1])",
      "(for i in 1..40 return if i = 1 then {a: 1} else {a: partial[-1], b: partial[-1]})[-1]",
      "for i in 1..50000 return {a: partial}",
      "for i in 1..2000 return matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"(a*)*(a*)*(a*)*b\")",
      "for i in 1..60 return if i = 1 then [1, 1] else concatenate(partial[-1], partial[-1])",
      "sort(for i in 1..20000 return i, function(a, b) (for x in 1..100 return x)[1] > 0)",
    ])
  func exhausted(text: String) throws {
    let compiled = try CompiledExpression(feel: text)

    let error = try #require(throws: EvaluationError.self) { try compiled.evaluate(EvaluationScope(payload: [:])) }
    #expect(error.reason == .exhausted)
  }

  @Test(
    "what repeats a large value is paid for before it is built",
    arguments: [
      "concatenate(" + Array(repeating: "big", count: 2000).joined(separator: ", ") + ")",
      "replace(text, \"a.*\", \"" + String(repeating: "$0", count: 2000) + "\")",
      "for i in 1..20000 return text = text",
      "for i in 1..20000 return string length(text)",
      "for i in 1..20000 return date(text)",
      "for i in 1..20000 return number(text, \",\", \".\")",
      "for i in 1..20000 return duration(text)",
      "for i in 1..20000 return get value({a: 1}, text)",
      "for i in 1..20000 return big instance of list<number>",
      "for i in 1..20000 return (function(x: list<number>) 1)(big)",
      "for i in 1..20000 return matches(\"a\", substring(text, 1, 1900) + \"(\")",
      "for i in 1..20000 return range(text)",
      "for i in 1..20000 return is(big, big)",
      "for i in 1..20000 return big[-1] + count(big)",
    ])
  func amplification(text: String) throws {
    let big = JSON.array(Array(repeating: 1, count: 50_000))
    let payload: JSON = ["big": big, "text": .string(String(repeating: "a", count: 200_000))]
    let compiled = try CompiledExpression(feel: text)

    let error = try #require(throws: EvaluationError.self) { try compiled.evaluate(EvaluationScope(payload: payload)) }
    #expect(error.reason == .exhausted)
  }

  @Test(
    "numbers never grow past 34 digits, whatever the exponent: what does not fit is null, at once and with a reason",
    arguments: [
      "2 ** 99999999", "10 ** 6200", "9 ** 9 ** 9 ** 9 ** 9", "exp(1000000)", "1e6000 * 1e6000", "sum(for i in 1..100 return 10 ** 6144)",
    ])
  func exponents(text: String) throws {
    let result = try CompiledExpression(feel: text).explain(EvaluationScope(payload: [:]))

    #expect(result.value.isNull)
    #expect(result.diagnostics.first?.description.contains(":") == true, "\(result.diagnostics)")
  }

  @Test("a payload with very many members is searched once, not at every name")
  func manyMembers() throws {
    var object = JSON.Object()
    for index in 0..<50_000 { object.append("m\(index)", 1) }

    #expect(try feel("count(for i in 1..20000 return m49999)", .object(object)) == "20000")
  }

  @Test("the deepest expression and the deepest call fit in half of a usual stack, unoptimised")
  func stack() throws {
    let deep = String(repeating: "(", count: Limits.expressionDepth - 2) + "1" + String(repeating: ")", count: Limits.expressionDepth - 2)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      for text in [deep, "(function(f) f(f))(function(f) [{a: f(f)}])", String(repeating: "[", count: 5000)] {
        _ = try? CompiledExpression(feel: text).evaluate(EvaluationScope(payload: [:]))
      }
      done.signal()
    }
    thread.stackSize = 4 << 20
    thread.start()

    #expect(done.wait(timeout: .now() + 60) == .success)
  }

  @Test("an evil pattern on a long text is linear")
  func linearPattern() throws {
    let text = String(repeating: "a", count: 5000)

    let compiled = try CompiledExpression(feel: "matches(t, \"(a|a)*(a|aa)*b\")")
    let verdict = try compiled.evaluate(EvaluationScope(payload: ["t": .string(text)])).boolean
    #expect(verdict == false)
  }

  @Test(
    "nesting past the limit is refused, not crashed on",
    arguments: ["(", "[", "-", "{a:", "if ", "a(", "not ", "function() ", "1 in (", "a[", "< ", ">= ", "1 in <", "]", "(> "])
  func nesting(piece: String) {
    let text = String(repeating: piece, count: 5000)

    #expect(throws: ExpressionError.self) { try CompiledExpression(feel: text) }
    #expect(throws: ExpressionError.self) { try CompiledExpression(unaryTests: text) }
    #expect(throws: ExpressionError.self) { try CompiledExpression(python: text) }
  }

  @Test("a long flat expression is no deep one")
  func longChain() throws {
    let sum = Array(repeating: "1", count: 5000).joined(separator: " + ")
    let either = Array(repeating: "x = 1", count: 3000).joined(separator: " or ")

    #expect(try feel(sum) == "5000")
    #expect(try feel(either, ["x": 2]) == "false")
  }

  @Test("a text past the limit is refused")
  func tooLong() {
    #expect(throws: ExpressionError.self) { try CompiledExpression(feel: String(repeating: " ", count: Limits.expressionBytes) + "1") }
  }
}

@Suite("Cost")
struct CostTests {
  @Test(
    "what can be done in one pass is done within the budget",
    arguments: [
      ("count(distinct values(for i in 1..20000 return i))", "20000"), ("count(duplicate values(concatenate(1..1, [1])))", "unread"),
      ("count(for i in 1..8000 return if i = 1 then 1 else partial[-1] + 1)", "8000"), ("sum(for i in 1..20000 return i)", "200010000"),
      ("count(union(for i in 1..9000 return i, for i in 5000..14000 return i))", "14000"),
      ("count(duplicate values(concatenate(for i in 1..9000 return i, for i in 1..9000 return i)))", "9000"),
      ("count(sort(for i in 1..5000 return 5000 - i))", "5000"),
      ("string length(string join(for i in 1..20000 return \"ab\", \",\"))", "59999"),
      ("count(flatten(for i in 1..9000 return [i]))", "9000"), ("count((for i in 1..9000 return i)[item > 10])", "8990"),
    ])
  func inOnePass(text: String, expected: String) throws {
    #expect(try standard(text) == expected)
  }
}
