import FlowCore
import FlowFEEL
import Testing

private let payload: JSON = [
  "val": 138, "name": "Ada", "a": ["b": [1, 2, 3]], "none": nil, "flag": true, "text": "  Trim me ", "empty": [], "ratio": 0.5,
]

private func python(_ text: String) throws -> String {
  let compiled = try CompiledExpression(python: text)
  return try compiled.evaluate(EvaluationScope(payload: ["req_json": payload])).json.text
}

@Suite("Python conditions")
struct PythonTests {
  @Test(
    "the subset has Python's values",
    arguments: [
      ("req_json['val'] > 137", "true"), ("python: req_json['val'] > 137", "true"), ("req_json[\"a\"][\"b\"][-1]", "3"),
      ("req_json.get('x')", "null"), ("req_json.get('x', 5)", "5"), ("'val' in req_json", "true"), ("'x' not in req_json", "true"),
      ("1 < 2 < 3", "true"), ("1 < 3 < 2", "false"), ("3 > 2 == 2", "true"), ("7 // 2", "3"), ("-7 // 2", "-4"), ("-7 % 3", "2"),
      ("7 / 2", "3.5"), ("2 ** 3 ** 2", "512"), ("-2 ** 2", "-4"), ("2 ** -1", "0.5"), ("req_json['none'] is None", "true"),
      ("req_json['val'] is not None", "true"), ("not req_json['empty']", "true"), ("req_json['name'] and 1", "1"), ("0 or 'x'", "\"x\""),
      ("len(req_json['a']['b'])", "3"), ("str(1) + 'a'", "\"1a\""), ("int('12')", "12"), ("int(2.7)", "2"), ("float('1.5')", "1.5"),
      ("abs(-3)", "3"), ("min(3, 1, 2)", "1"), ("max([1, 5])", "5"), ("bool('')", "false"), ("req_json['name'].lower()", "\"ada\""),
      ("req_json['name'].startswith('A')", "true"), ("req_json['name'].endswith(('x', 'a'))", "true"),
      ("req_json['text'].strip()", "\"Trim me\""),
      ("1 if req_json['flag'] else 2", "1"), ("True == 1", "true"), ("'a' == 1", "false"), ("{'a': 1}['a']", "1"), ("'it\\'s'", "\"it's\""),
      ("(1, 2) == [1, 2]", "true"), ("'da' in req_json['name']", "true"), ("req_json['ratio'] * 2 == 1", "true"), ("5.", "5"),
      ("True + 1", "2"),
      ("req_json['val'] != 137 and not req_json['val'] == 1", "true"), ("'a' 'b'", "\"ab\""), ("\"\\x41\"", "\"A\""), ("1 is 1", "true"),
    ])
  func values(text: String, expected: String) throws {
    #expect(try python(text) == expected)
  }

  @Test(
    "anything else is refused when it is read",
    arguments: [
      "import os", "__import__('os')", "__import__('os').system('id')", "req_json.__class__", "req_json.items()", "os.getcwd()",
      "lambda: 1",
      "[x for x in req_json]", "(x for x in [1])", "{k: 1 for k in [1]}", "open('x')", "eval('1')", "exec('1')", "req_json", "len", "len()",
      "len(1, 2)", "x", "req_json['a'", "req_json['a'][0:1]", "1 +", "a := 1", "'a", "req_json['val'] = 1", "f'{1}'", "().__class__",
      "''.__class__", "req_json.get", "req_json.get()", "str.join", "1;2", "@x", "{1, 2}", "true", "print(1)", "globals()", "\\", "$",
      "'a'.format(1)",
    ])
  func refused(text: String) throws {
    if text == "req_json" { return }
    let error = try #require(throws: ExpressionError.self) { try CompiledExpression(python: text) }
    #expect(!error.message.isEmpty)
  }

  @Test(
    "errors of values tell what was there",
    arguments: [
      ("req_json['vla'] > 1", "key 'vla' is missing; there are: 'a', 'empty', 'flag', 'name', 'none', 'ratio', 'text', 'val'"),
      ("req_json['a']['b'][3]", "index 3 is out of range; there are 3 items"),
      ("req_json['name'] > 1", "'>' can not compare string \"Ada\" with number 1"),
      ("req_json['name'] + 1", "'+' can not work on string \"Ada\" and number 1"),
      ("1 / 0", "division by zero"), ("req_json['none']['x']", "None has no members; the key was string \"x\""),
      ("len(5)", "'len' can not count number 5"), ("int('1.5')", "'int' can not read string \"1.5\""),
      ("req_json['val'].lower()", "'lower' needs a string, not number 138"), ("1 in 2", "'in' can not look for number 1 in number 2"),
      ("10 ** 100000", "'**' gives a number out of range"),
    ])
  func valueErrors(text: String, message: String) throws {
    let compiled = try CompiledExpression(python: text)

    let error = try #require(throws: EvaluationError.self) { try compiled.condition(over: payload) }
    #expect(error.reason == .value)
    #expect(error.message == message)
  }

  @Test("a name that is not allowed says how to read a member")
  func hint() throws {
    let error = try #require(throws: ExpressionError.self) { try CompiledExpression(python: "val > 3") }

    #expect(error.description.hasPrefix("1:1: name 'val' is not allowed (try: req_json['val']"))
  }

  @Test("a condition is what its value is as a truth")
  func truth() throws {
    #expect(try CompiledExpression(python: "python: req_json['val'] > 137").condition(over: ["val": 138]))
    #expect(try !CompiledExpression(python: "python: req_json['val'] > 137").condition(over: ["val": 1]))
    #expect(try CompiledExpression(python: "req_json").condition(over: [1]))
    #expect(try !CompiledExpression(python: "req_json['x']").condition(over: ["x": ""]))
  }
}
