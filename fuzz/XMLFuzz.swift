import FlowBPMN
import FlowBPMNRead

/// Any bytes give findings: the reader, its dialects and all validation rules neither trap nor hang.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzXML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let result = readDefinitions(bytes)
  if let definitions = result.definitions {
    _ = validate(definitions)
  } else {
    precondition(result.findings.hasErrors, "refused without a reason")
  }
  return 0
}
