import CFlowGRPC
import FlowCore
import Synchronization

/// One call as a server sees it. Its handler may keep it and answer later, from any thread.
///
/// A unary call that is let go without an answer is answered INTERNAL. A stream lives until it is finished, cancelled, or the
/// server shuts down.
package final class ServerCall: CoreCall, @unchecked Sendable {
  // Safety: `request` is written once, on the queue's thread, before any handler sees the call; all else is immutable or locked.
  package private(set) var request: [UInt8] = []
  package var kind: RPCKind { handler?.kind ?? .unary }
  let handler: RPCHandler?
  private let server: RPCServer
  private let state = Mutex(ServerCallState())
  private var hasArrived = false

  init(_ handler: RPCHandler?, server: RPCServer, queue: CompletionQueue) {
    self.handler = handler
    self.server = server
    super.init(flow_grpc_call_create(), queue)
  }

  deinit {
    guard hasArrived else { return }
    if !state.withLock({ $0.isOver }) { cancel(.internal, "the handler let the call go without an answer") }
    server.callEnded()
  }

  // MARK: what came

  /// The caller's headers.
  package var metadata: Metadata { received(trailers: false) }

  /// Where the call comes from: `127.0.0.1:40312`. Not authenticated.
  package var peer: String { peerAddress }

  /// When the caller stops waiting; nil when it waits for ever.
  package var deadline: Instant? {
    let ms = flow_grpc_call_deadline_ms(handle)
    return ms < 0 ? nil : Instant(milliseconds: ms)
  }

  /// Path of the method: `/flow.v1.Flow/Apply`.
  package var path: String {
    if let handler { return handler.path }
    var size = 0
    let bytes = flow_grpc_call_path(handle, &size)
    return String(decoding: UnsafeRawBufferPointer(start: bytes, count: size), as: UTF8.self)
  }

  // MARK: cancellation

  /// True once the caller went away or its deadline passed. A unary call is watched from the first question on.
  package var isCancelled: Bool {
    watchClose()
    return state.withLock { $0.isCancelled }
  }

  /// Calls back once, on the server's thread, when the caller goes away or its deadline passes before the answer; at once when it has.
  package func onCancel(_ action: @escaping @Sendable () -> Void) {
    watchClose()
    perform(state.withLock { $0.onCancel(action) })
  }

  /// A unary call that nobody watches learns of its end with its answer, which saves an event for each call.
  private func watchClose() {
    let isFirst = state.withLock { state in
      defer { state.isCloseWatched = true }
      return !state.isCloseWatched && !state.isOver
    }
    if isFirst { _ = start(flow_grpc_call_watch_close) }
  }

  // MARK: answering

  /// Answers a unary call. The first answer counts.
  package func respond(_ bytes: [UInt8], trailers: Metadata = Metadata()) {
    guard kind == .unary else {
      _ = send(bytes)
      return finish(Status(.ok, ""), trailers: trailers)
    }
    guard bytes.count <= Limits.messageBytes else { return finish(ServerCall.tooLarge(bytes.count)) }
    answer(bytes, Status(.ok, ""), trailers)
  }

  /// Ends the call, behind the messages that wait. The first end counts.
  package func finish(_ status: Status, trailers: Metadata = Metadata()) {
    guard kind != .unary else {
      let isEmptyOK = status.code == .ok
      return answer([], isEmptyOK ? Status(.internal, "the handler gave no answer") : status, trailers)
    }
    perform(state.withLock { $0.finish(status, trailers) })
  }

  private func answer(_ bytes: [UInt8], _ status: Status, _ trailers: Metadata) {
    let (isFirst, isWatched) = state.withLock { state in
      defer { state.isCloseWatched = true }
      return (state.answer(), state.isCloseWatched)
    }
    guard isFirst else { return }
    _ = status.withCore(trailers: trailers) { status in
      start { flow_grpc_call_respond($0, bytes, bytes.count, status, isWatched ? 0 : 1) }
    }
  }

  static func tooLarge(_ size: Int) -> Status {
    Status(.resourceExhausted, "a message of \(size) bytes is above the limit of \(Limits.messageBytes)")
  }

  /// Gives a message to a stream. One is with the transport at a time, others wait up to `Limits.streamMessages` and
  /// `Limits.streamBytes`.
  package func send(_ bytes: [UInt8], whenWritten: (@Sendable (Bool) -> Void)? = nil) -> SendOutcome {
    guard bytes.count <= Limits.messageBytes else {
      finish(ServerCall.tooLarge(bytes.count))
      return .ended
    }
    let (outcome, actions) = state.withLock { $0.send(bytes, whenWritten) }
    perform(actions)
    return outcome
  }

  /// Calls back once when `send` takes messages again, or the call is over; at once when that is so now.
  package func whenReady(_ action: @escaping @Sendable () -> Void) { perform(state.withLock { $0.whenReady(action) }) }

  /// Asks for the caller's next message; nil when there is none or the call is over. One question at a time: a second one gets nil.
  package func receive(_ action: @escaping @Sendable ([UInt8]?) -> Void) {
    guard state.withLock({ $0.ask(action) }) else { return action(nil) }
    guard !start(flow_grpc_call_receive) else { return }
    state.withLock { $0.takeReader() }?(nil)
  }

  private func perform(_ actions: [ServerCallAction]) {
    for action in actions {
      switch action {
      case .tell(let tell): tell()
      case .write(let bytes):
        let isStarted = start { flow_grpc_call_send($0, bytes, bytes.count) }
        if !isStarted { perform(state.withLock { $0.messageWritten(false) }) }
      case .finish(let status, let trailers):
        _ = status.withCore(trailers: trailers) { status in start { flow_grpc_call_finish($0, status) } }
      }
    }
  }

  // MARK: the core's events

  override func completed(_ event: CoreEvent, ok: Bool) {
    switch event {
    case .arrived:
      guard ok else { return }
      hasArrived = true
      server.arrived(self)
    case .read: deliver(ok: ok)
    case .written: perform(state.withLock { $0.messageWritten(ok) })
    case .closed: closed()
    case .finished, .started, .state, .shutdown: break
    }
  }

  /// Takes the request in and makes a stream of the call if it is one.
  ///
  /// - Returns: false when the only message of the call did not come; the call is answered then.
  func open() -> Bool {
    switch kind {
    case .unary, .serverStreaming:
      let message = takeMessage()
      request = message ?? []
      if kind == .serverStreaming { openStream() }
      if message == nil { finish(Status(.invalidArgument, "the call has no request message")) }
      return message != nil
    case .clientStreaming, .bidirectional:
      openStream()
      return true
    }
  }

  private func openStream() {
    state.withLock { $0.isCloseWatched = true }
    _ = start(flow_grpc_call_open_stream)
    server.streamOpened(self)
  }

  private func deliver(ok: Bool) {
    let message = ok ? takeMessage() : nil
    state.withLock { $0.takeReader() }?(message)
  }

  private func closed() {
    let isCancelled = flow_grpc_call_cancelled(handle) != 0
    perform(state.withLock { $0.closed(cancelled: isCancelled) })
    if kind != .unary { server.streamClosed(self) }
  }
}
