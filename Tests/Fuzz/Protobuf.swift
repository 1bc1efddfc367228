import FlowCore
import FlowRPC

/// Every request that flowd reads: decoding never traps, and what was decoded survives a round trip.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzProtobuf(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let all = Array(UnsafeBufferPointer(start: bytes, count: count))
  guard let choice = all.first else { return 0 }
  let rest = Array(all.dropFirst())
  switch choice % 6 {
  case 0: roundTrip(FlowV1.ApplyRequest.self, rest)
  case 1: roundTrip(FlowV1.CreateInstanceRequest.self, rest)
  case 2: roundTrip(FlowV1.ReportProbesRequest.self, rest)
  case 3: roundTrip(FlowV1.InstanceEvent.self, rest)
  case 4: roundTrip(FlowV1.ListInstancesRequest.self, rest)
  default: roundTrip(FlowV1.Deployment.self, rest)
  }
  return 0
}

private func roundTrip<Message: ProtoMessage>(_ type: Message.Type, _ bytes: [UInt8]) {
  guard let message = try? Message(decoding: bytes) else { return }
  guard let again = try? Message(decoding: message.encoded()), again == message else { fatalError("\(type) is not the same again") }
}
