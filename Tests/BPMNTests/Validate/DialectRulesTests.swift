import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct DialectRulesTests {
  private func codes(_ node: String, _ more: String) -> [String] { ValidateTests.codes(ValidateTests.through(node, more: more)) }

  @Test("two nodes with one address are refused, in the original's dialect only")
  func duplicateNames() {
    let nodes = "<bpmn:task id='n' name='Dot dot'/><bpmn:task id='m' name='dot-dot!'/>"
    let connected = "<bpmn:sequenceFlow id='x' sourceRef='s' targetRef='m'/>"

    #expect(codes(nodes, connected + ValidateTests.globals("{}")) == ["duplicate-name"])
    #expect(codes(nodes, connected) == [])
    #expect(codes("<bpmn:task id='n' name='数据'/>", ValidateTests.globals("{}")) == ["no-derived-name"])
  }

  @Test("a service needs a host")
  func host() {
    #expect(codes("<bpmn:serviceTask id='n'/>", ValidateTests.note("{service: {port: 1}}")) == ["service-host-missing"])
    #expect(codes("<bpmn:serviceTask id='n'/>", ValidateTests.note("{}")) == ["service-host-missing"])
  }

  @Test("a service task leads somewhere")
  func outgoing() {
    let body = "<bpmn:startEvent id='s'/><bpmn:serviceTask id='n'/><bpmn:sequenceFlow id='f' sourceRef='s' targetRef='n'/>"

    #expect(ValidateTests.codes(model(body + ValidateTests.note("{service: {host: a}}"))) == ["service-without-outgoing"])
  }

  @Test(
    "properties of the process fit together",
    arguments: [
      ("{namespace: a}", ["namespace-not-shared"]), ("{namespace: a, namespace_shared: true}", []),
      ("{orchestrator: nomad}", ["unknown-orchestrator"]),
      ("{orchestrator: istio}", []), ("{transport: kafka}", ["durable-already"]), ("{notification_kafka_topic: t}", ["no-notifications"]),
      ("{passthrough_target: t}", ["not-executable"]), ("{id: '!'}", ["no-deployment-name"]),
    ])
  func globals(_ yaml: String, _ expected: [String]) {
    #expect(codes("<bpmn:task id='n'/>", ValidateTests.globals(yaml)) == expected)
  }

  @Test("closure parameters are checked where the closure transport is on")
  func closure() {
    let task = """
      <bpmn:serviceTask id="n"><bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name=".">${x}: NO</camunda:inputParameter>
      <camunda:inputParameter name="b">b: STRING</camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>
      """
    let note = ValidateTests.note("{service: {host: a}}")

    #expect(codes(task, note + ValidateTests.globals("{use_closure_transport: true}")) == ["closure-parameter", "closure-whole"])
    #expect(codes(task, note) == [])
  }

  @Test("splitters and combiners have the flows that they need")
  func parallel() {
    #expect(codes("<bpmn:parallelGateway id='n'/>", ValidateTests.note("{gateway_type: combiner}")) == [])
    #expect(
      codes("<bpmn:parallelGateway id='n'/>", ValidateTests.note("{gateway_type: splitter, gateway_split: [a]}")) == [
        "gateway-edges", "gateway-split",
      ])
    #expect(codes("<bpmn:parallelGateway id='n'/>", ValidateTests.note("{service: {host: a}}")) == ["gateway-with-service"])
  }

  @Test(
    "timer specifications have the original's bounds",
    arguments: [
      ("timeCycle", "R3/PT1S", false), ("timeCycle", "R/PT1S", true), ("timeCycle", "R2000/PT1S", true), ("timeCycle", "R1024/PT1S", false),
      ("timeCycle", "R3", true), ("timeCycle", "PT10S", true), ("timeCycle", "R3/P1D/P1D", true), ("timeCycle", "R{n}/PT1S", false),
      ("timeDuration", "PT1S", false), ("timeDuration", "1s", true), ("timeDate", "2026-11-20T10:00:00Z", false),
      ("timeDate", "2026-11-20", true),
    ])
  func timers(_ kind: String, _ text: String, _ isRefused: Bool) {
    let event =
      "<bpmn:intermediateCatchEvent id='n'><bpmn:timerEventDefinition><bpmn:\(kind)>\(text)</bpmn:\(kind)></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"

    #expect(codes(event, "").contains("timer-spec") == isRefused)
  }
}
