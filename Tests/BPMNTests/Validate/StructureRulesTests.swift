import FlowBPMN
import FlowBPMNRead
import Testing

/// What the specification itself asks of events, gateways, links, compensation and data, in any dialect.
@Suite struct StructureRulesTests {
  private static let root =
    "<bpmn:message id='m' name='M'/><bpmn:signal id='sig' name='S'/><bpmn:signalEventDefinition id='def' signalRef='sig'/>"

  private func codes(_ body: String, more: String = "") -> [String] {
    ValidateTests.codes(ValidateTests.through(body, more: more, root: Self.root))
  }

  private func catching(_ id: String, _ definition: String = "<bpmn:signalEventDefinition signalRef='sig'/>") -> String {
    "<bpmn:intermediateCatchEvent id='\(id)'>\(definition)</bpmn:intermediateCatchEvent>"
  }

  private func flow(_ source: String, _ target: String) -> String {
    "<bpmn:sequenceFlow id='\(source)-\(target)' sourceRef='\(source)' targetRef='\(target)'/>"
  }

  @Test("an event-based gateway waits for two events or more")
  func eventGateway() {
    func gateway(_ targets: String, _ flows: String) -> [String] {
      ValidateTests.codes(
        model(
          "<bpmn:startEvent id='s'/><bpmn:eventBasedGateway id='g'/>\(flow("s", "g"))<bpmn:endEvent id='e'/>" + targets + flows,
          root: Self.root))
    }
    let two = catching("a") + "<bpmn:receiveTask id='b' messageRef='m'/>"
    let flows = flow("g", "a") + flow("g", "b") + flow("a", "e") + flow("b", "e")

    #expect(gateway(two, flows) == [])
    #expect(gateway(catching("a"), flow("g", "a") + flow("a", "e")) == ["event-gateway-flows"])
    #expect(gateway(catching("a") + "<bpmn:task id='b'/>", flows) == ["event-gateway-target"])
    #expect(gateway(two + "<bpmn:startEvent id='s2'/>", flows + flow("s2", "a")) == ["event-gateway-target"])
  }

  @Test("the first event of a gateway that begins instances needs no key, the others of a parallel one do")
  func instantiatingGateway() {
    func codes(_ kind: String) -> [String] {
      let zeebe = "<bpmn:extensionElements><zeebe:properties/></bpmn:extensionElements>"
      let nodes =
        "<bpmn:eventBasedGateway id='g' instantiate='true' eventGatewayType='\(kind)'/><bpmn:endEvent id='e'>\(zeebe)</bpmn:endEvent>"
        + catching("a", "<bpmn:messageEventDefinition messageRef='m'/>") + "<bpmn:receiveTask id='b' messageRef='m'/>"
      return ValidateTests.codes(model(nodes + flow("g", "a") + flow("g", "b") + flow("a", "e") + flow("b", "e"), root: Self.root))
    }

    #expect(codes("Exclusive") == [])
    #expect(codes("Parallel") == ["correlation-key-missing", "correlation-key-missing"])
  }

  @Test("links have one target each, and no flows where the link leads")
  func links() {
    func link(_ kind: String, _ id: String, _ name: String) -> String {
      "<bpmn:\(kind) id='\(id)'><bpmn:linkEventDefinition name='\(name)'/></bpmn:\(kind)>"
    }
    func codes(_ nodes: String, _ flows: String) -> [String] {
      ValidateTests.codes(model("<bpmn:startEvent id='s'/><bpmn:endEvent id='e'/>" + nodes + flows))
    }
    let source = link("intermediateThrowEvent", "t", "L")
    let target = link("intermediateCatchEvent", "c", "L")
    let flows = flow("s", "t") + flow("c", "e")

    #expect(codes(source + target, flows) == [])
    #expect(codes(source, flow("s", "t")).contains("link-without-target"))
    #expect(codes(source + target + link("intermediateCatchEvent", "d", "L"), flows + flow("d", "e")) == ["duplicate-link"])
    #expect(codes(source + target, flows + flow("t", "e")) == ["link-with-flow"])
    #expect(codes(source + link("intermediateCatchEvent", "c", ""), flows) == ["link-without-name", "link-without-target"])
  }

  @Test("compensation leads by an association to a handler without flows")
  func compensation() {
    let boundary = "<bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>"
    let handler = "<bpmn:task id='h' isForCompensation='true'/>"
    let association = "<bpmn:association id='as' sourceRef='b' targetRef='h'/>"
    let task = "<bpmn:task id='n'/>"

    #expect(codes(task + boundary + handler + association) == [])
    #expect(codes(task + boundary) == ["compensation-handler"])
    #expect(codes(task + boundary + "<bpmn:task id='h'/>" + association).contains("compensation-handler"))
    #expect(codes(task + boundary + handler + association, more: flow("h", "e")) == ["compensation-with-flow"])
    #expect(codes(task + boundary + handler, more: flow("b", "e")) == ["compensation-unused", "compensation-with-flow"])
    #expect(
      codes("<bpmn:intermediateThrowEvent id='n'><bpmn:compensateEventDefinition activityRef='nobody'/></bpmn:intermediateThrowEvent>")
        == ["dangling-reference"])
  }

  @Test("cancel events belong to transactions")
  func cancel() {
    let end =
      "<bpmn:endEvent id='x'><bpmn:cancelEventDefinition/></bpmn:endEvent><bpmn:startEvent id='y'/><bpmn:sequenceFlow id='z' sourceRef='y' targetRef='x'/>"
    let boundary = "<bpmn:boundaryEvent id='b' attachedToRef='n'><bpmn:cancelEventDefinition/></bpmn:boundaryEvent>"

    #expect(codes("<bpmn:transaction id='n'>\(end)</bpmn:transaction>\(boundary)") == [])
    #expect(codes("<bpmn:subProcess id='n'>\(end)</bpmn:subProcess>") == ["cancel-outside-transaction"])
    #expect(codes("<bpmn:subProcess id='n'><bpmn:startEvent id='y'/></bpmn:subProcess>\(boundary)") == ["cancel-outside-transaction"])
  }

  @Test("what an event refers to counts as its own")
  func references() {
    #expect(codes(catching("n", "<bpmn:eventDefinitionRef>def</bpmn:eventDefinitionRef>")) == [])
    #expect(codes(catching("n", "<bpmn:eventDefinitionRef>nothing</bpmn:eventDefinitionRef>")) == ["dangling-reference"])
    #expect(codes(catching("n", "")) == ["event-without-definition"])
    #expect(codes(catching("n", "<bpmn:terminateEventDefinition/>")) == ["misplaced-event-definition"])
  }

  @Test(
    "quantities, loops and their behaviour make sense",
    arguments: [
      ("<bpmn:task id='n' startQuantity='0'/>", ["quantity"]), ("<bpmn:task id='n' completionQuantity='2'/>", []),
      ("<bpmn:task id='n'><bpmn:standardLoopCharacteristics loopMaximum='x'/></bpmn:task>", ["loop-maximum"]),
      (
        "<bpmn:task id='n'><bpmn:multiInstanceLoopCharacteristics behavior='One' oneBehaviorEventRef='def'><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
        []
      ),
      (
        "<bpmn:task id='n'><bpmn:multiInstanceLoopCharacteristics behavior='None'><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
        ["loop-behavior"]
      ),
      (
        "<bpmn:task id='n'><bpmn:multiInstanceLoopCharacteristics behavior='Complex'><bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>",
        ["loop-behavior"]
      ),
      ("<bpmn:adHocSubProcess id='n'/>", ["adhoc-content"]),
      ("<bpmn:adHocSubProcess id='n'><bpmn:task id='i'/><bpmn:endEvent id='j'/></bpmn:adHocSubProcess>", ["adhoc-content"]),
    ])
  func loops(_ node: String, _ expected: [String]) {
    #expect(codes(node) == expected)
  }

  @Test("a conditional event has a condition, and a default flow has none")
  func conditions() {
    let flows =
      "<bpmn:sequenceFlow id='d' sourceRef='n' targetRef='e2'><bpmn:conditionExpression>x</bpmn:conditionExpression></bpmn:sequenceFlow>"
    let condition =
      "<bpmn:sequenceFlow id='c' sourceRef='n' targetRef='e3'><bpmn:conditionExpression>y</bpmn:conditionExpression></bpmn:sequenceFlow>"
    let ends = "<bpmn:startEvent id='s'/><bpmn:endEvent id='e2'/><bpmn:endEvent id='e3'/>" + flow("s", "n")

    #expect(codes(catching("n", "<bpmn:conditionalEventDefinition/>")) == ["condition-missing"])
    for kind in ["exclusiveGateway", "inclusiveGateway"] {
      #expect(ValidateTests.codes(model(ends + "<bpmn:\(kind) id='n' default='d'/>" + flows + condition)) == ["default-with-condition"])
    }
  }

  @Test("data and correlation name what is there")
  func data() {
    let task =
      "<bpmn:task id='n'><bpmn:dataInputAssociation><bpmn:sourceRef>d</bpmn:sourceRef><bpmn:targetRef>gone</bpmn:targetRef></bpmn:dataInputAssociation></bpmn:task>"
    let subscription = "<bpmn:correlationSubscription id='cs' correlationKeyRef='gone'/>"

    #expect(codes(task + "<bpmn:dataObject id='d'/>") == ["dangling-data"])
    #expect(codes("<bpmn:task id='n'/><bpmn:dataObjectReference id='r' dataObjectRef='gone'/>") == ["dangling-data"])
    #expect(codes(subscription + "<bpmn:task id='n'/>") == ["dangling-reference"])
  }

  @Test("an inclusive gateway that always takes a flow is warned of, and refused in Zeebe's dialect")
  func inclusive() throws {
    let two = "<bpmn:inclusiveGateway id='n'/>\(flow("n", "e2"))<bpmn:endEvent id='e2'/>"
    let zeebe =
      "<bpmn:task id='z'><bpmn:extensionElements><zeebe:properties/></bpmn:extensionElements></bpmn:task>" + flow("s", "z") + flow("z", "e")
    func severities(_ body: String) throws -> [Finding.Severity] {
      validate(try #require(readDefinitions(ValidateTests.through(body)).definitions)).map(\.severity)
    }

    #expect(try severities(two) == [.warning])
    #expect(try severities(two + zeebe) == [.error])
  }
}
