import FlowBPMNRead
import FlowCrypto
import Testing

@Suite("a process in the original's words")
struct OriginalXMLTests {
  private func original(_ process: String, id: String = "P") -> String? {
    let file = """
      <?xml version="1.0"?>
      <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:x="urn:x" id="d">\(process)</bpmn:definitions>
      """
    return originalProcessXML(of: Array(file.utf8), process: id).map { String(decoding: $0, as: UTF8.self) }
  }

  private let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"

  @Test("elements of one name come together, text is stripped, nothing is short (row A100)")
  func groups() {
    let text = original(
      """
      <bpmn:process id="P" isExecutable="true">
        <bpmn:task id="a"/>
        <!-- a comment -->
        <bpmn:sequenceFlow id="f">
          <bpmn:conditionExpression>  a &lt; 1 &amp; "b" </bpmn:conditionExpression>
        </bpmn:sequenceFlow>
        <bpmn:task id="b"><bpmn:incoming>f</bpmn:incoming></bpmn:task>
      </bpmn:process>
      """)

    #expect(
      text == head + #"<bpmn:process id="P" isExecutable="true"><bpmn:task id="a"></bpmn:task>"#
        + #"<bpmn:task id="b"><bpmn:incoming>f</bpmn:incoming></bpmn:task><bpmn:sequenceFlow id="f">"#
        + #"<bpmn:conditionExpression>a &lt; 1 &amp; "b"</bpmn:conditionExpression></bpmn:sequenceFlow></bpmn:process>"#)
  }

  @Test("attributes are quoted by the mark that they do not hold, and keep their prefixes and declarations")
  func attributes() {
    let text = original(
      #"<bpmn:process xmlns:y="urn:y" id="P" name='say "hi"' x:n="&lt;&#10;&quot;'" y:m="ü"><x:other/></bpmn:process>"#)

    #expect(
      text == head
        + #"<bpmn:process xmlns:y="urn:y" id="P" name='say "hi"' x:n="&lt;&#10;&quot;'" y:m="ü"><x:other></x:other></bpmn:process>"#)
  }

  @Test("elements of BPMN get the prefix by which the original finds them")
  func prefixes() {
    let file = #"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="P"><task id="t"/></process></definitions>"#

    let text = originalProcessXML(of: Array(file.utf8), process: "P").map { String(decoding: $0, as: UTF8.self) }

    #expect(text == head + #"<bpmn:process id="P"><bpmn:task id="t"></bpmn:task></bpmn:process>"#)
  }

  @Test("there is none without such a process", arguments: ["<bpmn:process id=\"Q\"/>", "", "<broken"])
  func none(process: String) {
    #expect(original(process) == nil)
  }
}
