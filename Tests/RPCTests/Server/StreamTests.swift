import FlowCore
import FlowRPC
import Synchronization
import Testing

/// Sends numbers; when the stream is full it waits until it is told to go on.
private final class Counter: Sendable {
  private let call: ServerCall
  private let until: Int
  private let next = Mutex(0)
  private let whenFull: @Sendable () -> Void

  init(_ call: ServerCall, until: Int, whenFull: @escaping @Sendable () -> Void = {}) {
    self.call = call
    self.until = until
    self.whenFull = whenFull
  }

  func run() {
    while true {
      let number = next.withLock { $0 }
      guard number < until else { return call.finish(Status(.ok, "")) }
      switch call.send(Array(String(number).utf8)) {
      case .queued: next.withLock { $0 += 1 }
      case .ended: return
      case .full:
        whenFull()
        return call.whenReady { self.run() }
      }
    }
  }
}

@Suite("Streaming calls")
struct StreamTests {
  @Test("10,000 messages arrive in order while the sender minds the back-pressure")
  func tenThousand() throws {
    let fullSeen = Mutex(0)
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Count", kind: .serverStreaming) { call in
        Counter(call, until: 10_000) { fullSeen.withLock { $0 += 1 } }.run()
      }
    ])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/Count", [], options: CallOptions(timeoutMs: 30_000))

    for expected in 0..<10_000 {
      let message = try stream.next()
      try #require(message == Array(String(expected).utf8))
    }

    #expect(try stream.next() == nil)
    #expect(fullSeen.withLock { $0 } > 0)
  }

  @Test("a client that does not read fills a bounded buffer, and no more")
  func backPressure() throws {
    let taken = Mutex(0)
    let full = Awaited<Bool>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Flood", kind: .serverStreaming) { call in
        let kilobytes = Array(repeating: UInt8(1), count: 64 << 10)
        while call.send(kilobytes) == .queued { taken.withLock { $0 += 1 } }
        full.set(call.send(kilobytes) == .full)
      }
    ])
    defer { loopback.stop() }

    let stream = loopback.channel.stream(path: "/test.Test/Flood", [], options: CallOptions(timeoutMs: 30_000))

    #expect(try full.get())
    #expect(taken.withLock { $0 } <= Limits.streamMessages + 1)
    #expect(try stream.next()?.count == 64 << 10)
    stream.cancel()
  }

  @Test("whenWritten tells true for what went out, false for what did not")
  func whenWritten() throws {
    let told = Mutex<[Bool]>([])
    let arrived = Awaited<ServerCall>()
    let loopback = try Loopback([RPCHandler(path: "/test.Test/S", kind: .serverStreaming) { arrived.set($0) }])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/S", [])
    let call = try arrived.get()

    #expect(call.send([1]) { ok in told.withLock { $0.append(ok) } } == .queued)
    #expect(try stream.next() == [1])
    try wait { told.withLock { $0 } == [true] }
    stream.cancel()
    try wait { call.isCancelled }

    #expect(call.send([2]) == .ended)
  }

  @Test("a failure behind messages comes behind them")
  func failureBehindMessages() throws {
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/S", kind: .serverStreaming) { call in
        for index in 0..<5 { _ = call.send([UInt8(index)]) }
        call.finish(Status(.aborted, "enough"))
        #expect(call.send([9]) == .ended)
      }
    ])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/S", [])

    for index in 0..<5 { #expect(try stream.next() == [UInt8(index)]) }

    #expect(throws: Status(.aborted, "enough")) { try stream.next() }
    #expect(throws: Status(.aborted, "enough")) { try stream.next() }
  }

  @Test("cancelling a stream reaches its handler")
  func cancel() throws {
    let cancelled = Awaited<Bool>()
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/S", kind: .serverStreaming) { call in
        call.onCancel { cancelled.set(true) }
        _ = call.send([1])
      }
    ])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/S", [])

    #expect(try stream.next() == [1])
    stream.cancel()

    #expect(try cancelled.get())
    let end: Result<[UInt8]?, Status> = Result { () throws(Status) in try stream.next() }
    guard case .failure(let status) = end else { throw Status(.internal, "the stream ended well") }
    #expect(status.code == .cancelled)
    try wait { loopback.server.callsInFlight == 0 }
  }

  @Test("a stream has a deadline too")
  func deadline() throws {
    let loopback = try Loopback([RPCHandler(path: "/test.Test/S", kind: .serverStreaming) { _ in }])
    defer { loopback.stop() }

    let stream = loopback.channel.stream(path: "/test.Test/S", [], options: CallOptions(timeoutMs: 200))

    let end: Result<[UInt8]?, Status> = Result { () throws(Status) in try stream.next() }
    guard case .failure(let status) = end else { throw Status(.internal, "the stream ended well") }
    #expect(status.code == .deadlineExceeded)
  }

  @Test("both sides may stream: each message is answered, then both end")
  func bidirectional() throws {
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Bidi", kind: .bidirectional) { call in
        @Sendable func answerNext() {
          call.receive { message in
            guard let message else { return call.finish(Status(.ok, "")) }
            _ = call.send(message + [99])
            answerNext()
          }
        }
        answerNext()
      }
    ])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/Bidi", nil)

    for index in 0..<100 {
      #expect(stream.send([UInt8(index)]))
      #expect(try stream.next() == [UInt8(index), 99])
    }
    for index in 0..<50 { #expect(stream.send([UInt8(index)])) }
    stream.finishSending()
    for index in 0..<50 { #expect(try stream.next() == [UInt8(index), 99]) }

    #expect(try stream.next() == nil)
    #expect(!stream.send([1]))
  }

  @Test("a stream from the client gets one answer")
  func clientStreaming() throws {
    let loopback = try Loopback([
      RPCHandler(path: "/test.Test/Sum", kind: .clientStreaming) { call in
        let total = Total()
        @Sendable func next() {
          call.receive { message in
            guard let message else { return call.respond(Array(String(total.value).utf8)) }
            total.add(Int(message[0]))
            next()
          }
        }
        next()
      }
    ])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/Sum", nil)

    for index in 1...10 { #expect(stream.send([UInt8(index)])) }
    stream.finishSending()

    #expect(try stream.next() == Array("55".utf8))
    #expect(try stream.next() == nil)
  }

  @Test("a server's stream without the request message is INVALID_ARGUMENT")
  func missingRequest() throws {
    let loopback = try Loopback([RPCHandler(path: "/test.Test/S", kind: .serverStreaming) { $0.finish(Status(.ok, "")) }])
    defer { loopback.stop() }
    let stream = loopback.channel.stream(path: "/test.Test/S", nil)

    stream.finishSending()

    #expect(throws: Status(.invalidArgument, "the call has no request message")) { try stream.next() }
  }

  @Test("typed streams decode, and bytes that are no message end them INVALID_ARGUMENT")
  func typedStream() throws {
    let loopback = try Loopback([
      .serverStreaming(FlowV1.FlowMethods.logs) { call in
        for index in 0..<call.request.tail { call.send(FlowV1.LogLine(text: "line \(index)")) }
        call.finish()
      }
    ])
    defer { loopback.stop() }

    let stream = FlowV1.FlowClient(loopback.channel).logs(FlowV1.LogsRequest(tail: 3))
    for index in 0..<3 { #expect(try stream.next()?.text == "line \(index)") }
    #expect(try stream.next() == nil)

    let bad = loopback.channel.stream(path: FlowV1.FlowMethods.logs.path, [0xFF])
    let end: Result<[UInt8]?, Status> = Result { () throws(Status) in try bad.next() }
    guard case .failure(let status) = end else { throw Status(.internal, "the stream ended well") }
    #expect(status.code == .invalidArgument)
  }
}

private final class Total: Sendable {
  private let sum = Mutex(0)
  var value: Int { sum.withLock { $0 } }
  func add(_ number: Int) { sum.withLock { $0 += number } }
}
