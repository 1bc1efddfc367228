import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct NotExecutableTests {
  private static let error = "<bpmn:error id='err' errorCode='E'/>"

  @Test(
    "what this version runs has no finding",
    arguments: [
      "<bpmn:task id='n'/>", "<bpmn:manualTask id='n'/>", "<bpmn:parallelGateway id='n'/>", "<bpmn:exclusiveGateway id='n'/>",
      "<bpmn:subProcess id='n'><bpmn:startEvent id='i'/></bpmn:subProcess>",
      "<bpmn:subProcess id='n'/><bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:errorEventDefinition errorRef='err'/></bpmn:boundaryEvent>",
      "<bpmn:task id='n'/><bpmn:endEvent id='x'><bpmn:terminateEventDefinition/></bpmn:endEvent><bpmn:sequenceFlow id='f' sourceRef='n' targetRef='x'/>",
      "<bpmn:task id='n'/><bpmn:endEvent id='x'><bpmn:errorEventDefinition errorRef='err'/></bpmn:endEvent><bpmn:sequenceFlow id='f' sourceRef='n' targetRef='x'/>",
      "<bpmn:startEvent id='s2'/><bpmn:sequenceFlow id='f' sourceRef='s2' targetRef='n'/><bpmn:task id='n'/>",
      "<bpmn:task id='n'><bpmn:extensionElements><x:y xmlns:x='u' z='1'/></bpmn:extensionElements></bpmn:task>",
      "<bpmn:serviceTask id='n'><bpmn:extensionElements><camunda:connector><camunda:connectorId>c</camunda:connectorId></camunda:connector></bpmn:extensionElements></bpmn:serviceTask>",
    ])
  func runs(_ node: String) {
    #expect(ValidateTests.codes(ValidateTests.through(node, root: Self.error)) == [])
  }

  @Test(
    "what it can not run is an error with a line and a hint",
    arguments: [
      "<bpmn:userTask id='n'/>", "<bpmn:sendTask id='n'/>", "<bpmn:receiveTask id='n'/>", "<bpmn:scriptTask id='n'/>",
      "<bpmn:businessRuleTask id='n'/>", "<bpmn:callActivity id='n'/>", "<bpmn:inclusiveGateway id='n'/>", "<bpmn:complexGateway id='n'/>",
      "<bpmn:eventBasedGateway id='n'/>", "<bpmn:transaction id='n'/>", "<bpmn:adHocSubProcess id='n'/>", "<bpmn:serviceTask id='n'/>",
      "<bpmn:intermediateThrowEvent id='n'/>", "<bpmn:intermediateCatchEvent id='n'/>", "<bpmn:choreographyTask id='n'/>",
      "<bpmn:serviceTask id='n'><bpmn:extensionElements><zeebe:taskDefinition type='w'/></bpmn:extensionElements></bpmn:serviceTask>",
      "<bpmn:task id='n'><bpmn:multiInstanceLoopCharacteristics/></bpmn:task>", "<bpmn:task id='n' isForCompensation='true'/>",
      "<bpmn:task id='n'/><bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:errorEventDefinition/></bpmn:boundaryEvent>",
      "<bpmn:subProcess id='n'/><bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:signalEventDefinition/></bpmn:boundaryEvent>",
      "<bpmn:task id='n'/><bpmn:endEvent id='x'><bpmn:cancelEventDefinition/></bpmn:endEvent><bpmn:sequenceFlow id='f' sourceRef='n' targetRef='x'/>",
      "<bpmn:startEvent id='s2'><bpmn:messageEventDefinition/></bpmn:startEvent><bpmn:task id='n'/>",
    ])
  func refuses(_ node: String) throws {
    let result = readDefinitions(ValidateTests.through(node))
    let findings = validate(try #require(result.definitions)).filter { $0.code == "not-executable" }

    #expect(findings.count == 1)
    #expect(findings.allSatisfy { $0.severity == .error && $0.line > 0 && $0.element != nil && $0.hint?.isEmpty == false })
  }

  @Test("conditions run on flows out of exclusive gateways only")
  func conditions() {
    func codes(_ node: String) -> [String] {
      let flow =
        "<bpmn:endEvent id='e2'/><bpmn:sequenceFlow id='c' sourceRef='n' targetRef='e2'><bpmn:conditionExpression>x</bpmn:conditionExpression></bpmn:sequenceFlow>"
      return ValidateTests.codes(ValidateTests.through(node, more: flow))
    }

    #expect(codes("<bpmn:exclusiveGateway id='n'/>") == [])
    #expect(codes("<bpmn:task id='n'/>") == ["not-executable"])
    #expect(codes("<bpmn:parallelGateway id='n'/>") == ["misplaced-condition"])
  }

  @Test(
    "keys of the original that need what is not there yet are told",
    arguments: ["{service: {host: a, asynchronous: true}}", "{service: {host: a}, kafka_topic: t}"])
  func keys(_ yaml: String) {
    #expect(ValidateTests.codes(ValidateTests.through("<bpmn:serviceTask id='n'/>", more: ValidateTests.note(yaml))) == ["not-executable"])
  }
}
