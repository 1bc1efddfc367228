import FlowCore
import FlowFEEL
import Synchronization
import Testing

/// Variables as the engine keeps them, and which of them were asked for.
private final class Variables: Sendable {
  private let encoded: [String: [UInt8]]
  private let asked = Mutex<[String]>([])

  init(_ texts: [String: String]) { encoded = texts.mapValues { Array($0.utf8) } }

  var names: [String] { asked.withLock { $0 } }

  var scope: EvaluationScope {
    EvaluationScope { name in
      self.asked.withLock { $0.append(name) }
      return self.encoded[name]
    }
  }
}

private let texts = [
  "x": "7", "big": "123456789012345678901234567890", "half": "0.5", "status": "\"ok\"", "quoted": "\"a\\\"b\\u00e9\"", "flag": "true",
  "nothing": "null",
  "order": #" { "id" : "a", "total": 12, "to": {"city": "Köln", "zip": 5}, "total": 13, "lines": [{"n": 1}, {"n": 2}] } "#,
  "list": "[1, 2, 3]", "one": "[7]", "broken": "{\"a\":", "zero": "-0", "escaped": #"{"\u0061": 1}"#,
]

@Suite("Encoded variables")
struct EncodedVariablesTests {
  @Test(
    "an expression means the same over encoded variables as over parsed ones",
    arguments: [
      "x > 5", "x >= 7", "x < 7", "x = 7", "x != 7", "x > 5.5", "x > 7 or status = \"ok\"", "x > 5 and flag = true", "x = \"7\"", "big > 5",
      "half < 1", "half = 0.5", "status != \"ok\"", "status = 1", "quoted = \"a\\\"bé\"", "nothing = null", "nothing > 1", "missing > 1",
      "order.total = 13", "order.total + 1", "order.to.city", "order.to.city = \"Köln\"", "order.to", "order.lines.n", "order.lines[n > 1]",
      "order.missing", "order.total.deeper", "sum(list)", "one > 5", "one = 7", "zero = 0", "count(list) > 2 and x in list", "escaped.a",
      "for i in list return i * x", "some i in order.lines satisfies i.n = x - 5", "{a: x, b: a + order.to.zip}.b", "flag", "not(flag)",
      "order.id + order.to.city + order.id + order.id + order.id + order.id", "(function(x) x + 1)(1) + x",
    ])
  func sameAsParsed(text: String) throws {
    var members = JSON.Object()
    for (name, value) in texts.sorted(by: { $0.key < $1.key }) where name != "broken" { members[name] = try JSON(parsing: value) }
    let compiled = try CompiledExpression(feel: text)

    let encoded = try compiled.explain(Variables(texts).scope)

    let parsed = try compiled.explain(EvaluationScope(payload: .object(members)))
    #expect(encoded.value.json == parsed.value.json)
    #expect(encoded.diagnostics == parsed.diagnostics)
  }

  @Test("only the names that the expression reads are asked for")
  func onlyWhatIsRead() throws {
    let variables = Variables(texts)

    _ = try CompiledExpression(feel: "for y in list return y + max([x, 1])").evaluate(variables.scope)

    #expect(Set(variables.names) == ["list", "x"])
  }

  @Test("a large variable that is read in a loop is parsed once")
  func loops() throws {
    let rows = "[" + (0..<2000).map { "{\"n\": \($0)}" }.joined(separator: ", ") + "]"
    let variables = Variables(["doc": "{\"rows\": \(rows), \"k\": 3}"])

    let value = try CompiledExpression(feel: "count(for i in 1..2000 return doc.rows[1].n + doc.k)").evaluate(variables.scope)

    #expect(value.json == 2000)
    #expect(variables.names.count < 20)
  }

  @Test("a variable that is no JSON is null, and says why")
  func broken() throws {
    let result = try CompiledExpression(feel: "broken.a").explain(Variables(texts).scope)

    #expect(result.value.isNull)
    #expect(result.diagnostics.first?.message == "variable 'broken' is not JSON at byte 5")
  }

  @Test("conditions of both languages are decided over encoded variables")
  func conditions() throws {
    #expect(try CompiledExpression(feel: "x > 5").condition(in: Variables(texts).scope))
    #expect(try CompiledExpression(python: "req_json['x'] > 5").condition(in: Variables(["req_json": "{\"x\": 6}"]).scope))
    let error = try #require(throws: EvaluationError.self) {
      try CompiledExpression(feel: "missing > 5").condition(in: Variables(texts).scope)
    }
    #expect(error.reason == .notBoolean)
  }

  @Test(
    "a result is encoded, and copied where it is a variable's",
    arguments: [
      ("x", "7"), ("= order.to", #"{"city": "Köln", "zip": 5}"#), ("order.total", "13"), ("order.lines[n > 1]", #"[{"n":2}]"#),
      ("order.nope", "null"),
      ("missing", "null"), ("x + 1", "8"), ("[x, status]", #"[7,"ok"]"#), ("broken.a", "null"), ("big", "123456789012345678901234567890"),
    ])
  func encoded(text: String, expected: String) throws {
    #expect(try String(decoding: CompiledExpression(feel: text).encoded(Variables(texts).scope), as: UTF8.self) == expected)
  }

  @Test(
    "a compiled expression tells the variables that it may read",
    arguments: [
      ("x > 5", ["x"]), ("order.to.city = name", ["name", "order"]), ("for i in a, j in i return i + j + k", ["a", "k"]),
      ("for i in 1..n return partial", ["n"]), ("partial", ["partial"]), ("count(list) + count", ["count", "list"]),
      ("items[price > item.limit + top]", ["items", "price", "top"]), ("{a: b, c: a}.c", ["b"]), ("function(a, b) a + c", ["c"]),
      ("some y in ys satisfies y in (z, > w)", ["w", "ys", "z"]), ("first name + \"x\"", ["first name"]), ("[a..b]", ["a", "b"]),
      ("if a then b else c between d and e", ["a", "b", "c", "d", "e"]), ("f(g: h)", ["h"]), ("x instance of number", ["x"]), ("1 + 1", []),
    ])
  func names(text: String, expected: [String]) throws {
    #expect(try CompiledExpression(feel: text).names == expected)
  }

  @Test(
    "a compiled expression tells the functions that it calls and that nobody has",
    arguments: [
      ("cuont(x) + count(x)", ["cuont"]), ("{f: function(a) a, g: f(1)}", []), ("a(b(c))", ["a", "b"]), ("date and time(x)", []),
      ("(function(f) f(1))(sum)", []), ("for i in xs return twice(i)", ["twice"]), ("uuid()", ["uuid"]),
    ])
  func unknownFunctions(text: String, expected: [String]) throws {
    #expect(try CompiledExpression(feel: text).unknownFunctions == expected)
  }

  @Test("unary tests and Python tell their names too")
  func otherNames() throws {
    #expect(try CompiledExpression(unaryTests: "> limit, not(? = x)").names == ["limit", "x"])
    #expect(try CompiledExpression(python: "req_json['a'] > 3 and req_json.get('b', 1) in [1]").names == ["req_json"])
  }

  @Test("bytes that are no JSON never trap", arguments: 0..<40)
  func hostileBytes(length: Int) throws {
    let whole = Array(#"{"a": {"b\"": [1, "x\\"]}, "c": -12.5e3, "a": {"b": true}}"#.utf8)
    let scope = EvaluationScope { _ in Array(whole.prefix(length)) }
    let tail = EvaluationScope { _ in Array(whole.suffix(length)) }
    for text in ["v", "v.a", "v.a.b = true", "v.c > 5", "v > 5", "v = \"x\""] {
      let compiled = try CompiledExpression(feel: text)
      _ = try compiled.explain(scope)
      _ = try compiled.explain(tail)
    }
  }
}
