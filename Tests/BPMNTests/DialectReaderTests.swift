import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct DialectReaderTests {
  @Test("what a message event does may be said on its definition")
  func messageEvent() throws {
    let node = try DataReaderTests.node(
      """
      <bpmn:endEvent id="n"><bpmn:messageEventDefinition messageRef="m"><bpmn:extensionElements><zeebe:taskDefinition type="send"/>
      <zeebe:publishMessage correlationKey="=key" messageId="=id" timeToLive="PT1H"/></bpmn:extensionElements></bpmn:messageEventDefinition></bpmn:endEvent>
      """)

    #expect(node.zeebe?.taskDefinition?.type == "send")
    #expect(node.zeebe?.publishMessage?.correlationKey == "=key")
    #expect(node.zeebe?.publishMessage?.messageID == "=id")
    #expect(node.zeebe?.publishMessage?.timeToLive == "PT1H")
  }

  @Test("linked resources, listeners, forms and bindings come out typed")
  func zeebe() throws {
    let process = try readDefinitions(
      model(
        """
        <bpmn:extensionElements><zeebe:versionTag value="v1"/><zeebe:userTaskForm id="f">{"components":[]}</zeebe:userTaskForm></bpmn:extensionElements>
        <bpmn:serviceTask id="n"><bpmn:extensionElements><zeebe:linkedResources><zeebe:linkedResource resourceId="r" resourceType="RPA" linkName="l" bindingType="versionTag" versionTag="v2"/></zeebe:linkedResources>
        <zeebe:executionListeners><zeebe:executionListener eventType="start" type="l"/></zeebe:executionListeners><zeebe:taskListeners><zeebe:taskListener eventType="complete" type="l"/><zeebe:taskListener eventType="never" type="l"/></zeebe:taskListeners></bpmn:extensionElements></bpmn:serviceTask>
        """)
    ).process
    let node = try #require(process.content.node("n")?.zeebe)

    #expect(process.versionTag == "v1")
    #expect(process.zeebe?.forms == [ZeebeEmbeddedForm(id: "f", json: "{\"components\":[]}")])
    #expect(node.linkedResources.map(\.resourceID) == ["r"])
    #expect(ZeebeBinding(type: node.linkedResources[0].bindingType) == .versionTag)
    #expect(ZeebeBinding(type: nil) == .latest)
    #expect(ZeebeBinding(type: "x") == nil)
    #expect(node.executionListeners.map(\.event) == [.start])
    #expect(node.taskListeners.map(\.event) == [.completing, nil])
  }

  @Test("Camunda's words that mean the same here come out typed")
  func camunda() throws {
    let process = try readDefinitions(
      model(
        """
        <bpmn:serviceTask id="n" camunda:type="external" camunda:topic="work" camunda:resultVariable="r"/>
        <bpmn:userTask id="u" camunda:assignee="kermit" camunda:candidateGroups="frogs, pigs" camunda:formKey="f"/>
        <bpmn:callActivity id="c" calledElement="other" camunda:calledElementBinding="versionTag" camunda:calledElementVersionTag="v"><bpmn:extensionElements><camunda:in variables="all"/><camunda:in source="a" target="b"/><camunda:out sourceExpression="${x}" target="y"/></bpmn:extensionElements></bpmn:callActivity>
        <bpmn:boundaryEvent id="b" attachedToRef="n"><bpmn:errorEventDefinition camunda:errorCodeVariable="code"/></bpmn:boundaryEvent><bpmn:task id="t"/>
        """, attributes: "isExecutable=\"true\" camunda:versionTag=\"1.2\"")
    ).process
    let nodes = process.content

    #expect(process.dialects.camunda)
    #expect(process.versionTag == "1.2")
    #expect(nodes.node("n")?.camunda?.task?.isExternal == true)
    #expect(nodes.node("n")?.camunda?.task?.topic == "work")
    #expect(nodes.node("n")?.camunda?.call == nil)
    #expect(nodes.node("u")?.camunda?.userTask?.assignee == "kermit")
    #expect(nodes.node("u")?.camunda?.userTask?.candidateGroups == "frogs, pigs")
    #expect(nodes.node("c")?.camunda?.call?.binding == .versionTag)
    #expect(nodes.node("c")?.camunda?.call?.inputs.map(\.isAll) == [true, false])
    #expect(nodes.node("c")?.camunda?.call?.outputs.map(\.sourceExpression) == ["${x}"])
    #expect(nodes.node("b")?.camunda?.caught?.errorCodeVariable == "code")
    #expect(nodes.node("t")?.camunda == nil)
  }

  @Test("a process whose message has Zeebe's key speaks Zeebe's dialect")
  func dialectOfMessages() throws {
    let root =
      "<bpmn:message id='m' name='m'><bpmn:extensionElements><zeebe:subscription correlationKey='=k'/></bpmn:extensionElements></bpmn:message>"
    let event = "<bpmn:intermediateCatchEvent id='n'><bpmn:messageEventDefinition messageRef='m'/></bpmn:intermediateCatchEvent>"

    #expect(try readDefinitions(model(event, root: root)).process.dialects.zeebe)
    #expect(try !readDefinitions(model("<bpmn:task id='n'/>", root: root)).process.dialects.zeebe)
  }
}
