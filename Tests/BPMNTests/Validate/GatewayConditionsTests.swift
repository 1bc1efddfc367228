import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct GatewayConditionsTests {
  /// A gateway with flows to end events: `c` has a condition, `-` has none, `d` is the default.
  private func codes(_ flows: String, rexflow: Bool) -> [String] {
    var body = "<bpmn:startEvent id='s'/><bpmn:sequenceFlow id='in' sourceRef='s' targetRef='g'/>"
    var defaultFlow = ""
    for (index, kind) in flows.enumerated() {
      let condition = kind == "c" ? "<bpmn:conditionExpression>x</bpmn:conditionExpression>" : ""
      if kind == "d" { defaultFlow = "default='f\(index)'" }
      body +=
        "<bpmn:endEvent id='e\(index)'/><bpmn:sequenceFlow id='f\(index)' sourceRef='g' targetRef='e\(index)'>\(condition)</bpmn:sequenceFlow>"
    }
    body += "<bpmn:exclusiveGateway id='g' \(defaultFlow)/>"
    return ValidateTests.codes(model(body + (rexflow ? ValidateTests.globals("{}") : "")))
  }

  @Test("in the original's dialect one flow has a condition and one has none", arguments: ["c-", "-c", "cd", "ccd", "cccd", "-"])
  func originalAccepts(_ flows: String) {
    #expect(codes(flows, rexflow: true) == [])
  }

  @Test("anything else is refused there", arguments: ["--", "cc", "c", "cc-", "-d", "cd-", ""])
  func originalRefuses(_ flows: String) {
    #expect(codes(flows, rexflow: true) == ["gateway-conditions"])
  }

  @Test("in BPMN's rule any number of flows has conditions", arguments: ["c-", "cc-", "cd", "ccd", "-", ""])
  func generalAccepts(_ flows: String) {
    #expect(codes(flows, rexflow: false) == [])
  }

  @Test(
    "two flows without condition can not be decided, and a missing default is warned of",
    arguments: [
      ("--", "gateway-conditions"), ("c--", "gateway-conditions"), ("cd-", "gateway-conditions"), ("cc", "gateway-without-default"),
    ])
  func generalRefuses(_ flows: String, _ code: String) {
    #expect(codes(flows, rexflow: false) == [code])
  }
}
