import FlowCore
import FlowRPC
import Glibc
import Synchronization
import Testing

@Suite("Unary calls")
struct UnaryTests {
  static let echo = RPCHandler(path: "/test.Test/Echo", kind: .unary) { $0.respond($0.request) }

  @Test("bytes go there and back", arguments: [0, 1, 200, 70_000, Limits.messageBytes])
  func echo(size: Int) throws {
    let loopback = try Loopback([UnaryTests.echo])
    defer { loopback.stop() }
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    #expect(try loopback.call("/test.Test/Echo", bytes).message == bytes)
  }

  @Test("headers reach the handler and trailers the caller, binary ones too; illegal ones are left out")
  func metadata() throws {
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Meta", kind: .unary) { call in
        var trailers = Metadata()
        trailers.add("seen", call.metadata["traceparent"] ?? "none")
        trailers.add("raw-bin", call.metadata.bytes("id-bin") ?? [])
        trailers.add("peer", String(call.peer.prefix(10)))
        call.respond([], trailers: trailers)
      }
    ])
    defer { loopback.stop() }
    var options = CallOptions(timeoutMs: 20_000)
    options.metadata.add("traceparent", "00-ab-cd-01")
    options.metadata.add("id-bin", [0, 255, 10])
    options.metadata.add("bad key", "x")
    options.metadata.add("bad-value", "a\nb")

    let reply = try loopback.call("/test.Test/Meta", [], options)

    #expect(reply.trailers["seen"] == "00-ab-cd-01")
    #expect(reply.trailers.bytes("raw-bin") == [0, 255, 10])
    #expect(reply.trailers["peer"] == "127.0.0.1:")
  }

  @Test("a failure brings code, message in any script, hint and details")
  func failure() throws {
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Fail", kind: .unary) { call in
        call.finish(Status(.failedPrecondition, "läuft schon 漢", hint: "stop it first"))
      }
    ])
    defer { loopback.stop() }

    let status = try loopback.status("/test.Test/Fail", [])

    #expect(status == Status(.failedPrecondition, "läuft schon 漢", hint: "stop it first"))
  }

  @Test("a very long failure message is cut, not lost")
  func longMessage() throws {
    let text = String(repeating: "é", count: 20_000)
    let loopback = try Loopback([RPCHandler(path: "/test.Test/Fail", kind: .unary) { $0.finish(Status(.notFound, text)) }])
    defer { loopback.stop() }

    let status = try loopback.status("/test.Test/Fail", [])

    #expect(status.code == .notFound)
    #expect(status.message.hasPrefix("ééé") && status.message.hasSuffix("…"))
  }

  @Test("a method nobody serves is UNIMPLEMENTED")
  func unknownMethod() throws {
    let loopback = try Loopback([UnaryTests.echo])
    defer { loopback.stop() }

    #expect(try loopback.status("/test.Test/Nope", [1]) == Status(.unimplemented, "unknown method /test.Test/Nope"))
    #expect(try loopback.status("/other.Service/Echo", [1]).code == .unimplemented)
  }

  @Test("bytes that are no message are INVALID_ARGUMENT")
  func badBytes() throws {
    let handler = RPCHandler.unary(FlowV1.FlowMethods.apply) { $0.respond(FlowV1.ApplyResponse(deploymentID: "never")) }
    let loopback = try Loopback([handler])
    defer { loopback.stop() }

    let status = try loopback.status(FlowV1.FlowMethods.apply.path, [0xFF, 0xFF])

    #expect(status.code == .invalidArgument)
    #expect(status.message == "the request is not a ApplyRequest: a field is longer than the message")
  }

  @Test("a request above the limit is RESOURCE_EXHAUSTED on both sides, and the next call works")
  func oversizeRequest() throws {
    let loopback = try Loopback([UnaryTests.echo])
    defer { loopback.stop() }

    let status = try loopback.status("/test.Test/Echo", Array(repeating: 1, count: Limits.messageBytes + 1))

    #expect(status.code == .resourceExhausted)
    #expect(status.message.contains(String(Limits.messageBytes)))
    #expect(try loopback.call("/test.Test/Echo", [1]).message == [1])
  }

  @Test("an answer above the limit is RESOURCE_EXHAUSTED")
  func oversizeAnswer() throws {
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Big", kind: .unary) { $0.respond(Array(repeating: 1, count: Limits.messageBytes + 1)) }
    ])
    defer { loopback.stop() }

    #expect(try loopback.status("/test.Test/Big", []).code == .resourceExhausted)
  }

  @Test("a deadline ends the call, and the handler saw it coming")
  func deadline() throws {
    let seen = Awaited<Int64>()
    let cancelled = Awaited<Bool>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Slow", kind: .unary) { call in
        seen.set(call.deadline?.milliseconds ?? 0)
        call.onCancel { cancelled.set(call.isCancelled) }
      }
    ])
    defer { loopback.stop() }

    let status = try loopback.status("/test.Test/Slow", [], CallOptions(timeoutMs: 200))

    #expect(status.code == .deadlineExceeded)
    #expect(try cancelled.get())
    #expect(abs(try seen.get() - Int64(time(nil)) * 1000) < 10_000)
  }

  @Test("a call without a deadline has none")
  func noDeadline() throws {
    let seen = Awaited<Bool>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/D", kind: .unary) { call in
        seen.set(call.deadline == nil)
        call.respond([])
      }
    ])
    defer { loopback.stop() }

    _ = try loopback.call("/test.Test/D", [], CallOptions(timeoutMs: -1))

    #expect(try seen.get())
  }

  @Test("the handler is told when the caller goes away")
  func clientCancel() throws {
    let arrived = Awaited<Bool>()
    let cancelled = Awaited<Bool>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Slow", kind: .unary) { call in
        call.onCancel {
          // Too late: must do no harm.
          call.respond([1])
          cancelled.set(call.isCancelled)
        }
        arrived.set(true)
      }
    ])
    defer { loopback.stop() }
    let result = Awaited<StatusCode>()

    let call = loopback.channel.start(path: "/test.Test/Slow", []) { answer in
      if case .failure(let status) = answer { result.set(status.code) }
    }
    _ = try arrived.get()
    call.cancel()

    #expect(try result.get() == .cancelled)
    #expect(try cancelled.get())
  }

  @Test("an answer may come later, from another thread, and the first counts")
  func answerFromAnotherThread() throws {
    let kept = Awaited<ServerCall>()
    let loopback = try Loopback([RPCHandler(path: "/test.Test/Later", kind: .unary) { kept.set($0) }])
    defer { loopback.stop() }
    let result = Awaited<[UInt8]>()

    loopback.channel.start(path: "/test.Test/Later", [7]) { if case .success(let reply) = $0 { result.set(reply.message) } }
    let call = try kept.get()
    call.respond(call.request + [8])
    call.respond([9])
    call.finish(Status(.internal, "too late"))

    #expect(try result.get() == [7, 8])
  }

  @Test("a handler that lets a call go answers INTERNAL, not silence")
  func droppedCall() throws {
    let loopback = try Loopback([RPCHandler(path: "/test.Test/Drop", kind: .unary) { _ in }])
    defer { loopback.stop() }

    #expect(try loopback.status("/test.Test/Drop", []).message == "the handler let the call go without an answer")
    try wait { loopback.server.callsInFlight == 0 }
  }

  @Test("calls above the cap are RESOURCE_EXHAUSTED, and pass again when there is room")
  func cap() throws {
    let kept = Mutex<[ServerCall]>([])
    let loopback = try Loopback(
      [RPCHandler(path: "/test.Test/Keep", kind: .unary) { call in kept.withLock { $0.append(call) } }], callsLimit: 3)
    defer { loopback.stop() }
    for _ in 0..<3 { loopback.channel.start(path: "/test.Test/Keep", []) { _ in } }
    try wait { kept.withLock { $0.count } == 3 }

    #expect(try loopback.status("/test.Test/Keep", []).code == .resourceExhausted)

    for call in kept.withLock({ calls in
      defer { calls = [] }; return calls
    }) { call.respond([]) }
    try wait { loopback.server.callsInFlight == 0 }
    let answered = Awaited<Bool>()
    loopback.channel.start(path: "/test.Test/Keep", []) { _ in answered.set(true) }
    try wait { kept.withLock { $0.count } == 1 }
    kept.withLock { $0.removeFirst() }.respond([])
    #expect(try answered.get())
  }

  @Test("a thousand calls at once are all answered")
  func manyAtOnce() throws {
    let loopback = try Loopback([UnaryTests.echo])
    defer { loopback.stop() }
    let sum = Atomic<Int>(0)

    for index in 0..<1000 {
      loopback.channel.start(path: "/test.Test/Echo", [UInt8(index % 251)]) { result in
        if case .success(let reply) = result, reply.message == [UInt8(index % 251)] { sum.add(1, ordering: .relaxed) }
      }
    }

    try wait { sum.load(ordering: .relaxed) == 1000 }
  }

  @Test("typed calls carry messages and blocking clients get them")
  func typedCall() throws {
    let loopback = try Loopback([
      .unary(FlowV1.FlowMethods.apply) { call in
        call.respond(FlowV1.ApplyResponse(deploymentID: call.request.resourceName, version: UInt32(call.request.bpmnXML.count)))
      }
    ])
    defer { loopback.stop() }

    let answer = try FlowV1.FlowClient(loopback.channel).apply(FlowV1.ApplyRequest(bpmnXML: [1, 2, 3], resourceName: "a.bpmn"))

    #expect(answer == FlowV1.ApplyResponse(deploymentID: "a.bpmn", version: 3))
  }

  @Test("nobody there is UNAVAILABLE with the address, at once")
  func connectionRefused() throws {
    let loopback = try Loopback([UnaryTests.echo])
    let port = loopback.server.boundPorts[0]
    loopback.stop()
    let channel = try RPCChannel("127.0.0.1:\(port)")
    defer { channel.close() }

    #expect(throws: Status.self) { try FlowV1.FlowClient(channel).listDeployments(.init()) }
    let status = Awaited<Status>()
    channel.start(path: "/test.Test/Echo", []) { if case .failure(let failure) = $0 { status.set(failure) } }

    #expect(try status.get().code == .unavailable)
    #expect(try status.get().message == "cannot reach 127.0.0.1:\(port): connection refused")
    #expect(channel.waitUntilReady(timeoutMs: 100) == false)
  }

  @Test("a closed channel fails calls at once, and ends those under way")
  func closedChannel() throws {
    let arrived = Awaited<ServerCall>()
    let loopback = try Loopback([RPCHandler(path: "/test.Test/Slow", kind: .unary) { arrived.set($0) }])
    defer { loopback.stop() }
    let first = Awaited<StatusCode>()
    loopback.channel.start(path: "/test.Test/Slow", []) { if case .failure(let status) = $0 { first.set(status.code) } }
    _ = try arrived.get()

    loopback.channel.close()

    #expect(try first.get() == .cancelled)
    #expect(try loopback.status("/test.Test/Slow", []).code == .unavailable)
  }
}
