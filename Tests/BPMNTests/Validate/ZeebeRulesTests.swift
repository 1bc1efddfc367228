import FlowBPMN
import FlowBPMNRead
import Testing

/// What Zeebe's own deployment refuses is refused in its dialect, and only there where BPMN allows it.
@Suite struct ZeebeRulesTests {
  private static let root = """
    <bpmn:message id="m" name="M"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>
    <bpmn:message id="keyless" name="K"/><bpmn:message id="nameless"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>
    <bpmn:signal id="sig" name="S"/><bpmn:signal id="nosig"/><bpmn:error id="err" errorCode="E"/><bpmn:error id="again" errorCode="E"/>
    <bpmn:error id="noerr"/><bpmn:error id="dynamic" errorCode="=code"/><bpmn:escalation id="esc" escalationCode="X"/><bpmn:escalation id="noesc"/>
    """
  /// Makes any process one of Zeebe's dialect.
  private static let job =
    "<bpmn:extensionElements><zeebe:properties><zeebe:property name='a' value='b'/></zeebe:properties></bpmn:extensionElements>"

  private func codes(_ body: String, zeebe: Bool = true) -> [String] {
    ValidateTests.codes(ValidateTests.through(body, more: zeebe ? "" : "", root: Self.root).marked(zeebe))
  }

  private func event(_ kind: String, _ definition: String, _ attributes: String = "") -> String {
    "<bpmn:\(kind) id='n' \(attributes)>\(definition)</bpmn:\(kind)>"
  }

  @Test(
    "tasks say who does their work",
    arguments: [
      ("<bpmn:serviceTask id='n'/>", ["task-type-missing"]), ("<bpmn:sendTask id='n'/>", ["task-type-missing"]),
      ("<bpmn:sendTask id='n' messageRef='m'/>", ["task-type-missing"]), ("<bpmn:scriptTask id='n'/>", ["task-type-missing"]),
      ("<bpmn:businessRuleTask id='n'/>", ["task-type-missing"]), ("<bpmn:callActivity id='n'/>", ["called-element-missing"]),
      ("<bpmn:serviceTask id='n'>[<zeebe:taskDefinition type=''/>]</bpmn:serviceTask>", ["missing-attribute"]),
      ("<bpmn:serviceTask id='n'>[<zeebe:taskDefinition type='a' retries='x'/>]</bpmn:serviceTask>", ["retries"]),
      ("<bpmn:serviceTask id='n'>[<zeebe:taskDefinition type='a' retries='=n'/>]</bpmn:serviceTask>", []),
      ("<bpmn:scriptTask id='n'>[<zeebe:script expression='=1'/>]</bpmn:scriptTask>", ["missing-attribute"]),
      (
        "<bpmn:scriptTask id='n'>[<zeebe:script expression='=1' resultVariable='r'/><zeebe:taskDefinition type='a'/>]</bpmn:scriptTask>",
        ["task-type-ambiguous"]
      ),
      ("<bpmn:businessRuleTask id='n'>[<zeebe:calledDecision decisionId='d' resultVariable='r'/>]</bpmn:businessRuleTask>", []),
      ("<bpmn:businessRuleTask id='n'>[<zeebe:calledDecision decisionId='d'/>]</bpmn:businessRuleTask>", ["missing-attribute"]),
      ("<bpmn:sendTask id='n' messageRef='m'>[<zeebe:publishMessage correlationKey='=k'/>]</bpmn:sendTask>", []),
      ("<bpmn:callActivity id='n'>[<zeebe:calledElement processId='q' bindingType='never'/>]</bpmn:callActivity>", ["binding"]),
      ("<bpmn:callActivity id='n'>[<zeebe:calledElement processId='q' bindingType='versionTag'/>]</bpmn:callActivity>", ["binding"]),
      ("<bpmn:callActivity id='n'>[<zeebe:calledElement processId='q' bindingType='deployment'/>]</bpmn:callActivity>", []),
    ])
  func tasks(_ task: String, _ expected: [String]) {
    #expect(codes(task.extended) == expected)
  }

  @Test(
    "user tasks have one form, a priority that counts and dates that can be read",
    arguments: [
      ("<zeebe:userTask/><zeebe:formDefinition formId='f'/>", []),
      ("<zeebe:userTask/><zeebe:formDefinition formKey='f'/>", ["user-task-form"]),
      ("<zeebe:formDefinition formKey='f'/>", []), ("<zeebe:formDefinition formKey='f' formId='g'/>", ["user-task-form"]),
      ("<zeebe:formDefinition/>", ["user-task-form"]), ("<zeebe:priorityDefinition priority='101'/>", ["user-task-priority"]),
      ("<zeebe:priorityDefinition priority='=p'/>", []), ("<zeebe:taskSchedule dueDate='soon'/>", ["user-task-date"]),
      ("<zeebe:taskSchedule dueDate='2030-01-01T10:00:00Z' followUpDate='=now()'/>", []),
      ("<zeebe:assignmentDefinition candidateGroups='1,,'/>", ["user-task-candidates"]),
      ("<zeebe:assignmentDefinition candidateUsers='a, b'/>", []), ("<zeebe:assignmentDefinition candidateUsers='=names'/>", []),
      ("<zeebe:taskHeaders><zeebe:header key='io.camunda.zeebe:x' value='1'/></zeebe:taskHeaders>", ["header-reserved"]),
      ("<zeebe:taskListeners><zeebe:taskListener eventType='completing' type='a'/></zeebe:taskListeners>", []),
      ("<zeebe:taskListeners><zeebe:taskListener eventType='start' type='a'/></zeebe:taskListeners>", ["listener"]),
      ("<zeebe:executionListeners><zeebe:executionListener eventType='start' type=''/></zeebe:executionListeners>", ["listener"]),
      (
        "<zeebe:executionListeners><zeebe:executionListener eventType='end' type='a'/><zeebe:executionListener eventType='end' type='a'/></zeebe:executionListeners>",
        ["listener"]
      ),
      (
        "<zeebe:executionListeners><zeebe:executionListener eventType='end' type='a' retries='-1'/></zeebe:executionListeners>", ["retries"]
      ),
    ])
  func userTasks(_ extensions: String, _ expected: [String]) {
    #expect(codes("<bpmn:userTask id='n'>[\(extensions)]</bpmn:userTask>".extended) == expected)
  }

  @Test(
    "messages are named and have a key where one waits for them",
    arguments: [
      ("m", []), ("keyless", ["correlation-key-missing"]), ("nameless", ["message-name-missing"]), ("nothing", ["dangling-reference"]),
      ("", ["message-missing"]),
    ])
  func messages(_ reference: String, _ expected: [String]) {
    let definition = "<bpmn:messageEventDefinition messageRef='\(reference)'/>"

    #expect(codes("<bpmn:receiveTask id='n' messageRef='\(reference)'/>") == expected)
    if !reference.isEmpty { #expect(codes(event("intermediateCatchEvent", definition)) == expected) }
    #expect(
      codes(
        "<bpmn:startEvent id='s2'>\(definition)</bpmn:startEvent><bpmn:sequenceFlow id='f2' sourceRef='s2' targetRef='n'/><bpmn:task id='n'/>"
      ).contains("correlation-key-missing") == false)
  }

  @Test("outside of Zeebe's dialect a message needs no key")
  func keylessElsewhere() {
    #expect(codes("<bpmn:receiveTask id='n' messageRef='keyless'/>", zeebe: false) == [])
    #expect(codes("<bpmn:receiveTask id='n'/>", zeebe: false) == ["message-missing"])
  }

  @Test(
    "signals have names, errors and escalations codes",
    arguments: [
      ("<bpmn:signalEventDefinition signalRef='sig'/>", []), ("<bpmn:signalEventDefinition/>", ["signal-missing"]),
      ("<bpmn:signalEventDefinition signalRef='nosig'/>", ["signal-name-missing"]),
      ("<bpmn:escalationEventDefinition escalationRef='esc'/>", []), ("<bpmn:escalationEventDefinition/>", ["escalation-missing"]),
      ("<bpmn:escalationEventDefinition escalationRef='noesc'/>", ["escalation-code-missing"]),
    ])
  func names(_ definition: String, _ expected: [String]) {
    #expect(codes(event("intermediateThrowEvent", definition)) == expected)
  }

  @Test(
    "boundary events catch what an activity does, once, and errors interrupt",
    arguments: [
      (["<bpmn:errorEventDefinition errorRef='err'/>"], "", []), (["<bpmn:errorEventDefinition/>"], "", []),
      (["<bpmn:errorEventDefinition errorRef='noerr'/>"], "", []),
      (["<bpmn:errorEventDefinition errorRef='dynamic'/>"], "", ["code-expression"]),
      (["<bpmn:errorEventDefinition errorRef='err'/>"], "cancelActivity='false'", ["error-must-interrupt"]),
      (["<bpmn:errorEventDefinition errorRef='err'/>", "<bpmn:errorEventDefinition errorRef='again'/>"], "", ["duplicate-error-handler"]),
      (["<bpmn:errorEventDefinition errorRef='err'/>", "<bpmn:errorEventDefinition/>"], "", []),
      (["<bpmn:messageEventDefinition messageRef='m'/>", "<bpmn:messageEventDefinition messageRef='m'/>"], "", ["duplicate-trigger"]),
      (["<bpmn:signalEventDefinition signalRef='sig'/><bpmn:messageEventDefinition messageRef='m'/>"], "", []),
      (["<bpmn:terminateEventDefinition/>"], "", ["misplaced-event-definition"]), ([""], "", ["event-without-definition"]),
      (["<bpmn:cancelEventDefinition/>"], "", ["cancel-outside-transaction"]),
      (
        ["<bpmn:conditionalEventDefinition><bpmn:condition>=x</bpmn:condition></bpmn:conditionalEventDefinition>"],
        "cancelActivity='false'", []
      ),
    ])
  func boundaries(_ definitions: [String], _ attributes: String, _ expected: [String]) {
    let events = definitions.enumerated().map {
      "<bpmn:boundaryEvent id='b\($0)' attachedToRef='n' \(attributes)>\($1)</bpmn:boundaryEvent>"
    }

    #expect(codes("<bpmn:task id='n'/>" + events.joined()) == expected)
  }

  @Test("a process begins at one place, by each message and signal once")
  func starts() {
    let flow = "<bpmn:sequenceFlow id='f2' sourceRef='s2' targetRef='n'/><bpmn:task id='n'/>"
    func start(_ definition: String) -> String { "<bpmn:startEvent id='s2'>\(definition)</bpmn:startEvent>" + flow }
    let signal = "<bpmn:signalEventDefinition signalRef='sig'/>"
    let second = "<bpmn:startEvent id='s3'>\(signal)</bpmn:startEvent><bpmn:sequenceFlow id='f3' sourceRef='s3' targetRef='n'/>"

    #expect(codes(start("")) == ["several-none-starts"])
    #expect(codes(start(""), zeebe: false) == [])
    #expect(codes(start(signal)) == [])
    #expect(codes(start(signal) + second) == ["duplicate-start-trigger"])
    #expect(codes(start("<bpmn:errorEventDefinition errorRef='err'/>")) == ["misplaced-event-definition"])
    #expect(codes("<bpmn:subProcess id='n'><bpmn:task id='i'/></bpmn:subProcess>") == ["subprocess-start"])
    #expect(codes("<bpmn:subProcess id='n'><bpmn:task id='i'/></bpmn:subProcess>", zeebe: false) == [])
  }

  @Test("event subprocesses are begun by one event each")
  func eventSubProcesses() {
    func sub(_ id: String, _ definition: String, _ attributes: String = "") -> String {
      "<bpmn:subProcess id='\(id)' triggeredByEvent='true'><bpmn:startEvent id='\(id)s' \(attributes)>\(definition)</bpmn:startEvent></bpmn:subProcess>"
    }
    let error = "<bpmn:errorEventDefinition errorRef='err'/>"
    let task = "<bpmn:task id='n'/>"

    #expect(codes(task + sub("x", error)) == [])
    #expect(codes(task + sub("x", "")) == ["event-without-definition"])
    #expect(codes(task + sub("x", error) + sub("y", "<bpmn:errorEventDefinition errorRef='again'/>")) == ["duplicate-error-handler"])
    #expect(codes(task + sub("x", error, "isInterrupting='false'")) == ["error-must-interrupt"])
    #expect(codes(task + sub("x", error) + "<bpmn:sequenceFlow id='fx' sourceRef='n' targetRef='x'/>") == ["event-subprocess-with-flow"])
    #expect(codes(task + sub("x", "<bpmn:compensateEventDefinition/>")) == ["misplaced-event-definition"])
    #expect(codes(task + "<bpmn:subProcess id='x' triggeredByEvent='true'/>") == ["subprocess-start"])
  }

  @Test(
    "timers repeat only where they may fire again",
    arguments: [
      ("<bpmn:timeCycle>R3/PT1S</bpmn:timeCycle>", ["timer-spec"], []), ("<bpmn:timeDuration>PT1S</bpmn:timeDuration>", [], []),
      ("<bpmn:timeDuration>1 s</bpmn:timeDuration>", ["timer-spec"], ["timer-spec"]),
      ("<bpmn:timeDuration>=d</bpmn:timeDuration>", [], []), ("<bpmn:timeDuration/>", ["timer-spec"], ["timer-spec"]),
      ("<bpmn:timeCycle>0 0 9-17 * * MON-FRI</bpmn:timeCycle>", ["timer-spec"], []),
      ("<bpmn:timeCycle>0 0 9-17 * *</bpmn:timeCycle>", ["timer-spec"], ["timer-spec"]),
      ("", ["timer-spec"], ["timer-spec"]),
      ("<bpmn:timeDuration>PT1S</bpmn:timeDuration><bpmn:timeDate>2030-01-01T00:00:00Z</bpmn:timeDate>", ["timer-spec"], ["timer-spec"]),
    ])
  func timers(_ timer: String, _ interrupting: [String], _ repeating: [String]) {
    let definition = "<bpmn:timerEventDefinition>\(timer)</bpmn:timerEventDefinition>"
    func boundary(_ attributes: String) -> String {
      "<bpmn:task id='n'/><bpmn:boundaryEvent id='b' attachedToRef='n' \(attributes)>\(definition)</bpmn:boundaryEvent>"
    }

    #expect(codes(event("intermediateCatchEvent", definition)) == interrupting)
    #expect(codes(boundary("")) == interrupting)
    #expect(codes(boundary("cancelActivity='false'")) == repeating)
  }

  @Test(
    "forms of ISO 8601 are told from other texts",
    arguments: [
      ("timeDuration", "P1Y2M3W4DT5H6M7.8S", true), ("timeDuration", "PT0.5S", true), ("timeDuration", "P", false),
      ("timeDuration", "PT", false),
      ("timeDuration", "P1DT", false), ("timeDuration", "PT1S1M", false), ("timeDuration", "P1S", false), ("timeDuration", "PTS", false),
      ("timeDate", "2030-01-01T10:00", true), ("timeDate", "2030-01-01T10:00:00.123+01:00", true),
      ("timeDate", "2030-01-01T10:00:00+01:00[Europe/Berlin]", true), ("timeDate", "2030-13-01T10:00:00Z", false),
      ("timeDate", "2030-01-01T10:00:00X", false), ("timeDate", "today T noon", false),
    ])
  func isoTexts(_ kind: String, _ text: String, _ isGood: Bool) {
    let timer = "<bpmn:timerEventDefinition><bpmn:\(kind)>\(text)</bpmn:\(kind)></bpmn:timerEventDefinition>"

    #expect(codes(event("intermediateCatchEvent", timer)) == (isGood ? [] : ["timer-spec"]))
  }

  @Test(
    "mappings lead from something to a variable",
    arguments: [
      ("<zeebe:input source='=a' target='b'/>", []), ("<zeebe:input source='text' target='b.c'/>", []),
      ("<zeebe:input source='=a' target=''/>", ["mapping-target"]), ("<zeebe:input source='=a' target='b-c'/>", ["mapping-target"]),
      ("<zeebe:input source='=a' target='b..c'/>", ["mapping-target"]), ("<zeebe:input source='=' target='b'/>", ["mapping-source"]),
      ("<zeebe:output source='' target='b'/>", ["mapping-source"]), ("<zeebe:output source='=a' target='größe_2'/>", []),
      ("<zeebe:output source='=a' target='2b'/>", ["mapping-target"]), ("<zeebe:input source='' target='b'/>", ["mapping-source"]),
      ("<zeebe:output source='text' target='b'/>", ["mapping-source"]), ("<zeebe:input source='=a' target='null'/>", ["mapping-target"]),
      ("<zeebe:input source='=a' target='null.b'/>", []),
    ])
  func mappings(_ mapping: String, _ expected: [String]) {
    #expect(codes("<bpmn:task id='n'>[<zeebe:ioMapping>\(mapping)</zeebe:ioMapping>]</bpmn:task>".extended) == expected)
  }

  @Test(
    "a multi-instance activity knows its instances",
    arguments: [
      ("", ["loop-without-collection"]), ("[<zeebe:loopCharacteristics inputCollection='=xs' inputElement='x'/>]", []),
      ("[<zeebe:loopCharacteristics inputElement='x'/>]", ["loop-without-collection"]),
      ("<bpmn:loopCardinality>2</bpmn:loopCardinality>", []),
      ("[<zeebe:loopCharacteristics inputCollection='=xs' outputCollection='r'/>]", ["loop-output"]),
      ("[<zeebe:loopCharacteristics inputCollection='=xs' inputElement='a b'/>]", ["variable-name"]),
      ("<bpmn:loopDataInputRef>nothing</bpmn:loopDataInputRef>", ["dangling-data"]),
      ("[<zeebe:loopCharacteristics inputCollection='xs'/>]", ["loop-static"]),
      ("[<zeebe:loopCharacteristics inputCollection='=xs' outputCollection='r' outputElement='y'/>]", ["loop-static"]),
    ])
  func loops(_ inner: String, _ expected: [String]) {
    let task = "<bpmn:task id='n'><bpmn:multiInstanceLoopCharacteristics>\(inner)</bpmn:multiInstanceLoopCharacteristics></bpmn:task>"

    #expect(codes(task.extended) == expected)
  }

  @Test("a loop in which nothing waits is refused: everywhere where nothing leads out, in Zeebe's dialect also where something may")
  func straightLoops() {
    func flow(_ from: String, _ to: String) -> String { "<bpmn:sequenceFlow id='\(from)\(to)' sourceRef='\(from)' targetRef='\(to)'/>" }
    let forced = "<bpmn:task id='n'/><bpmn:task id='x'/>"
    let left =
      "<bpmn:exclusiveGateway id='n'/><bpmn:task id='x'/><bpmn:sequenceFlow id='out' sourceRef='n' targetRef='x'><bpmn:conditionExpression>=a</bpmn:conditionExpression></bpmn:sequenceFlow>"

    #expect(codes(forced + flow("n", "x") + flow("x", "n")).contains("straight-loop") == true)
    #expect(codes(left + flow("x", "n")).contains("straight-loop"))
    #expect(codes(left + flow("x", "n"), zeebe: false).contains("straight-loop") == false)
    #expect(codes("<bpmn:callActivity id='n' calledElement='p'/>").contains("straight-loop"))
    #expect(codes("<bpmn:userTask id='n'/><bpmn:task id='x'/>" + flow("n", "x") + flow("x", "n")).contains("straight-loop") == false)
  }

  @Test("nothing of Zeebe's dialect runs that is not marked as executable")
  func executable() {
    func codes(_ attributes: String) -> [String] {
      ValidateTests.codes(model("<bpmn:startEvent id='s'>\(Self.job)</bpmn:startEvent>", attributes: attributes))
    }

    #expect(codes("isExecutable='true'") == [])
    #expect(codes("isExecutable='false'") == ["no-executable-process"])
    #expect(codes("") == ["no-executable-process"])
  }

  @Test("a file of Zeebe's dialect may have several processes, each with an id of its own")
  func severalProcesses() {
    func file(_ second: String) -> [UInt8] {
      let bytes = model(
        "<bpmn:startEvent id='s'>\(Self.job)</bpmn:startEvent></bpmn:process><bpmn:process id='\(second)' isExecutable='true'><bpmn:startEvent id='t'/>"
      )
      return bytes
    }

    #expect(ValidateTests.codes(file("q")) == [])
    #expect(ValidateTests.codes(file("p")) == ["duplicate-process"])
  }
}

extension String {
  /// Brackets stand for extension elements.
  fileprivate var extended: String {
    replacing("[", with: "<bpmn:extensionElements>").replacing("]", with: "</bpmn:extensionElements>")
  }
}

extension [UInt8] {
  /// Gives the end event an element of Zeebe's.
  fileprivate func marked(_ zeebe: Bool) -> [UInt8] {
    guard zeebe else { return self }
    let end =
      "<bpmn:endEvent id=\"e\"><bpmn:extensionElements><zeebe:properties><zeebe:property name='a' value='b'/></zeebe:properties></bpmn:extensionElements></bpmn:endEvent>"
    return Array(String(decoding: self, as: UTF8.self).replacing("<bpmn:endEvent id=\"e\"/>", with: end).utf8)
  }
}
