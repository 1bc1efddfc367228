import FlowCore
import FlowFEEL
import Testing

/// A small generator with a seed: the same texts in every run.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite("Mutated expressions")
struct MutationTests {
  private static let seeds = [
    "if a > 1 then {x: [1..5], y: @\"P1D\"} else for i in 1..3 return i ** 2", "some x in [1, 2] satisfies not(x = -1) and true or null",
    "replace(\"a-b\", \"[a-c-[b]]+\\\\d{2,}\", \"$1\", \"ims\")",
    "date and time(\"2020-02-29T10:00:00.5@Europe/Paris\") - duration(\"PT1H\")",
    "sort([3, 1], function(x, y) x < y)[item > 1].b.c[-1]", "decimal(1e300 * 1e300 / 3, 6000, \"HALF_UP\") between 1 and sqrt(2)",
    "req_json['a']['b'][-1] // 2 % 3 if not req_json.get('x', 1.5) is None else 'x' in (1, 2)",
    "1 < req_json['n'] <= 3 != \"a\".strip().upper()",
    "> 5, [1..3), not(2), ? + 1 = 3, \"\\u00e9\\U01F600\"",
    "context put({a: {b: 1}}, [\"a\", \"c\"], [1, [2]]) instance of context<a: list<number>>",
    "substring(\"foo\", -2, 9223372036854775807) + string(99999999999999999999999999999999999 * -1e-6176)",
    "range(\"[1..2)\") = [1..2) and overlaps before([1..2], [2..3]) and time(23, 59, 59.9, @\"-PT18H\") > @\"00:00:00Z\"",
    "(function(a: list<number>, b: date and time) [a, b])(a: 1, b: @\"2020-01-01\").`x y` instance of function<range<string>>->Any",
    "{r: > 5, s: [1..2)}.r in (? < 3, >= -2) and 5 in (odd(?)) or `a b` = {\"a+b\": 1}.a+b and not(5 in ]1..?])",
    "@\"2026-03-29T01:30:00@Europe/Berlin\" + @\"PT1H\" < date and time(@\"2020-01-01T00:00:00\", \"+02:00\") and @\"10:00:00Z\".value = 1",
    "context([{key: \"a\", value: to base64(\"x\")}]) = range(\"[@\\\"P1D\\\"..@\\\"P2D\\\")\") or matches(\"K\", \"\\p{IsGreek}|[A-Z-[OI]]\", \"i\")",
    "@\"999999999-12-31\" + @\"P999999999999Y\" - @\"-999999999-01-01\" * 9223372036854775807 / 0.0000001",
  ]

  private static let pieces = [
    "(", ")", "[", "]", "{", "}", "..", ",", ":", "-", "+", "**", "/", "//", "\"", "'", "@\"", "if ", "for ", " in ", "not ", " and ",
    "null",
    "999999999999999999", "1e6111", "-1", "\\", "\u{1F600}", "\u{301}", "é", "?", ".", "function(", " instance of ", "\0", "\n", "0x",
    " partial",
  ]

  private static func mutate(_ text: String, _ random: inout Seeded) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let at = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1 where at < bytes.count: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...8, using: &random)))
      case 2: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: at)
      case 3: bytes.insert(contentsOf: Array((seeds.randomElement(using: &random) ?? "").utf8.prefix(40)), at: at)
      default: bytes.insert(contentsOf: bytes.prefix(at).suffix(12), at: at)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads and evaluates in every way there is; true when at least one gave a value.
  static func exercise(_ text: String) -> Bool {
    let payload: JSON = ["a": ["b": [1, 2, "x"]], "n": 2, "items": [["price": 1.5]], "s": "text"]
    let scope = EvaluationScope(payload: payload)
    let unary = EvaluationScope(values: Context("a", Value(payload)), input: Value(JSON.int(3)))
    let python = EvaluationScope(payload: ["req_json": payload])
    let budget = Budget(steps: 5_000, bytes: 1 << 20)
    var evaluated = false
    if let value = try? CompiledExpression(feel: text).explain(scope, budget: budget) {
      _ = value.value.json.text
      evaluated = true
    }
    if (try? CompiledExpression(unaryTests: text).explain(unary, budget: budget)) != nil { evaluated = true }
    if (try? CompiledExpression(python: text).explain(python, budget: budget)) != nil { evaluated = true }
    return evaluated
  }

  @Test("4,000 mutated texts neither crash nor hang", arguments: 0..<4)
  func survives(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    var evaluated = 0
    for round in 0..<1_000 {
      let text = Self.mutate(Self.seeds[round % Self.seeds.count], &random)
      if Self.exercise(text) { evaluated += 1 }
    }
    // Mutations that all fail to parse would test the parser only.
    #expect(evaluated > 20)
  }
}
