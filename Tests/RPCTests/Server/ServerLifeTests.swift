import FlowCore
import FlowRPC
import Synchronization
import Testing

@Suite("A server's life")
struct ServerLifeTests {
  @Test("several listeners serve the same methods")
  func severalListeners() throws {
    let service = RPCService(name: "test.Test", file: nil, handlers: [UnaryTests.echo])
    let server = try RPCServer(services: [service], listeners: [.init("127.0.0.1:0"), .init("127.0.0.1:0")])
    try server.start()
    defer { server.shutdown(graceMs: 5_000) }

    #expect(Set(server.boundPorts).count == 2)
    for port in server.boundPorts {
      let channel = try RPCChannel("127.0.0.1:\(port)")
      defer { channel.close() }
      #expect(channel.waitUntilReady(timeoutMs: 20_000))
      let reply = Awaited<[UInt8]>()
      channel.start(path: "/test.Test/Echo", [5]) { if case .success(let answer) = $0 { reply.set(answer.message) } }
      #expect(try reply.get() == [5])
    }
  }

  @Test("a taken port is refused, and says why")
  func portTaken() throws {
    let loopback = try Loopback([UnaryTests.echo])
    defer { loopback.stop() }
    let address = "127.0.0.1:\(loopback.server.boundPorts[0])"

    #expect(throws: RPCError(.address, "cannot listen on \(address): address already in use")) {
      try RPCServer(services: [], listeners: [.init(address)])
    }
  }

  @Test("an address that is none is refused", arguments: ["nonsense", "256.1.1.1:0", "127.0.0.1:99999"])
  func badAddress(address: String) throws {
    do {
      _ = try RPCServer(services: [], listeners: [.init(address)])
      Issue.record("\(address) was taken")
    } catch {
      #expect(error.code == .address)
      #expect(error.message.hasPrefix("cannot listen on \(address): "))
    }
  }

  @Test("two services cannot claim one method")
  func methodTwice() {
    let service = RPCService(name: "test.Test", file: nil, handlers: [UnaryTests.echo, UnaryTests.echo])

    #expect(throws: RPCError(.method, "/test.Test/Echo is served twice")) {
      try RPCServer(services: [service], listeners: [.init("127.0.0.1:0")])
    }
  }

  @Test("a server that never ran goes away quietly, and one is started once")
  func neverStarted() throws {
    let server = try RPCServer(services: [], listeners: [.init("127.0.0.1:0")])
    try server.start()
    #expect(throws: RPCError.self) { try server.start() }
    server.shutdown(graceMs: 1_000)
    server.shutdown(graceMs: 1_000)
    _ = try RPCServer(services: [], listeners: [.init("127.0.0.1:0")])
  }

  @Test("shutdown lets a unary call finish, ends streams UNAVAILABLE and refuses new calls")
  func gracefulShutdown() throws {
    let unary = Awaited<ServerCall>()
    let stream = Awaited<ServerCall>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Slow", kind: .unary) { unary.set($0) },
      RPCHandler(path: "/test.Test/Watch", kind: .serverStreaming) { stream.set($0) },
    ])
    let answer = Awaited<Result<[UInt8], Status>>()
    loopback.channel.start(path: "/test.Test/Slow", []) { result in answer.set(result.map(\.message)) }
    let watching = loopback.channel.stream(path: "/test.Test/Watch", [])
    let slow = try unary.get()
    _ = try stream.get()

    let down = Awaited<Bool>()
    let server = loopback.server
    Thread.start {
      server.shutdown(graceMs: 30_000)
      down.set(true)
    }

    #expect(throws: Status(.unavailable, "the server is shutting down")) { try watching.next() }
    slow.respond([42])
    #expect(try answer.get() == .success([42]))
    #expect(try down.get())
    #expect(try loopback.status("/test.Test/Slow", [], CallOptions(timeoutMs: 2_000)).code == .unavailable)
    loopback.channel.close()
  }

  @Test("shutdown cancels what the grace time did not end, and a late answer does no harm")
  func graceOver() throws {
    let unary = Awaited<ServerCall>()
    let cancelled = Awaited<Bool>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Slow", kind: .unary) { call in
        call.onCancel { cancelled.set(true) }
        unary.set(call)
      }
    ])
    let answer = Awaited<Result<[UInt8], Status>>()
    loopback.channel.start(path: "/test.Test/Slow", []) { result in answer.set(result.map(\.message)) }
    let call = try unary.get()

    loopback.server.shutdown(graceMs: 50)
    call.respond([1])

    #expect(try cancelled.get())
    guard case .failure = try answer.get() else { throw Status(.internal, "the call was answered") }
    loopback.channel.close()
  }

  @Test("an executor runs the handlers")
  func executor() throws {
    let works = Mutex<[@Sendable () -> Void]>([])
    let service = RPCService(name: "test.Test", file: nil, handlers: [UnaryTests.echo])
    let server = try RPCServer(services: [service], listeners: [.init("127.0.0.1:0")]) { work in works.withLock { $0.append(work) } }
    try server.start()
    let channel = try RPCChannel("127.0.0.1:\(server.boundPorts[0])")
    defer {
      channel.close()
      server.shutdown(graceMs: 5_000)
    }
    let reply = Awaited<[UInt8]>()

    channel.start(path: "/test.Test/Echo", [3]) { if case .success(let answer) = $0 { reply.set(answer.message) } }
    try wait { works.withLock { $0.count } == 1 }
    works.withLock { $0.removeFirst() }()

    #expect(try reply.get() == [3])
  }

  @Test("a channel finds its server again after a restart")
  func reconnect() throws {
    let service = RPCService(name: "test.Test", file: nil, handlers: [UnaryTests.echo])
    let first = try RPCServer(services: [service], listeners: [.init("127.0.0.1:0")])
    try first.start()
    let address = "127.0.0.1:\(first.boundPorts[0])"
    let channel = try RPCChannel(address)
    defer { channel.close() }
    #expect(channel.waitUntilReady(timeoutMs: 20_000))
    first.shutdown(graceMs: 1_000)

    let second = try RPCServer(services: [service], listeners: [.init(address)])
    try second.start()
    defer { second.shutdown(graceMs: 1_000) }
    let reply = Awaited<Result<[UInt8], Status>>()
    channel.start(path: "/test.Test/Echo", [6], options: CallOptions(timeoutMs: 20_000, waitForReady: true)) { result in
      reply.set(result.map(\.message))
    }

    #expect(try reply.get() == .success([6]))
  }
}
