import FlowBPMN
import FlowBPMNRead
import FlowCore
import Testing

@Suite struct RexflowReaderTests {
  /// A service task with an annotation, between start and end.
  private func annotated(_ yaml: String, node: String = "<bpmn:serviceTask id='n'/>", global: String? = nil) -> ReadResult {
    let globals = global.map { "<bpmn:textAnnotation id='ag'><bpmn:text>\($0)</bpmn:text></bpmn:textAnnotation>" } ?? ""
    return readDefinitions(
      model(
        """
        \(node)
        <bpmn:textAnnotation id='a'><bpmn:text>\(yaml)</bpmn:text></bpmn:textAnnotation>
        <bpmn:association id='as' sourceRef='n' targetRef='a'/>\(globals)
        """))
  }

  @Test("all keys of a component are read")
  func allKeys() throws {
    let result = annotated(
      """
      rexflow:
        preexisting: true
        service: {host: my_calc, port: 5001, targetPort: 5000, protocol: HTTPS, container: img, namespace: ns, orchestrator: x, command: [python3, calc.py, 7]}
        call: {path: a/{b}, method: put, serialization: yaml, retry: {total_attempts: 4}}
        health: {path: h, method: post, query: '{}', period: 1, timeout: 2, initial_delay: 3, failure_threshold: 4, response: OK}
        timer_recovery_policy: fire
        next_step_id: step
        fields: {file: f.json}
      """.replacing("a/{b}", with: "'a/{b}'"))
    let rexflow = try #require(try result.process.content.node("n")?.rexflow)

    #expect(result.findings.isEmpty)
    #expect(rexflow.preexisting)
    #expect(rexflow.service?.host == "my-calc")
    #expect(rexflow.service?.port == 5001)
    #expect(rexflow.service?.targetPort == 5000)
    #expect(rexflow.service?.command == ["python3", "calc.py", "7"])
    #expect(rexflow.call.path == "/a/{b}")
    #expect(rexflow.call.method == "PUT")
    #expect(rexflow.call.attemptsMax == 4)
    #expect(rexflow.health?.path == "/h")
    #expect(rexflow.health?.periodSeconds == 1)
    #expect(rexflow.health?.failureThreshold == 4)
    #expect(rexflow.timerRecoveryPolicy == .fire)
    #expect(rexflow.nextStepID == "step")
    #expect(rexflow.fields?.file == "f.json")
  }

  @Test("defaults are the original's, and no-break spaces do not matter")
  func defaults() throws {
    let result = annotated("rexflow:\n\u{A0} \u{A0} service:\n\u{A0} \u{A0} \u{A0} host: calc")
    let process = try result.process
    let rexflow = try #require(process.content.node("n")?.rexflow)

    #expect(rexflow.service?.port == 80)
    #expect(rexflow.call == RexflowCall())
    #expect(rexflow.health == nil)
    #expect(process.rexflow == RexflowGlobals())
    #expect(process.dialects.rexflow)
  }

  @Test("the process's properties are read with their types")
  func globals() throws {
    let result = annotated(
      "rexflow: {service: {host: a}}",
      global: """
        rexflow_global_properties:
          id: My Id
          namespace_shared: true
          namespace: ns
          recoverable: true
          retry: {total_attempts: 3}
          transport: kafka
          xgw_expression_type: python
          use_closure_transport: true
          deployment_timeout: 5
          synchronous_wrapper_timeout: 6
          user_opaque_metadata: {a: 1}
          timer_recovery_policy: forget
        """)
    let process = try result.process

    #expect(result.findings.isEmpty)
    #expect(process.deploymentID?.hasPrefix("my-id-") == true)
    #expect(process.rexflow.namespaceShared && process.rexflow.recoverable && process.rexflow.useClosureTransport)
    #expect(process.rexflow.attemptsMax == 3)
    #expect(process.rexflow.transport == .kafka)
    #expect(process.rexflow.conditionLanguage == .python)
    #expect(process.rexflow.deploymentTimeoutSeconds == 5)
    #expect(process.rexflow.userOpaqueMetadata["a"] == 1)
    #expect(process.rexflow.timerRecoveryPolicy == .forget)
  }

  @Test("a method that no service is called with is refused", arguments: ["call", "health"])
  func unknownMethod(_ section: String) {
    #expect(annotated("rexflow: {service: {host: a}, \(section): {method: brew}}").codes == ["annotation-type"])
    #expect(annotated("rexflow: {service: {host: a}, \(section): {method: delete}}").codes.isEmpty)
  }

  @Test("an unknown key is kept and gets a suggestion")
  func unknownKey() throws {
    let result = annotated("rexflow:\n  service:\n    hsot: calc\n    host: calc")

    #expect(result.codes == ["unknown-key"])
    #expect(result.findings[0].severity == .warning)
    #expect(result.findings[0].hint == "did you mean 'host'?")
    #expect(try result.process.content.node("n")?.rexflow?.unknown == [RexflowUnknown(path: "rexflow.service.hsot", value: "calc")])
  }

  @Test(
    "a wrong type is an error that names the key",
    arguments: ["service: 5", "service: {port: x}", "service: {port: 70000}", "preexisting: maybe"])
  func wrongType(_ yaml: String) {
    let result = annotated("rexflow:\n  " + yaml)

    #expect(result.codes == ["annotation-type"])
    #expect(result.findings[0].element == "n")
  }

  @Test("a YAML error has its line in the file")
  func yamlLine() {
    let result = annotated("rexflow:\n  service: {host: a}\n  b: c: d")

    #expect(result.codes == ["annotation-yaml"])
    #expect(result.findings[0].line == 7)
  }

  @Test("the older dialect's globals on a start event are taken, with a warning")
  func olderGlobals() throws {
    let result = annotated("rexflow:\n  id: old\n  recoverable: true\n  orchestrator: docker", node: "<bpmn:startEvent id='n'/>")
    let process = try result.process

    #expect(result.codes == ["older-dialect"])
    #expect(process.deploymentID?.hasPrefix("old-") == true)
    #expect(process.rexflow.recoverable && process.rexflow.isOlderDialect)
    #expect(validate(try #require(result.definitions)).contains { $0.code == "older-orchestrator" && $0.severity == .warning })
  }

  @Test("where both dialects are present the modern one wins")
  func modernWins() throws {
    let result = annotated("rexflow:\n  id: old", node: "<bpmn:startEvent id='n'/>", global: "rexflow_global_properties:\n  id: new")

    #expect(try result.process.deploymentID?.hasPrefix("new-") == true)
    #expect(result.codes == ["older-dialect"])
  }

  @Test("kafka_topic on a catch event is the topic, with a warning")
  func olderTopic() throws {
    let result = annotated("rexflow:\n  kafka_topic: t", node: "<bpmn:intermediateCatchEvent id='n'/>")

    #expect(try result.process.content.node("n")?.rexflow?.topic == "t")
    #expect(result.codes == ["older-dialect"])
  }

  @Test("an annotation that hangs nowhere, and a second one, are told")
  func misplaced() {
    #expect(annotated("rexflow: {id: x}", node: "<bpmn:task id='other'/>").codes == ["annotation-unattached"])
    let second =
      "<bpmn:task id='n'/><bpmn:textAnnotation id='b'><bpmn:text>rexflow: {}</bpmn:text></bpmn:textAnnotation>"
      + "<bpmn:association id='bs' sourceRef='n' targetRef='b'/>"
    #expect(annotated("rexflow: {}", node: second).codes == ["annotation-duplicate"])
  }

  @Test("derived names follow name, then id; a start event without name has the deployment in it")
  func names() throws {
    let process = try readDefinitions(
      model("<bpmn:startEvent id='S_1'/><bpmn:task id='T_1' name='Profit!'/><bpmn:endEvent id='E_1'/>")
    ).process

    #expect(process.content.nodes.map(\.derivedName) == ["start-s-1-" + (process.deploymentID ?? ""), "profit", "e-1"])
  }
}
