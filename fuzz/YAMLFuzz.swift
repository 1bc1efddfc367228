import FlowBPMNRead
import FlowCore

/// Any text is a YAML document or is refused; what is read can be written as JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  do throws(YAMLFailure) { _ = try readYAML(text).text } catch { precondition(!error.message.isEmpty && error.line >= 0) }
  return 0
}
