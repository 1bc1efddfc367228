// libFuzzer's entry for the protobuf reader: `-sanitize=fuzzer` links this with FlowRPC.
// What is read must be writable, and what was written must be read as the same.
import FlowRPC

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProtobuf(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  check(FlowV1.ListDeploymentsResponse.self, bytes)
  check(GrpcReflectionV1.ServerReflectionRequest.self, bytes)
  check(Descriptor.FileDescriptor.self, bytes)
  return 0
}

private func check<M: ProtoMessage>(_ type: M.Type, _ bytes: [UInt8]) {
  do throws(ProtoError) {
    let wire = try M(decoding: bytes).encoded()
    // Bytes, not values: a NaN is not equal to itself.
    guard try M(decoding: wire).encoded() == wire else { fatalError("\(M.self) does not survive its own bytes") }
  } catch {
    // Refused is fine; only a crash or a difference is a finding.
    return
  }
}
