import FlowBPMN
import FlowBPMNRead
import FlowCore
import Testing

@Suite struct ReadDefinitionsTests {
  @Test("the corpus is where the tests look for it")
  func corpusIsThere() {
    #expect(Corpus.manifest.count == 42)
  }

  @Test("counts of real models match the manifest", arguments: Corpus.manifest)
  func countsMatch(_ row: Corpus.Row) throws {
    let result = try Corpus.read("parse/files/" + row.file)

    #expect(result.ok, "\(result.findings)")
    #expect(result.counts.processes == row.processes)
    #expect(result.counts.flowNodes == row.flowNodes)
    #expect(result.counts.sequenceFlows == row.sequenceFlows)
  }

  @Test("the model holds every flow node and flow that was counted", arguments: Corpus.manifest)
  func modelIsWhole(_ row: Corpus.Row) throws {
    let definitions = try #require(try Corpus.read("parse/files/" + row.file).definitions)

    let collaborations = definitions.collaborations.map(\.content)
    let nodes = definitions.processes.flatMap(\.allNodes).count + collaborations.map(\.nodes.count).reduce(0, +)

    #expect(definitions.processes.count == row.processes)
    #expect(nodes == row.flowNodes)
  }

  @Test("what is not BPMN is refused with a reason", arguments: Corpus.files("parse/reject"))
  func refuses(_ file: String) throws {
    let result = try Corpus.read(file)

    #expect(!result.ok)
    #expect(result.findings.count == 1)
    #expect(result.findings.first?.severity == .error)
    #expect(result.findings.first?.hint?.isEmpty == false)
  }

  @Test(
    "each refusal names its cause",
    arguments: [
      ("empty.bpmn", "xml-empty"), ("entities.bpmn", "xml-doctype"), ("no-namespace.bpmn", "not-bpmn"),
      ("not-well-formed.bpmn", "xml-not-well-formed"), ("other-root.xml", "not-bpmn"), ("undeclared-prefix.bpmn", "xml-namespace"),
      ("undefined-entity.bpmn", "xml-not-well-formed"),
    ])
  func refusalCode(_ file: String, _ code: String) throws {
    #expect(try Corpus.read("parse/reject/" + file).codes == [code])
  }

  @Test("a file without any process is ok with 0")
  func noProcess() {
    let result = readDefinitions(Array("<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>".utf8))

    #expect(result.ok)
    #expect(result.counts == Counts())
  }

  @Test("UTF-16 with either byte order, UTF-8 with its mark and Latin-1 are read")
  func encodings() throws {
    let text =
      "<?xml version=\"1.0\" encoding=\"ENC\"?><definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">"
      + "<process id=\"p\" name=\"Öl\"/></definitions>"
    let wide = text.replacing("ENC", with: "UTF-16").utf16
    let little: [UInt8] = [0xFF, 0xFE] + wide.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let big: [UInt8] = [0xFE, 0xFF] + wide.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(text.replacing("ENC", with: "UTF-8").utf8)
    let latin = text.replacing("ENC", with: "ISO-8859-1").unicodeScalars.map { UInt8($0.value) }

    for bytes in [little, big, marked, latin] { #expect(try readDefinitions(bytes).process.name == "Öl") }
  }

  @Test("bounds stop what is too deep, too big, or has too many elements, attributes or namespaces")
  func bounds() {
    let open = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>"
    func code(_ body: String) -> String? { readDefinitions(Array((open + body + "</definitions>").utf8)).findings.first?.code }

    #expect(code(String(repeating: "<a>", count: 300) + String(repeating: "</a>", count: 300)) == "xml-too-deep")
    #expect(code(String(repeating: "<a/>", count: Limits.xmlElements + 1)) == "xml-too-many-elements")
    #expect(code(String(repeating: " ", count: Limits.bpmnFileBytes)) == "xml-too-large")
    #expect(code("<a " + (0...Limits.xmlAttributes).map { "a\($0)=''" }.joined(separator: " ") + "/>") == "xml-too-many-attributes")
    #expect(code("<a " + (0...Limits.xmlNamespaces).map { "xmlns:a\($0)='u'" }.joined(separator: " ") + "/>") == "xml-too-many-namespaces")
  }

  @Test("a document type is refused before its entities are looked at")
  func externalEntity() {
    let text = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><d>&x;</d>"

    #expect(readDefinitions(Array(text.utf8)).codes == ["xml-doctype"])
  }

  @Test(
    "a document type that defines nothing is XML like any other",
    arguments: [
      "<!DOCTYPE definitions>", "<!DOCTYPE definitions SYSTEM 'http://127.0.0.1:1/x.dtd'>",
      "<!DOCTYPE definitions PUBLIC 'a' 'file:///etc/x' >",
    ])
  func bareDocumentType(_ doctype: String) {
    func read(_ name: String) -> ReadResult {
      let model = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p' name='\(name)'/></definitions>"
      return readDefinitions(Array((doctype + model).utf8))
    }

    #expect(read("a").ok && read("a").counts.processes == 1)
    #expect(!read("&nope;").ok)
  }

  @Test("nested content, events and expressions come out typed")
  func typed() throws {
    let process = try readDefinitions(
      model(
        """
        <bpmn:startEvent id="s"/>
        <bpmn:subProcess id="sub" triggeredByEvent="false"><bpmn:task id="inner"/></bpmn:subProcess>
        <bpmn:boundaryEvent id="b" attachedToRef="sub" cancelActivity="false"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
        <bpmn:exclusiveGateway id="g" default="f2"/>
        <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="g"><bpmn:conditionExpression language="feel"> a = 1 </bpmn:conditionExpression></bpmn:sequenceFlow>
        <bpmn:sequenceFlow id="f2" sourceRef="g" targetRef="sub"/>
        """)
    ).process

    #expect(process.allNodes.map(\.id) == ["s", "sub", "inner", "b", "g"])
    #expect(process.allNodes.map(\.parent) == ["p", "p", "sub", "p", "p"])
    #expect(process.content.flows[0].condition == Expression("a = 1", language: "feel", line: 8))
    #expect(process.content.node("g")?.incoming == ["f1"])
    #expect(process.content.node("g")?.outgoing == ["f2"])
    guard case .boundaryEvent(let boundary) = process.content.nodes[2].kind else { throw NoProcess(findings: []) }
    #expect(boundary.attachedTo == "sub")
    #expect(!boundary.isInterrupting)
    guard case .timer(let timer) = boundary.definitions[0] else { throw NoProcess(findings: []) }
    #expect(timer.duration?.text == "PT1S")
  }

  @Test("diagrams keep shapes, edges and labels; several planes too")
  func diagrams() throws {
    let definitions = try #require(try Corpus.read("parse/files/001-activiti--subprocessmultidiagrammodel.bpmn").definitions)
    let calc = try #require(try Corpus.read("rexflow/examples/calc/calcprocess.bpmn").definitions)

    #expect(definitions.diagrams.count > 1)
    #expect(calc.diagrams[0].planeElement == "CalcProcess")
    #expect(calc.diagrams[0].shapes[0].bounds == DiagramBounds(x: 179, y: 189, width: 36, height: 36))
    #expect(calc.diagrams[0].shapes[0].label?.bounds?.x == 187)
    #expect(calc.diagrams[0].edges[0].waypoints == [DiagramPoint(x: 215, y: 207), DiagramPoint(x: 270, y: 207)])
  }
}
