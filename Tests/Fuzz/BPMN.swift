import FlowBPMN
import FlowBPMNRead
import FlowCore

/// Reading and validating never trap, and findings stay within their bound.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzBPMN(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let result = readDefinitions(Array(UnsafeBufferPointer(start: bytes, count: count)))
  precondition(result.findings.count <= Limits.findings)
  precondition(result.ok || !result.findings.isEmpty, "refused without a reason")
  return 0
}
