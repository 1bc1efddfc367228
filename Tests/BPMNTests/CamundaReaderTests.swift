import FlowBPMN
import FlowBPMNRead
import FlowCore
import Testing

@Suite struct CamundaReaderTests {
  private func parameters(_ text: String) throws -> ClosureParameter {
    let process = try readDefinitions(
      model(
        """
        <bpmn:serviceTask id="t"><bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name="x">\(text)</camunda:inputParameter>
        </camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>
        """)
    ).process
    return try #require(process.content.node("t")?.camunda?.inputs.first)
  }

  @Test("a declaration has a variable, a type and a default")
  func declaration() throws {
    let parameter = try parameters("number: INTEGER\ndefault: 1")

    #expect(parameter.name == "x")
    #expect(parameter.variable == "number")
    #expect(parameter.type == .integer)
    #expect(parameter.defaultValue == 1)
    #expect(parameter.problem == nil)
  }

  @Test("a missing type is an object, and a default that is no JSON is a text")
  func lenient() throws {
    #expect(try parameters("person").type == .jsonObject)
    #expect(try parameters("p: STRING\ndefault: \"hong\"").defaultValue == "hong")
    #expect(try parameters("p: STRING\ndefault: hong").defaultValue == "hong")
  }

  @Test("what is no declaration says why", arguments: ["", "a: NOTHING", ": STRING", "a: STRING\nother"])
  func problems(_ text: String) throws {
    #expect(try parameters(text).problem != nil)
  }

  @Test("a connector names the service")
  func connector() throws {
    let body =
      "<bpmn:serviceTask id='t'><bpmn:extensionElements><camunda:connector><camunda:connectorId> calc </camunda:connectorId></camunda:connector>"
      + "</bpmn:extensionElements></bpmn:serviceTask>"

    #expect(try readDefinitions(model(body)).process.content.node("t")?.camunda?.connectorID == "calc")
  }

  @Test("Zeebe's task definition, mappings and headers are read")
  func zeebe() throws {
    let body = """
      <bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition type="w" retries="5"/>
      <zeebe:ioMapping><zeebe:input source="=a" target="b"/><zeebe:output source="=c" target="d"/></zeebe:ioMapping>
      <zeebe:taskHeaders><zeebe:header key="k" value="v"/></zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>
      """
    let process = try readDefinitions(model(body)).process
    let zeebe = try #require(process.content.node("t")?.zeebe)

    #expect(process.dialects.zeebe)
    #expect(zeebe.taskDefinition == ZeebeTaskDefinition(type: "w", retries: "5"))
    #expect(zeebe.inputs.map(\.target) == ["b"])
    #expect(zeebe.outputs.map(\.source) == ["=c"])
    #expect(zeebe.headers == [ZeebeHeader(key: "k", value: "v")])
  }
}
