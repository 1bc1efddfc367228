import FlowCore
import FlowRPC
import Testing

@Suite struct RPCSwitchTests {
  private static let path = "/grpc.health.v1.Health/Check"

  private func loopback(_ gate: RPCSwitch) throws -> Loopback {
    try Loopback(services: [gate.standIn("grpc.health.v1.Health", GrpcHealthV1.file)])
  }

  @Test("a stand-in has the methods of the service, with their kinds")
  func methods() {
    let real = RPCHealth(services: []).service
    let standIn = RPCSwitch(Status(.unavailable, "not yet")).standIn(real.name, GrpcHealthV1.file)

    #expect(standIn.handlers.map(\.path).sorted() == real.handlers.map(\.path).sorted())
    for handler in real.handlers { #expect(standIn.handlers.first { $0.path == handler.path }?.kind == handler.kind) }
  }

  @Test("a refusal tells who leads, in the trailer flow-leader too", arguments: ["127.0.0.1:9001", nil])
  func refusal(leader: String?) throws {
    let refusal = Status(.unavailable, "a standby", hint: "ask it", untaken: .standby(leader: leader))
    let loopback = try loopback(RPCSwitch(refusal))
    defer { loopback.stop() }

    #expect(try loopback.status(RPCSwitchTests.path, []) == refusal)

    let stream = loopback.channel.stream(path: "/grpc.health.v1.Health/Watch", [])
    #expect(throws: refusal) { try stream.next() }
    #expect(stream.trailers["flow-leader"] == leader ?? "none")
  }

  @Test("a leader that is no address is nobody")
  func hostileLeader() throws {
    let loopback = try loopback(RPCSwitch(Status(.unavailable, "a standby", untaken: .standby(leader: "unix:/run/x:1"))))
    defer { loopback.stop() }

    #expect(try loopback.status(RPCSwitchTests.path, []).untaken == .standby(leader: nil))
  }

  @Test("who may answer no longer has begun nothing; what a handler answers is its own word")
  func validity() throws {
    let gate = RPCSwitch(Status(.unavailable, "not yet"))
    let loopback = try loopback(gate)
    defer { loopback.stop() }

    gate.open([RPCHealth(services: []).service], isValid: { false })
    #expect(try loopback.status(RPCSwitchTests.path, []).untaken == .standby(leader: nil))

    let handler = RPCHandler(path: RPCSwitchTests.path, kind: .unary) { $0.finish(Status(.unavailable, "half done")) }
    gate.open([RPCService(name: "grpc.health.v1.Health", file: nil, handlers: [handler])])
    #expect(try loopback.status(RPCSwitchTests.path, []).untaken == nil)
  }

  @Test("a call without a connection was not sent; one that lost it may have been")
  func connections() throws {
    let nowhere = try RPCChannel("127.0.0.1:1")
    defer { nowhere.close() }
    let refused = #expect(throws: Status.self) { try nowhere.call(GrpcHealthV1.HealthMethods.check, .init()) }
    #expect(refused?.untaken == .unsent)

    let arrived = Awaited<Bool>()
    let hanging = RPCHandler(path: "/test.Test/Hang", kind: .unary) { call in
      arrived.set(true)
      call.onCancel { call.finish(Status(.cancelled, "")) }
    }
    let server = try Loopback([hanging])
    let outcome = Awaited<Status>()
    server.channel.start(path: "/test.Test/Hang", []) { result in
      if case .failure(let status) = result { outcome.set(status) }
    }
    _ = try arrived.get()
    server.server.shutdown(graceMs: 0)
    #expect(try outcome.get().untaken == nil)
    server.channel.close()
  }
}
