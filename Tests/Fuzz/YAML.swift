import FlowBPMN
import FlowBPMNRead
import FlowCore

/// An annotation with any text: the YAML reader behind the XML reader, as models reach it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  guard let text = String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) else { return 0 }
  let escaped = text.reduce(into: "") { $0 += entity($1) }
  let model = """
    <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="P"><startEvent id="S" /><textAnnotation id="N">\
    <text>rexflow_global_properties:\(escaped)</text></textAnnotation></process></definitions>
    """
  let result = readDefinitions(Array(model.utf8))
  precondition(result.findings.count <= Limits.findings)
  return 0
}

private func entity(_ character: Character) -> String {
  switch character {
  case "&": "&amp;"
  case "<": "&lt;"
  case ">": "&gt;"
  default: String(character)
  }
}
