import FlowBPMN
import FlowBPMNRead
import Testing

/// What the specification has beside flows and gateways: loops, roles, global tasks, event definitions that are referred to.
@Suite struct ElementReaderTests {
  @Test("a multi-instance activity's data and behaviour come out typed")
  func multiInstance() throws {
    let node = try DataReaderTests.node(
      """
      <bpmn:task id="n"><bpmn:multiInstanceLoopCharacteristics isSequential="true" behavior="Complex" oneBehaviorEventRef="bpmn:one" noneBehaviorEventRef="none" camunda:collection="items" camunda:elementVariable="item">
      <bpmn:loopCardinality>3</bpmn:loopCardinality><bpmn:loopDataInputRef>in</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>out</bpmn:loopDataOutputRef>
      <bpmn:inputDataItem id="x" name="item"/><bpmn:outputDataItem id="y"/>
      <bpmn:complexBehaviorDefinition><bpmn:condition>n > 1</bpmn:condition><bpmn:event id="t"><bpmn:signalEventDefinition signalRef="s"/></bpmn:event></bpmn:complexBehaviorDefinition>
      </bpmn:multiInstanceLoopCharacteristics></bpmn:task>
      """)

    guard case .multiInstance(let loop) = node.loop else { throw NoProcess(findings: []) }
    #expect(loop.isSequential)
    #expect(loop.behavior == .complex)
    #expect(loop.cardinality?.text == "3")
    #expect([loop.oneBehaviorEventRef, loop.noneBehaviorEventRef] == ["one", "none"])
    #expect([loop.loopDataInputRef, loop.loopDataOutputRef] == ["in", "out"])
    #expect([loop.inputDataItem?.variable, loop.outputDataItem?.variable] == ["item", "y"])
    #expect(loop.complexBehaviors.map(\.condition?.text) == ["n > 1"])
    #expect(loop.complexBehaviors[0].event?.eventDefinitions == [.signal(ref: "s")])
    #expect([loop.camunda?.collection, loop.camunda?.elementVariable] == ["items", "item"])
    #expect(loop.others.isEmpty)
  }

  @Test("a standard loop's bound is a number, or below zero when it is none", arguments: [("3", 3), ("x", -1)])
  func standardLoop(_ text: String, _ maximum: Int) throws {
    let node = try DataReaderTests.node(
      "<bpmn:task id='n'><bpmn:standardLoopCharacteristics testBefore='true' loopMaximum='\(text)'/></bpmn:task>")

    guard case .standard(let loop) = node.loop else { throw NoProcess(findings: []) }
    #expect(loop.testBefore)
    #expect(loop.maximum == maximum)
  }

  @Test("quantities of an activity are 1 unless it says otherwise")
  func quantities() throws {
    let plain = try DataReaderTests.node("<bpmn:task id='n'/>")
    let node = try DataReaderTests.node("<bpmn:task id='n' startQuantity='2' completionQuantity='x' isForCompensation='1'/>")

    #expect([plain.startQuantity, plain.completionQuantity] == [1, 1])
    #expect([node.startQuantity, node.completionQuantity] == [2, 0])
    #expect(node.isForCompensation)
  }

  @Test("roles name a resource with bindings, or an expression")
  func roles() throws {
    let node = try DataReaderTests.node(
      """
      <bpmn:userTask id="n"><bpmn:potentialOwner id="o"><bpmn:resourceRef>r</bpmn:resourceRef><bpmn:resourceParameterBinding parameterRef="q"><bpmn:formalExpression>"x"</bpmn:formalExpression></bpmn:resourceParameterBinding></bpmn:potentialOwner>
      <bpmn:humanPerformer><bpmn:resourceAssignmentExpression><bpmn:formalExpression>user(kermit)</bpmn:formalExpression></bpmn:resourceAssignmentExpression></bpmn:humanPerformer></bpmn:userTask>
      """)

    #expect(node.resources.map(\.kind) == [.potentialOwner, .humanPerformer])
    #expect(node.resources[0].resourceRef == "r")
    #expect(node.resources[0].bindings.map(\.parameterRef) == ["q"])
    #expect(node.resources[0].bindings.map(\.expression.text) == ["\"x\""])
    #expect(node.resources[1].assignment?.text == "user(kermit)")
  }

  @Test(
    "global tasks are callable and read as the task that they are",
    arguments: [
      ("globalTask", "task"), ("globalUserTask", "userTask"), ("globalManualTask", "manualTask"), ("globalScriptTask", "scriptTask"),
      ("globalBusinessRuleTask", "businessRuleTask"),
    ])
  func globalTasks(_ name: String, _ kind: String) throws {
    let root =
      "<bpmn:\(name) id='g' name='G' scriptLanguage='feel'><bpmn:ioSpecification><bpmn:dataInput id='i'/></bpmn:ioSpecification><bpmn:script>1</bpmn:script></bpmn:\(name)>"
    let definitions = try #require(readDefinitions(model("", root: root)).definitions)

    guard case .globalTask(let task) = definitions.callable("g") else { throw NoProcess(findings: []) }
    #expect(task.node.kind.elementName == kind)
    #expect(task.name == "G")
    #expect(task.ioSpecification?.inputs.map(\.id) == ["i"])
    if case .scriptTask(let script) = task.node.kind {
      #expect(script.scriptFormat == "feel")
      #expect(script.script?.text == "1")
    }
    guard case .process = definitions.callable("p") else { throw NoProcess(findings: []) }
    #expect(definitions.callable("nobody") == nil)
  }

  @Test("a referred event definition is resolved in its place")
  func resolved() throws {
    let root =
      "<bpmn:signal id='s'/><bpmn:timerEventDefinition id='t'><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"
    let event =
      "<bpmn:intermediateCatchEvent id='n' parallelMultiple='true'><bpmn:signalEventDefinition signalRef='s'/><bpmn:eventDefinitionRef>t</bpmn:eventDefinitionRef><bpmn:eventDefinitionRef>nothing</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>"
    let definitions = try #require(readDefinitions(model(event, root: root)).definitions)
    let node = try #require(definitions.processes[0].content.node("n"))

    #expect(definitions.resolvedDefinitions(of: node).map(\.elementName) == ["signalEventDefinition", "timerEventDefinition"])
    #expect(node.eventDefinitions.count == 3)
  }

  @Test("an ad-hoc subprocess says how it runs")
  func adHoc() throws {
    let node = try DataReaderTests.node(
      """
      <bpmn:adHocSubProcess id="n" ordering="Sequential" cancelRemainingInstances="false"><bpmn:extensionElements><zeebe:adHoc activeElementsCollection="=ids" outputCollection="r" outputElement="=x"/></bpmn:extensionElements>
      <bpmn:task id="t"/><bpmn:completionCondition>done</bpmn:completionCondition></bpmn:adHocSubProcess>
      """)

    guard case .subProcess(let subProcess) = node.kind, case .adHoc(let adHoc) = subProcess.kind else { throw NoProcess(findings: []) }
    #expect(adHoc.ordering == .sequential)
    #expect(!adHoc.cancelRemainingInstances)
    #expect(adHoc.completion?.text == "done")
    #expect(node.zeebe?.adHoc?.activeElementsCollection == "=ids")
    #expect(node.zeebe?.adHoc?.outputCollection == "r")
  }

  @Test("conditions know which variables they watch, in both dialects")
  func conditionalFilter() throws {
    func definition(_ attributes: String, _ inner: String) throws -> ConditionalDefinition {
      let node = try DataReaderTests.node(
        "<bpmn:intermediateCatchEvent id='n'><bpmn:conditionalEventDefinition \(attributes)>\(inner)<bpmn:condition>x > 1</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>"
      )
      guard case .conditional(let definition) = node.eventDefinitions.first else { throw NoProcess(findings: []) }
      return definition
    }
    let filter =
      "<bpmn:extensionElements><zeebe:conditionalFilter variableNames='a, b' variableEvents='create, update'/></bpmn:extensionElements>"

    let zeebe = try definition("", filter)
    let camunda = try definition("camunda:variableName='c' camunda:variableEvents='delete'", "")

    #expect(zeebe.condition?.text == "x > 1")
    #expect(zeebe.variableNames == ["a", "b"])
    #expect(zeebe.changes == [.create, .update])
    #expect(camunda.variableNames == ["c"])
    #expect(camunda.changes == [.delete])
  }
}
