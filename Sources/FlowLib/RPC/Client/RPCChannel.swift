import CFlowGRPC
import FlowCore
import FlowThreads
import Synchronization

/// How one call is made.
package struct CallOptions: Sendable {
  /// Milliseconds until the call ends DEADLINE_EXCEEDED. Nil: 30 s for a unary call, none for a stream. Negative: none.
  package var timeoutMs: Int64?
  package var metadata: Metadata
  /// Waits for the connection until the deadline, where the call would else fail at once with UNAVAILABLE.
  package var waitForReady: Bool

  package init(timeoutMs: Int64? = nil, metadata: Metadata = Metadata(), waitForReady: Bool = false) {
    self.timeoutMs = timeoutMs
    self.metadata = metadata
    self.waitForReady = waitForReady
  }
}

/// An answer, and what came with it.
package struct Reply<Message: Sendable>: Sendable {
  package let message: Message
  package let headers: Metadata
  package let trailers: Metadata
}

/// Connects to one server when the first call needs it, and again whenever the connection was lost. Has a thread of its own.
package final class RPCChannel: Sendable {
  /// The address as given, for messages.
  package let address: String
  private let core: Core
  private let calls = Mutex<Calls>(Calls())

  private struct Calls: Sendable {
    var isClosed = false
    var live: [ObjectIdentifier: ClientCall] = [:]
  }

  private final class Core: @unchecked Sendable {
    // Safety: a channel is thread-safe by the core's contract.
    let queue: CompletionQueue
    let channel: OpaquePointer

    init(_ address: String, _ settings: inout flow_grpc_settings, _ tls: ClientTLS?) throws(RPCError) {
      queue = try CompletionQueue()
      let made = ClientTLS.withCore(tls) { flow_grpc_channel_create(address, &settings, $0) }
      guard let made else {
        queue.shutdown()
        throw RPCError(.credentials, "the TLS settings for \(address) are unusable")
      }
      channel = made
    }

    deinit { flow_grpc_channel_destroy(channel) }
  }

  /// - Parameters:
  ///   - address: `127.0.0.1:9001`, `flowd.example:9001`, `unix:/run/flow.sock`.
  ///   - tls: nil means plain text.
  ///   - authority: what calls say as `:authority`; nil means the address.
  ///   - keepaliveMs: how often a connection with calls is probed.
  ///   - reconnectMs: the longest time of one attempt to connect and between two; 0 means the core's 20 s and 2 minutes.
  package init(
    _ address: String, tls: ClientTLS? = nil, authority: String? = nil, keepaliveMs: Int32 = 30_000, reconnectMs: Int32 = 0
  ) throws(RPCError) {
    self.address = address
    var settings = flow_grpc_settings()
    settings.message_bytes = Int32(Limits.messageBytes)
    settings.metadata_bytes = Int32(Limits.metadataBytes)
    settings.keepalive_ms = keepaliveMs
    settings.keepalive_timeout_ms = 10_000
    settings.reconnect_ms = reconnectMs
    let made: Result<Core, RPCError> = withOptionalCString(authority) { authority in
      withOptionalCString(tls?.serverName) { name in
        settings.authority = authority
        settings.target_name = name
        do throws(RPCError) {
          return .success(try Core(address, &settings, tls))
        } catch {
          return .failure(error)
        }
      }
    }
    core = try made.get()
  }

  deinit { close() }

  // MARK: calls

  /// Makes a unary call and blocks until it is answered. Not from a callback of this channel.
  package func call<Q, P>(_ method: RPCMethod<Q, P>, _ request: Q, options: CallOptions = CallOptions()) throws(Status) -> P {
    try callWithReply(method, request, options: options).message
  }

  /// As `call`, with headers and trailers of the answer.
  package func callWithReply<Q, P>(
    _ method: RPCMethod<Q, P>, _ request: Q, options: CallOptions = CallOptions()
  ) throws(Status) -> Reply<P> {
    let promise = Promise<Result<Reply<P>, Status>>()
    start(method, request, options: options) { promise.keep($0) }
    return try promise.wait().get()
  }

  /// Makes a unary call and calls back with the answer, on this channel's thread, where nothing may block.
  @discardableResult
  package func start<Q, P>(
    _ method: RPCMethod<Q, P>, _ request: Q, options: CallOptions = CallOptions(),
    whenDone: @escaping @Sendable (Result<Reply<P>, Status>) -> Void
  ) -> ClientCall {
    start(path: method.path, request.encoded(), options: options) { result in
      whenDone(result.flatMap { RPCChannel.decode($0) })
    }
  }

  /// A unary call of bytes.
  @discardableResult
  package func start(
    path: String, _ request: [UInt8], options: CallOptions = CallOptions(),
    whenDone: @escaping @Sendable (Result<Reply<[UInt8]>, Status>) -> Void
  ) -> ClientCall {
    let call = ClientCall(channel: self, core.queue, whenDone: whenDone)
    guard request.count <= Limits.messageBytes else {
      call.fail(ServerCall.tooLarge(request.count))
      return call
    }
    let timeout = options.timeoutMs ?? Limits.callTimeoutMs
    begin(call, path, request, timeout, options) { flow_grpc_call_start_unary($0, $1) }
    return call
  }

  /// Starts a call that is answered by a stream.
  package func stream<Q, P>(_ method: RPCMethod<Q, P>, _ request: Q, options: CallOptions = CallOptions()) -> ClientStream<Q, P> {
    ClientStream(stream(path: method.path, request.encoded(), options: options))
  }

  /// Starts a call in which this side sends a stream.
  package func stream<Q, P>(_ method: RPCMethod<Q, P>, options: CallOptions = CallOptions()) -> ClientStream<Q, P> {
    ClientStream(stream(path: method.path, nil, options: options))
  }

  /// A streaming call of bytes; without a request this side may send.
  package func stream(path: String, _ request: [UInt8]?, options: CallOptions = CallOptions()) -> ClientCall {
    let call = ClientCall(channel: self, core.queue, whenDone: nil)
    if let size = request?.count, size > Limits.messageBytes {
      call.fail(ServerCall.tooLarge(size))
      return call
    }
    begin(call, path, request, options.timeoutMs ?? -1, options) { flow_grpc_call_start_stream($0, $1) }
    return call
  }

  private func begin(
    _ call: ClientCall, _ path: String, _ request: [UInt8]?, _ timeoutMs: Int64, _ options: CallOptions,
    _ batch: (OpaquePointer, UnsafePointer<flow_grpc_request>) -> Int32
  ) {
    let isOpen = calls.withLock { calls in
      if !calls.isClosed { calls.live[ObjectIdentifier(call)] = call }
      return !calls.isClosed
    }
    guard isOpen else { return call.fail(RPCChannel.closed) }
    let headers = options.metadata.packed
    let isStreaming = !call.isUnary
    let isStarted = path.withCString { path in
      headers.withUnsafeBufferPointer { headers in
        (request ?? []).withUnsafeBufferPointer { bytes in
          var start = flow_grpc_request()
          start.channel = core.channel
          start.queue = core.queue.handle
          start.path = path
          start.timeout_ms = timeoutMs
          start.wait_for_ready = options.waitForReady ? 1 : 0
          start.keep_open = request == nil ? 1 : 0
          (start.bytes, start.size) = (bytes.baseAddress, bytes.count)
          (start.headers, start.headers_size) = (headers.baseAddress, headers.count)
          return call.begin(events: isStreaming ? 2 : 1) { batch($0, &start) }
        }
      }
    }
    guard isStarted else { return call.fail(RPCChannel.closed) }
    // `close` may have looked for calls to cancel while this one had not begun.
    if calls.withLock({ $0.isClosed }) { call.cancel() }
  }

  private static func decode<P: ProtoMessage>(_ reply: Reply<[UInt8]>) -> Result<Reply<P>, Status> {
    do throws(ProtoError) {
      return .success(Reply(message: try P(decoding: reply.message), headers: reply.headers, trailers: reply.trailers))
    } catch {
      return .failure(Status(.internal, "the answer is not a \(P.self): \(error)"))
    }
  }

  // MARK: connection

  /// Connects now, and blocks until the server answers or the time is over.
  package func waitUntilReady(timeoutMs: Int64) -> Bool {
    let ready: Int32 = 2
    let until = ContinuousClock.now + .milliseconds(timeoutMs)
    while true {
      let seen = flow_grpc_channel_state(core.channel, 1)
      if seen == ready { return true }
      let left = (until - ContinuousClock.now).milliseconds
      guard left > 0 else { return false }
      let watch = StateWatch(flow_grpc_call_create(), core.queue)
      guard
        watch.start({
          flow_grpc_channel_watch(core.channel, core.queue.handle, seen, left, $0); return 1
        })
      else { return false }
      watch.changed.wait()
    }
  }

  static let closed = Status(.unavailable, "the channel was closed")

  func ended(_ call: ClientCall) { _ = calls.withLock { $0.live.removeValue(forKey: ObjectIdentifier(call)) } }

  /// Cancels the calls under way. Later ones fail with UNAVAILABLE. Not from a callback of this channel.
  package func close() {
    let live: [ClientCall]? = calls.withLock { calls in
      guard !calls.isClosed else { return nil }
      calls.isClosed = true
      return Array(calls.live.values)
    }
    guard let live else { return }
    for call in live { call.cancel() }
    core.queue.shutdown()
  }
}

/// Waits for a change of the connection.
private final class StateWatch: CoreCall, @unchecked Sendable {
  // Safety: the promise guards itself.
  let changed = Promise<Void>()

  override func completed(_ event: CoreEvent, ok: Bool) { changed.keep(()) }
}

extension Duration {
  fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
