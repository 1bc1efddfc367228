import FlowCore

/// Reading never traps; what was read is written and read again as the same document.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  guard let document = try? JSON(parsing: Array(UnsafeBufferPointer(start: bytes, count: count))) else { return 0 }
  guard let again = try? JSON(parsing: document.text), again == document else { fatalError("not the same again: \(document.text)") }
  return 0
}
