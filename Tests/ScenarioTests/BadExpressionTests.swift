import FlowCore
import FlowScenario
import Testing

@Suite("expressions of models that can not be worked out")
struct BadExpressionTests {
  /// start > calc (a script) > which (a condition) > end or other
  private func model(script: String, condition: String) -> String {
    func escaped(_ text: String) -> String {
      text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
    return """
      <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
        <process id="p" isExecutable="true">
          <startEvent id="start"/><exclusiveGateway id="which" default="d"/><endEvent id="end"/><endEvent id="other"/>
          <scriptTask id="calc"><extensionElements>
            <zeebe:script expression="=\(escaped(script))" resultVariable="r"/>
          </extensionElements></scriptTask>
          <sequenceFlow id="a" sourceRef="start" targetRef="calc"/><sequenceFlow id="b" sourceRef="calc" targetRef="which"/>
          <sequenceFlow id="c" sourceRef="which" targetRef="end"><conditionExpression>=\(escaped(condition))</conditionExpression></sequenceFlow>
          <sequenceFlow id="d" sourceRef="which" targetRef="other"/>
        </process>
      </definitions>
      """
  }

  /// What the run of one instance told against `expect`; nil when all was so.
  private func failure(_ model: String, expect: String) throws -> ScenarioFailure? {
    let scratch = try Scratch()
    try scratch.write(model, to: "p.bpmn")
    let text = """
      {"id": "p", "deploy": [["p.bpmn"]], "start": {"process": "p", "variables": {"n": 1, "s": "text"}}, "steps": [], "expect": \(expect)}
      """
    let file = try scratch.write(text, to: "p.json")
    let scenario = try ScenarioReader.read(try Files.bytes(file), file: file)
    let engine = try PartitionEngine(clock: scenario.clock)
    defer { engine.close() }
    return ScenarioRun(scenario, path: file, engine: engine).run()
  }

  @Test(
    "a condition that is neither true nor false is an incident at its gateway, with place and reason",
    arguments: [
      ("nosuch > 5", "1:2: condition gives null", "no variable 'nosuch'"), ("n > s", "1:4: condition gives null", "can not order number 1"),
      ("n", "1:1: condition gives number 1", "instead of true or false"), ("cuont([n])", "condition gives null", "no function 'cuont'"),
      ("s.part", "condition gives null", ""), ("matches(s, \"(\")", "condition gives null", "matches"),
      ("count([1]) + n", "condition gives number 2", "instead of true or false"),
      ("date(s) < date(\"2030-01-01\")", "condition gives null", ""),
    ])
  func condition(text: String, place: String, reason: String) throws {
    for words in [place, reason, "condition '="] where !words.isEmpty {
      let expected =
        "{\"state\": \"active\", \"incidents\": [{\"element\": \"which\", \"type\": \"CONDITION_ERROR\", \"message\": \(JSON.quote(words))}]}"
      let failure = try failure(model(script: "1", condition: text), expect: expected)

      #expect(failure == nil, "\(words): \(failure?.scene?.incidents ?? []) \(failure?.message ?? "")")
    }
  }

  @Test(
    "an expression past its budget is an incident at its element, with the place of what was too much",
    arguments: [
      "for i in 1..1000, j in 1..1000 return i * j", "for a in 1..99999999999 return a", "count(for i in 1..50000 return [partial])",
      "for i in 1..60 return if i = 1 then \"aaaaaaaa\" else partial[-1] + partial[-1]", "(function(f) f(f))(function(f) f(f))",
      "for i in 1..2000 return matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"(a*)*(a*)*(a*)*b\")",
    ])
  func bomb(text: String) throws {
    for words in ["1:", "expression '="] {
      let expected =
        "{\"state\": \"active\", \"incidents\": [{\"element\": \"calc\", \"type\": \"EXTRACT_VALUE_ERROR\", \"message\": \(JSON.quote(words))}]}"
      let failure = try failure(model(script: text, condition: "true"), expect: expected)

      #expect(failure == nil, "\(failure?.scene?.incidents ?? []) \(failure?.message ?? "")")
    }
  }

  @Test(
    "what can not be read is refused when it is deployed, with line, element and place",
    arguments: ["1 +", "((", String(repeating: "(", count: 5_000), "if n then 1", "n ! 2", "\"open"])
  func unreadable(text: String) throws {
    for (script, condition, element) in [(text, "true", "calc"), ("1", text, "c")] {
      let failure = try failure(model(script: script, condition: condition), expect: "{\"state\": \"active\"}")

      let message = failure?.message ?? ""
      #expect(message.hasPrefix("INVALID_ARGUMENT: p.bpmn:"), "\(message)")
      #expect(message.contains(": \(element): "), "\(message)")
    }
  }
}
