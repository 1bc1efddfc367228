import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct ValidateTests {
  /// Codes of all findings, those of the reader first.
  static func codes(_ bytes: [UInt8]) -> [String] {
    let result = readDefinitions(bytes)
    return result.codes + (result.definitions.map { validate($0).map(\.code) } ?? [])
  }

  /// Start, `node`, end, connected.
  static func through(_ node: String, more: String = "", root: String = "") -> [UInt8] {
    model(
      """
      <bpmn:startEvent id="s"/>\(node)<bpmn:endEvent id="e"/>
      <bpmn:sequenceFlow id="in" sourceRef="s" targetRef="n"/><bpmn:sequenceFlow id="out" sourceRef="n" targetRef="e"/>\(more)
      """, root: root)
  }

  /// An annotation on the element `n`.
  static func note(_ yaml: String) -> String {
    "<bpmn:textAnnotation id='a'><bpmn:text>rexflow: \(yaml)</bpmn:text></bpmn:textAnnotation>"
      + "<bpmn:association id='as' sourceRef='n' targetRef='a'/>"
  }

  static func globals(_ yaml: String) -> String {
    "<bpmn:textAnnotation id='ag'><bpmn:text>rexflow_global_properties: \(yaml)</bpmn:text></bpmn:textAnnotation>"
  }

  @Test("a model that runs has no finding")
  func clean() {
    #expect(Self.codes(Self.through("<bpmn:task id='n'/>")) == [])
    #expect(Self.codes(Self.through("<bpmn:serviceTask id='n'/>", more: Self.note("{service: {host: calc}}"))) == [])
  }

  @Test(
    "examples of the original that this version runs have no error",
    arguments: [
      "calc/calcprocess", "underpants/underpants", "k8s/k8s-underpants", "istio/istio-underpants",
      "full-functionality/closure/closure_example",
      "full-functionality/closure/closure_array", "full-functionality/error_gateway/error_gateway",
      "full-functionality/error_gateway/unreliable", "full-functionality/error_gateway/closure_bad_input",
      "full-functionality/error_gateway/closure_bad_output", "full-functionality/error_gateway/upstream_unavailable/upstream_unavailable",
      "full-functionality/exclusive-gateway/conditional_feel", "full-functionality/exclusive-gateway/conditional_python",
      "full-functionality/multiple-start-events/istio-underpants", "full-functionality/parallel-gateway/parallel",
      "full-functionality/path_templating/path_templating", "full-functionality/reliable/reliable",
      "full-functionality/repeated-task/repeated", "full-functionality/retries/retry-demo", "full-functionality/shadow/traffic_shadow",
      "full-functionality/heterogeneous-workflows/heterogeneous-underpants",
    ])
  func originals(_ file: String) throws {
    let result = try Corpus.read("rexflow/examples/\(file).bpmn")

    #expect(!result.findings.hasErrors)
    #expect(!validate(try #require(result.definitions)).hasErrors)
  }

  @Test(
    "what the original refuses is refused for the same reason",
    arguments: [
      ("full-functionality/exclusive-gateway/old_conditional", "gateway-conditions"),
      ("istio/istio-underpants-timed", "dangling-catch-event"),
      ("full-functionality/timed_events/conditional_feel_timed_three", "annotation-yaml"),
      ("full-functionality/timed_events/conditional_feel_timed_three", "timer-spec"),
      ("full-functionality/async-service-task/async", "not-executable"),
    ])
  func refusedOriginals(_ file: String, _ code: String) throws {
    #expect(Self.codes(try Corpus.bytes("rexflow/examples/\(file).bpmn")).contains(code))
  }

  @Test("every finding of every real model has a code in kebab case, a message and a hint")
  func style() throws {
    for file in Corpus.files("rexflow") + Corpus.files("parse/files") + Corpus.files("execute/models") {
      let result = try Corpus.read(file)
      for finding in result.findings + validate(try #require(result.definitions)) {
        #expect(finding.code.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(!finding.message.contains("\n") && finding.hint?.isEmpty == false, "\(file): \(finding)")
        #expect(finding.line > 0, "\(file): \(finding)")
      }
    }
  }

  @Test("ids must be there and be unique")
  func identifiers() {
    #expect(Self.codes(Self.through("<bpmn:task id='n'/><bpmn:task name='x'/>")).contains("missing-id"))
    #expect(Self.codes(Self.through("<bpmn:task id='n'/><bpmn:task id='e'/>")).contains("duplicate-id"))
  }

  @Test(
    "references must lead somewhere",
    arguments: [
      ("<bpmn:sequenceFlow id='x' sourceRef='nobody' targetRef='n'/>", "dangling-source"),
      ("<bpmn:sequenceFlow id='x' sourceRef='n' targetRef='nobody'/>", "dangling-target"),
      ("<bpmn:sequenceFlow id='x' sourceRef='n'/>", "dangling-target"),
      ("<bpmn:boundaryEvent id='x' attachedToRef='nobody'><bpmn:errorEventDefinition/></bpmn:boundaryEvent>", "dangling-attached-to"),
      ("<bpmn:exclusiveGateway id='x' default='nothing'/>", "dangling-default"),
      ("<bpmn:endEvent id='x'><bpmn:errorEventDefinition errorRef='nothing'/></bpmn:endEvent>", "dangling-reference"),
      (
        "<bpmn:subProcess id='x'><bpmn:task id='y'/></bpmn:subProcess><bpmn:sequenceFlow id='z' sourceRef='n' targetRef='y'/>",
        "flow-crosses-scope"
      ),
    ])
  func references(_ more: String, _ code: String) {
    #expect(Self.codes(Self.through("<bpmn:task id='n'/>", more: more)).contains(code))
  }

  @Test("without a start event begins what no flow leads to")
  func implicitStart() {
    #expect(!Self.codes(model("<bpmn:task id='n'/>")).contains("no-start-event"))
  }

  @Test("a process with nothing that could begin needs a start event, start events no incoming flow, end events no outgoing one")
  func startsAndEnds() {
    let zeebe = "<bpmn:extensionElements><zeebe:ioMapping><zeebe:input source='=1' target='x'/></zeebe:ioMapping></bpmn:extensionElements>"
    #expect(Self.codes(model("")).contains("no-start-event"))
    #expect(Self.codes(model("<bpmn:task id='n' isForCompensation='true'/>")).contains("no-start-event"))
    #expect(Self.codes(model("<bpmn:task id='n'>\(zeebe)</bpmn:task>")).contains("no-start-event"))
    #expect(
      Self.codes(Self.through("<bpmn:task id='n'/>", more: "<bpmn:sequenceFlow id='x' sourceRef='n' targetRef='s'/>")).contains(
        "start-with-incoming"))
    #expect(
      Self.codes(Self.through("<bpmn:task id='n'/>", more: "<bpmn:sequenceFlow id='x' sourceRef='e' targetRef='n'/>")).contains(
        "end-with-outgoing"))
  }

  @Test("nodes that no token reaches are warned of")
  func reachability() {
    #expect(Self.codes(Self.through("<bpmn:task id='n'/><bpmn:task id='x'/>")) == ["unconnected"])
    #expect(
      Self.codes(
        Self.through(
          "<bpmn:task id='n'/><bpmn:task id='x'/><bpmn:task id='y'/>", more: "<bpmn:sequenceFlow id='z' sourceRef='x' targetRef='y'/>"))
        == ["unreachable", "unreachable"])
  }

  @Test("subprocesses may be nested only so deep", arguments: [64, 65, 70])
  func depth(levels: Int) {
    var inner = "<bpmn:startEvent id='is'/><bpmn:endEvent id='ie'/><bpmn:sequenceFlow id='if' sourceRef='is' targetRef='ie'/>"
    for level in (1...levels).reversed() {
      let id = level == 1 ? "n" : "sub\(level)"
      inner = "<bpmn:subProcess id='\(id)'>\(inner)</bpmn:subProcess>"
      guard level > 1 else { break }
      inner =
        "<bpmn:startEvent id='s\(level)'/>\(inner)<bpmn:endEvent id='e\(level)'/>"
        + "<bpmn:sequenceFlow id='f\(level)' sourceRef='s\(level)' targetRef='\(id)'/>"
        + "<bpmn:sequenceFlow id='g\(level)' sourceRef='\(id)' targetRef='e\(level)'/>"
    }

    #expect(Self.codes(Self.through(inner)) == (levels > 64 ? ["subprocess-too-deep"] : []))
  }

  @Test("all processes that are marked are deployed, in the original's dialect one")
  func processCount() {
    func file(_ processes: String) -> [UInt8] {
      Array("<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>\(processes)</definitions>".utf8)
    }
    let runs = "<process id='a' isExecutable='true'><startEvent id='s'/></process>"

    #expect(Self.codes(file("")) == ["no-process"])
    #expect(Self.codes(file(runs)) == [])
    #expect(Self.codes(file(runs + "<process id='b' isExecutable='false'/>")) == [])
    #expect(Self.codes(file(runs + "<process id='b' isExecutable='true'><startEvent id='t'/></process>")) == [])
    #expect(Self.codes(file(runs + "<process id='a' isExecutable='true'><startEvent id='t'/></process>")) == ["duplicate-process"])
    #expect(
      Self.codes(file("<process id='a'><startEvent id='s'/></process><process id='b'><startEvent id='t'/></process>")) == [
        "several-processes"
      ])
    let note = "<textAnnotation id='n'><text>rexflow_global_properties: {}</text></textAnnotation>"
    #expect(Self.codes(file(runs + "<process id='b' isExecutable='true'><startEvent id='t'/>\(note)</process>")) == ["several-processes"])
    #expect(Self.codes(file("<process id='b'><startEvent id='t'/></process>")) == ["not-marked-executable"])
    #expect(readDefinitions(file(runs + "<process id='b'/>")).definitions?.deployable?.id == "a")
  }
}
