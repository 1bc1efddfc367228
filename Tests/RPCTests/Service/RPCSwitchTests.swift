import FlowCore
import FlowRPC
import Testing

@Suite struct RPCSwitchTests {
  @Test("a stand-in has the methods of the service, with their kinds")
  func methods() {
    let real = RPCHealth(services: []).service
    let standIn = RPCSwitch(Status(.unavailable, "not yet")).standIn(real.name, GrpcHealthV1.file)

    #expect(standIn.handlers.map(\.path).sorted() == real.handlers.map(\.path).sorted())
    for handler in real.handlers { #expect(standIn.handlers.first { $0.path == handler.path }?.kind == handler.kind) }
  }
}
