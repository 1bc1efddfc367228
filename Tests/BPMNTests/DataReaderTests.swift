import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct DataReaderTests {
  @Test("an activity's specification, sets and associations come out typed")
  func activity() throws {
    let node = try Self.node(
      """
      <bpmn:task id="n"><bpmn:ioSpecification><bpmn:dataInput id="i" name="amount" isCollection="true" itemSubjectRef="bpmn:item"><bpmn:dataState name="fresh"/></bpmn:dataInput>
      <bpmn:dataOutput id="o"/><bpmn:inputSet id="is"><bpmn:dataInputRefs> i </bpmn:dataInputRefs><bpmn:optionalInputRefs>i</bpmn:optionalInputRefs><bpmn:outputSetRefs>os</bpmn:outputSetRefs></bpmn:inputSet>
      <bpmn:outputSet id="os"><bpmn:dataOutputRefs>o</bpmn:dataOutputRefs></bpmn:outputSet></bpmn:ioSpecification>
      <bpmn:property id="p1" name="count"/>
      <bpmn:dataInputAssociation><bpmn:sourceRef>a</bpmn:sourceRef><bpmn:sourceRef>b</bpmn:sourceRef><bpmn:targetRef>i</bpmn:targetRef><bpmn:transformation>a + b</bpmn:transformation></bpmn:dataInputAssociation>
      <bpmn:dataOutputAssociation><bpmn:targetRef>a</bpmn:targetRef><bpmn:assignment><bpmn:from>1</bpmn:from><bpmn:to>x</bpmn:to></bpmn:assignment></bpmn:dataOutputAssociation></bpmn:task>
      """)

    let data = try #require(node.data)
    let input = try #require(data.specification?.inputs.first)
    #expect([input.id, input.variable, input.itemRef, input.state] == ["i", "amount", "item", "fresh"])
    #expect(input.isCollection)
    #expect(data.specification?.outputs.map(\.variable) == ["o"])
    #expect(data.specification?.inputSets.map(\.items) == [["i"]])
    #expect(data.specification?.inputSets.map(\.optional) == [["i"]])
    #expect(data.specification?.inputSets.map(\.partners) == [["os"]])
    #expect(data.properties.map(\.variable) == ["count"])
    #expect(data.inputAssociations.map(\.sources) == [["a", "b"]])
    #expect(data.inputAssociations.map(\.target) == ["i"])
    #expect(data.inputAssociations[0].transformation?.text == "a + b")
    #expect(data.outputAssociations[0].assignments.map(\.from.text) == ["1"])
    #expect(data.outputAssociations[0].assignments.map(\.to.text) == ["x"])
  }

  @Test("an event holds its inputs, outputs and sets itself")
  func event() throws {
    let node = try Self.node(
      "<bpmn:endEvent id='n'><bpmn:dataInput id='i'/><bpmn:dataInputAssociation><bpmn:targetRef>i</bpmn:targetRef></bpmn:dataInputAssociation><bpmn:inputSet id='s'/></bpmn:endEvent>"
    )

    #expect(node.data?.specification?.inputs.map(\.id) == ["i"])
    #expect(node.data?.specification?.inputSets.map(\.id) == ["s"])
    #expect(node.data?.specification?.element == nil)
    #expect(node.data?.inputAssociations.count == 1)
  }

  @Test("a node that says nothing of data has none")
  func none() throws {
    #expect(try Self.node("<bpmn:task id='n'/>").data == nil)
  }

  @Test("data of a process and of a subprocess lies in its scope")
  func scopes() throws {
    let process = try readDefinitions(
      model(
        """
        <bpmn:ioSpecification><bpmn:dataInput id="pi"/><bpmn:inputSet/><bpmn:outputSet/></bpmn:ioSpecification><bpmn:property id="pp"/>
        <bpmn:dataObject id="d" name="order"><bpmn:dataState name="new"/></bpmn:dataObject><bpmn:dataObjectReference id="dr" dataObjectRef="d"/>
        <bpmn:dataStoreReference id="sr" dataStoreRef="store"/>
        <bpmn:subProcess id="n"><bpmn:property id="sp"/><bpmn:ioSpecification><bpmn:dataOutput id="so"/></bpmn:ioSpecification></bpmn:subProcess>
        """)
    ).process

    #expect(process.content.ioSpecification?.inputs.map(\.id) == ["pi"])
    #expect(process.content.properties.map(\.id) == ["pp"])
    #expect(process.content.dataObjects.map(\.variable) == ["order"])
    #expect(process.content.dataObjects.map(\.state) == ["new"])
    #expect(process.content.dataReferences.map(\.target) == ["d", "store"])
    #expect(process.content.nodes[0].content?.properties.map(\.id) == ["sp"])
    #expect(process.content.nodes[0].data?.specification?.outputs.map(\.id) == ["so"])
    #expect(process.content.nodes[0].data?.properties == [])
  }

  static func node(_ xml: String, root: String = "") throws -> FlowNode {
    let process = try readDefinitions(model(xml, root: root)).process
    return try #require(process.content.node("n"))
  }
}
