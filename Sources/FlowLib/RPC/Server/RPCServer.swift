import CFlowGRPC
import FlowCore
import FlowThreads
import Synchronization

/// Serves services over gRPC on one thread of its own.
///
/// Handlers are called on that thread, or by the executor, and must not block it. Methods nobody serves are answered UNIMPLEMENTED.
package final class RPCServer: CoreOwner, @unchecked Sendable {
  // Safety: state is behind its lock; the rest is immutable. `core` is used only between `start` and the end of `shutdown`.

  /// Where to listen, and whether with TLS.
  package struct Listener: Sendable {
    /// `127.0.0.1:9001`, `[::1]:0`, `unix:/run/flow.sock`. Port 0 picks a free one.
    package let address: String
    package let tls: ServerTLS?

    package init(_ address: String, tls: ServerTLS? = nil) {
      self.address = address
      self.tls = tls
    }
  }

  /// Runs a handler somewhere else.
  package typealias Executor = @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

  private struct State: Sendable {
    var isStarted = false
    var isStopping = false
    var streams: [ObjectIdentifier: ServerCall] = [:]
  }

  private struct Method: @unchecked Sendable {
    // Safety: the pointer is only handed back to the core.
    let handler: RPCHandler?
    let token: UnsafeMutableRawPointer?
  }

  /// Services as given, for reflection.
  package let services: [RPCService]
  /// Ports in the order of the listeners; unix sockets have 1.
  package let boundPorts: [Int]

  private let core: OpaquePointer
  private let queue: CompletionQueue
  private let executor: Executor?
  private let methods: [String: Method]
  private let callsLimit: Int
  private let state = Mutex(State())
  private let inFlight = Atomic<Int>(0)
  private let stopped = Promise<Bool>()
  /// Calls that wait to arrive, for each method. Each arrival posts the next, so that a few cover a burst.
  private static let slots = 8

  /// Binds every listener; calls are taken from `start` on.
  ///
  /// - Throws: `library`, `address` (all or nothing is bound), `credentials`, `method`.
  package init(
    services: [RPCService], listeners: [Listener], callsLimit: Int = Limits.callsInFlight, executor: Executor? = nil
  ) throws(RPCError) {
    let queue = try CompletionQueue()
    var settings = flow_grpc_settings()
    settings.message_bytes = Int32(Limits.messageBytes)
    settings.metadata_bytes = Int32(Limits.metadataBytes)
    settings.streams = Int32(Limits.streamsPerConnection)
    settings.keepalive_ms = 60_000
    settings.keepalive_timeout_ms = 20_000
    // Known workers ping every 30 to 45 s, also without a call; a GOAWAY for that would break them.
    settings.ping_interval_ms = 5_000
    core = flow_grpc_server_create(queue.handle, &settings)
    self.services = services
    self.queue = queue
    self.executor = executor
    self.callsLimit = callsLimit
    do throws(RPCError) {
      methods = try RPCServer.register(services, with: core)
      boundPorts = try RPCServer.bind(listeners, on: core)
    } catch {
      RPCServer.discard(core, queue)
      throw error
    }
  }

  deinit { if !state.withLock({ $0.isStarted }) { RPCServer.discard(core, queue) } }

  private static func register(_ services: [RPCService], with core: OpaquePointer) throws(RPCError) -> [String: Method] {
    var methods: [String: Method] = [:]
    for handler in services.flatMap(\.handlers) {
      guard let token = flow_grpc_server_method(core, handler.path, handler.kind.bringsRequest) else {
        throw RPCError(.method, "\(handler.path) is served twice")
      }
      methods[handler.path] = Method(handler: handler, token: token)
    }
    return methods
  }

  private static func bind(_ listeners: [Listener], on core: OpaquePointer) throws(RPCError) -> [Int] {
    var ports: [Int] = []
    for listener in listeners {
      guard hasUsablePort(listener.address) else { throw bindError(listener, "") }
      var reason: UnsafePointer<CChar>?
      let port = ServerTLS.withCore(listener.tls) { flow_grpc_server_listen(core, listener.address, $0, &reason) }
      guard port >= 0 else { throw RPCError(.credentials, "certificate and key for \(listener.address) are unusable") }
      guard port > 0 else { throw bindError(listener, reason.map { String(cString: $0) } ?? "") }
      ports.append(Int(port))
    }
    return ports
  }

  /// The core cuts a port above 65535 down to 16 bits and listens somewhere.
  private static func hasUsablePort(_ address: String) -> Bool {
    guard !address.hasPrefix("unix"), let colon = address.lastIndex(of: ":") else { return true }
    return UInt16(address[address.index(after: colon)...]) != nil
  }

  private static func bindError(_ listener: Listener, _ log: String) -> RPCError {
    if listener.tls != nil, log.contains("Invalid cert") || log.contains("handshaker factory") || log.contains("credentials") {
      return RPCError(.credentials, "certificate and key for \(listener.address) are unusable")
    }
    let known = ["Address already in use", "Permission denied", "Cannot assign requested address", "Name or service not known"]
    let reason = known.first { log.contains($0) }.map { $0.prefix(1).lowercased() + $0.dropFirst() } ?? "no such address"
    return RPCError(.address, "cannot listen on \(listener.address): \(reason)")
  }

  /// The core wants a server shut down before it is destroyed, also when it never ran.
  private static func discard(_ core: OpaquePointer, _ queue: CompletionQueue) {
    let done = ShutdownWaiter()
    if queue.start(
      done,
      {
        flow_grpc_server_shutdown(core, Unmanaged<CoreOwner>.passUnretained(done).toOpaque()); return 1
      })
    {
      _ = done.promise.wait(ms: 5_000)
    }
    flow_grpc_server_destroy(core)
    queue.shutdown()
  }

  // MARK: running

  /// Takes calls from now on.
  package func start() throws(RPCError) {
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { throw RPCError(.state, "the server was started before") }
    flow_grpc_server_start(core)
    for path in methods.keys.sorted() {
      for _ in 0..<RPCServer.slots { post(methods[path]?.handler) }
    }
    for _ in 0..<RPCServer.slots { post(nil) }
  }

  private func post(_ handler: RPCHandler?) {
    let token = handler.flatMap { methods[$0.path]?.token }
    let call = ServerCall(handler, server: self, queue: queue)
    _ = call.start { flow_grpc_call_request($0, core, token, handler?.kind.bringsRequest ?? 0, queue.handle) }
  }

  /// A call came in; on the queue's thread.
  func arrived(_ call: ServerCall) {
    post(call.handler)
    let count = inFlight.add(1, ordering: .relaxed).newValue
    guard let handler = call.handler else {
      return call.finish(Status(.unimplemented, "unknown method \(call.path)"))
    }
    guard call.open() else { return }
    guard count <= callsLimit else {
      return call.finish(Status(.resourceExhausted, "\(callsLimit) calls are in flight already", hint: "call again later"))
    }
    guard let executor else { return handler.handle(call) }
    executor { handler.handle(call) }
  }

  func callEnded() { inFlight.subtract(1, ordering: .relaxed) }

  /// Calls that came and are not over.
  package var callsInFlight: Int { inFlight.load(ordering: .relaxed) }

  func streamOpened(_ call: ServerCall) {
    let isStopping = state.withLock { state in
      state.streams[ObjectIdentifier(call)] = call
      return state.isStopping
    }
    if isStopping { call.finish(RPCServer.goingAway) }
  }

  func streamClosed(_ call: ServerCall) { _ = state.withLock { $0.streams.removeValue(forKey: ObjectIdentifier(call)) } }

  /// Ends the streams of some services, behind what they have still to write.
  package func endStreams(of services: [String], _ status: Status) {
    let ended = state.withLock { state in
      state.streams.values.filter { stream in services.contains { stream.path.hasPrefix("/\($0)/") } }
    }
    for stream in ended { stream.finish(status) }
  }

  // MARK: stopping

  private static let goingAway = Status(.unavailable, "the server is shutting down")

  /// Takes no new calls, ends the streams with UNAVAILABLE, lets unary calls go on for the grace time, then cancels what is left.
  /// Returns when nothing is left. Must not be called from a handler.
  package func shutdown(graceMs: Int64) {
    let streams: [ServerCall]? = state.withLock { state in
      guard state.isStarted, !state.isStopping else { return nil }
      state.isStopping = true
      return Array(state.streams.values)
    }
    guard let streams else { return }
    let isStarted = queue.start(self) {
      flow_grpc_server_shutdown(core, Unmanaged<CoreOwner>.passUnretained(self).toOpaque())
      return 1
    }
    guard isStarted else { return }
    for stream in streams { stream.finish(RPCServer.goingAway) }
    if stopped.wait(ms: graceMs) == nil {
      flow_grpc_server_cancel_all(core)
      // Cancelling is prompt; a server that does not end then is left behind rather than waited for.
      guard stopped.wait(ms: 10_000) != nil else { return }
    }
    queue.shutdown()
    flow_grpc_server_destroy(core)
  }

  override func completed(_ event: CoreEvent, ok: Bool) {
    if event == .shutdown { stopped.keep(true) }
  }
}

extension RPCKind {
  /// 1 when the only message of the request comes with the call.
  fileprivate var bringsRequest: Int32 {
    switch self {
    case .unary, .serverStreaming: 1
    case .clientStreaming, .bidirectional: 0
    }
  }
}

/// Waits for the end of a server that never ran.
private final class ShutdownWaiter: CoreOwner, @unchecked Sendable {
  // Safety: the promise guards itself.
  let promise = Promise<Bool>()

  override func completed(_ event: CoreEvent, ok: Bool) { promise.keep(ok) }
}
