import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct NotExecutableTests {
  private static let root =
    "<bpmn:error id='err' errorCode='E'/><bpmn:signal id='sig' name='S'/><bpmn:message id='msg' name='M'/>"

  @Test(
    "what the specification has is not refused here, whether the engine runs it or not",
    arguments: [
      "<bpmn:task id='n'/>", "<bpmn:manualTask id='n'/>", "<bpmn:userTask id='n'/>", "<bpmn:parallelGateway id='n'/>",
      "<bpmn:exclusiveGateway id='n'/>", "<bpmn:inclusiveGateway id='n'/>", "<bpmn:complexGateway id='n'/>",
      "<bpmn:receiveTask id='n' messageRef='msg'/>", "<bpmn:sendTask id='n' messageRef='msg'/>",
      "<bpmn:scriptTask id='n'><bpmn:script>1</bpmn:script></bpmn:scriptTask>", "<bpmn:callActivity id='n' calledElement='other'/>",
      "<bpmn:intermediateThrowEvent id='n'/>",
      "<bpmn:intermediateThrowEvent id='n'><bpmn:signalEventDefinition signalRef='sig'/></bpmn:intermediateThrowEvent>",
      "<bpmn:transaction id='n'><bpmn:startEvent id='i'/></bpmn:transaction>",
      "<bpmn:adHocSubProcess id='n'><bpmn:task id='i'/></bpmn:adHocSubProcess>",
      "<bpmn:subProcess id='n'><bpmn:startEvent id='i'/></bpmn:subProcess>",
      "<bpmn:subProcess id='n'/><bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:errorEventDefinition errorRef='err'/></bpmn:boundaryEvent>",
      "<bpmn:task id='n'/><bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:signalEventDefinition signalRef='sig'/><bpmn:messageEventDefinition messageRef='msg'/></bpmn:boundaryEvent>",
      "<bpmn:task id='n'/><bpmn:endEvent id='x'><bpmn:terminateEventDefinition/></bpmn:endEvent><bpmn:sequenceFlow id='f' sourceRef='n' targetRef='x'/>",
      "<bpmn:task id='n'/><bpmn:endEvent id='x'><bpmn:errorEventDefinition errorRef='err'/></bpmn:endEvent><bpmn:sequenceFlow id='f' sourceRef='n' targetRef='x'/>",
      "<bpmn:startEvent id='s2'/><bpmn:sequenceFlow id='f' sourceRef='s2' targetRef='n'/><bpmn:task id='n'/>",
      "<bpmn:task id='n'><bpmn:standardLoopCharacteristics/></bpmn:task>",
      "<bpmn:task id='n'><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
      "<bpmn:task id='n'><bpmn:extensionElements><x:y xmlns:x='u' z='1'/></bpmn:extensionElements></bpmn:task>",
      "<bpmn:serviceTask id='n'><bpmn:extensionElements><camunda:connector><camunda:connectorId>c</camunda:connectorId></camunda:connector></bpmn:extensionElements></bpmn:serviceTask>",
      "<bpmn:serviceTask id='n'><bpmn:extensionElements><zeebe:taskDefinition type='w'/></bpmn:extensionElements></bpmn:serviceTask>",
      "<bpmn:serviceTask id='n' camunda:type='external' camunda:topic='w'/>",
      "<bpmn:task id='n'/><bpmn:endEvent id='x'/><bpmn:sequenceFlow id='f' sourceRef='n' targetRef='x'><bpmn:conditionExpression>x</bpmn:conditionExpression></bpmn:sequenceFlow>",
    ])
  func isTaken(_ node: String) {
    #expect(ValidateTests.codes(ValidateTests.through(node, root: Self.root)) == [])
  }

  @Test("a choreography never runs, and says so with a line and a hint")
  func choreography() throws {
    let result = readDefinitions(ValidateTests.through("<bpmn:choreographyTask id='n'/>"))
    let findings = validate(try #require(result.definitions))

    #expect(findings.map(\.code) == ["not-executable"])
    #expect(findings.allSatisfy { $0.severity == .error && $0.line > 0 && $0.element == "n" && $0.hint?.isEmpty == false })
  }

  @Test("conditions stand on flows out of activities and of gateways that decide")
  func conditions() {
    func codes(_ node: String) -> [String] {
      let flow =
        "<bpmn:endEvent id='e2'/><bpmn:sequenceFlow id='c' sourceRef='n' targetRef='e2'><bpmn:conditionExpression>x</bpmn:conditionExpression></bpmn:sequenceFlow>"
      return ValidateTests.codes(ValidateTests.through(node, more: flow))
    }

    #expect(codes("<bpmn:exclusiveGateway id='n'/>") == [])
    #expect(codes("<bpmn:task id='n'/>") == [])
    #expect(codes("<bpmn:parallelGateway id='n'/>") == ["misplaced-condition"])
  }

  @Test(
    "keys of the original that need what is not there yet are told",
    arguments: ["{service: {host: a, asynchronous: true}}", "{service: {host: a}, kafka_topic: t}"])
  func keys(_ yaml: String) {
    #expect(ValidateTests.codes(ValidateTests.through("<bpmn:serviceTask id='n'/>", more: ValidateTests.note(yaml))) == ["not-executable"])
  }
}
