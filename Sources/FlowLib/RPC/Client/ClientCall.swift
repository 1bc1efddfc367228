import CFlowGRPC
import FlowCore
import FlowThreads
import Synchronization

/// What a stream brought.
package enum Received<Message: Sendable>: Sendable {
  case message(Message)
  /// The end; `code` is `ok` when the server ended it well.
  case end(Status)
}

/// One call as its caller sees it, in bytes.
package final class ClientCall: CoreCall, @unchecked Sendable {
  // Safety: everything that changes is behind `state`'s lock.
  private struct State: Sendable {
    var whenDone: (@Sendable (Result<Reply<[UInt8]>, Status>) -> Void)?
    var reader: (@Sendable (Received<[UInt8]>) -> Void)?
    var isReadEnded = false
    var status: Status?
    var isWriting = false
    var isSendingClosed = false
    var writers: [@Sendable (Bool) -> Void] = []
    var outgoing: [[UInt8]] = []
  }

  package let isUnary: Bool
  private let channel: RPCChannel
  private let state: Mutex<State>

  init(channel: RPCChannel, _ queue: CompletionQueue, whenDone: (@Sendable (Result<Reply<[UInt8]>, Status>) -> Void)?) {
    self.channel = channel
    isUnary = whenDone != nil
    state = Mutex(State(whenDone: whenDone))
    super.init(flow_grpc_call_create(), queue)
  }

  /// Starts the first batches, which will bring `events` events.
  func begin(events: Int, _ batch: (OpaquePointer) -> Int32) -> Bool {
    // The queue counts one owner a start; a stream starts two batches at once.
    let extra = (1..<events).map { _ in Unmanaged.passRetained(self) }
    let isStarted = start(batch)
    if !isStarted { for held in extra { held.release() } }
    return isStarted
  }

  /// Ends the call CANCELLED, if it has not ended.
  package func cancel() { cancel(.cancelled, "cancelled by the caller") }

  /// Trailers of an ended call.
  package var trailers: Metadata { state.withLock { $0.status != nil } ? received(trailers: true) : Metadata() }

  // MARK: receiving

  /// Asks for the next message of a stream; calls back on the channel's thread, where nothing may block. One question at a time.
  /// The server is held back while nobody asks.
  package func receive(_ action: @escaping @Sendable (Received<[UInt8]>) -> Void) {
    enum Next { case read, tell(Status), busy }
    let next: Next = state.withLock { state in
      guard state.reader == nil else { return .busy }
      if state.isReadEnded, let status = state.status { return .tell(status) }
      state.reader = action
      return .read
    }
    switch next {
    case .read: if !start(flow_grpc_call_receive) { readEnded() }
    case .tell(let status): action(.end(status))
    case .busy: action(.end(Status(.failedPrecondition, "the stream is being read already")))
    }
  }

  /// Blocks for the next message of a stream; nil at its good end.
  package func next() throws(Status) -> [UInt8]? {
    let promise = Promise<Received<[UInt8]>>()
    receive { promise.keep($0) }
    switch promise.wait() {
    case .message(let message): return message
    case .end(let status):
      guard status.code == .ok else { throw status }
      return nil
    }
  }

  private func readEnded() {
    let told: ((@Sendable (Received<[UInt8]>) -> Void), Status)? = state.withLock { state in
      state.isReadEnded = true
      guard let status = state.status, let reader = state.reader else { return nil }
      state.reader = nil
      return (reader, status)
    }
    if let (reader, status) = told { reader(.end(status)) }
  }

  // MARK: sending

  /// Sends a message of a stream behind those that wait. False when the call is over, sending was finished, or too many wait.
  package func send(_ bytes: [UInt8], whenWritten: @escaping @Sendable (Bool) -> Void = { _ in }) -> Bool {
    guard bytes.count <= Limits.messageBytes else { return false }
    let (isTaken, isFirst) = state.withLock { state in
      guard state.status == nil, !state.isSendingClosed, state.outgoing.count < Limits.streamMessages else { return (false, false) }
      state.writers.append(whenWritten)
      guard state.isWriting else {
        state.isWriting = true
        return (true, true)
      }
      state.outgoing.append(bytes)
      return (true, false)
    }
    if isFirst { write(bytes) }
    return isTaken
  }

  /// Tells the server that no more will be sent.
  package func finishSending() {
    let isIdle = state.withLock { state in
      guard !state.isSendingClosed else { return false }
      state.isSendingClosed = true
      return !state.isWriting && state.status == nil
    }
    if isIdle { _ = start(flow_grpc_call_close_sending) }
  }

  private func write(_ bytes: [UInt8]) {
    if !start({ flow_grpc_call_send($0, bytes, bytes.count) }) { written(ok: false) }
  }

  private func written(ok: Bool) {
    let (writer, next, isClosing) = state.withLock { state in
      let writer = state.writers.isEmpty ? nil : state.writers.removeFirst()
      let next = ok && !state.outgoing.isEmpty ? state.outgoing.removeFirst() : nil
      state.isWriting = next != nil
      return (writer, next, ok && next == nil && state.isSendingClosed)
    }
    writer?(ok)
    if let next { write(next) }
    if isClosing { _ = start(flow_grpc_call_close_sending) }
  }

  // MARK: the core's events

  override func completed(_ event: CoreEvent, ok: Bool) {
    switch event {
    case .closed: closed()
    case .read: deliver(ok ? takeMessage() : nil)
    case .written: written(ok: ok)
    case .arrived, .finished, .started, .state, .shutdown: break
    }
  }

  private func deliver(_ message: [UInt8]?) {
    guard let message else { return readEnded() }
    let reader = state.withLock { state in
      defer { state.reader = nil }
      return state.reader
    }
    reader?(.message(message))
  }

  private func closed() {
    var size = 0
    let text = flow_grpc_call_status_message(handle, &size)
    let message = String(decoding: UnsafeRawBufferPointer(start: text, count: size), as: UTF8.self)
    let status = Status(code: Int(flow_grpc_call_status(handle)), message: message, trailers: received(trailers: true))
    end(ConnectionFailure.explain(status, address: channel.address))
  }

  /// Ends a call that never began.
  func fail(_ status: Status) {
    state.withLock { $0.isReadEnded = true }
    end(status)
  }

  private func end(_ status: Status) {
    channel.ended(self)
    let (done, reader, writers) = state.withLock { state in
      state.status = status
      let reader = state.isReadEnded ? state.reader : nil
      if reader != nil { state.reader = nil }
      // The message under way has an event of its own.
      let writers = state.writers.dropFirst(state.isWriting ? 1 : 0)
      state.writers.removeLast(writers.count)
      state.outgoing = []
      defer { state.whenDone = nil }
      return (state.whenDone, reader, writers)
    }
    for writer in writers { writer(false) }
    reader?(.end(status))
    done?(result(status))
  }

  private func result(_ status: Status) -> Result<Reply<[UInt8]>, Status> {
    guard status.code == .ok else { return .failure(status) }
    guard let message = takeMessage() else { return .failure(Status(.internal, "the answer has no message")) }
    return .success(Reply(message: message, headers: received(trailers: false), trailers: received(trailers: true)))
  }
}

/// Turns the core's words about a connection into ours.
package enum ConnectionFailure {
  /// How the message of every failed connection begins.
  package static let prefix = "cannot reach "

  /// A failure to connect names the address and the innermost reason; a status that a server sent stays as it is.
  static func explain(_ status: Status, address: String) -> Status {
    guard status.code == .unavailable, status.untaken == nil else { return status }
    let isUnsent = neverMade.contains { status.message.contains($0) }
    guard isUnsent || lost.contains(where: { status.message.contains($0) }) else { return status }
    return Status(
      .unavailable, "\(prefix)\(address): \(reason(status.message))", hint: "check that the server runs and the address is right",
      untaken: isUnsent ? .unsent : nil)
  }

  /// The call waited for a connection that did not come about.
  private static let neverMade = ["failed to connect to all addresses", "DNS resolution failed", "empty address list"]
  /// The call may have been on its way.
  private static let lost = [
    "Socket closed", "GOAWAY", "Connection reset by peer", "Broken pipe", "keepalive watchdog", "Transport closed", "Endpoint read failed",
  ]

  private static func reason(_ text: String) -> String {
    let known = [
      ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
      ("certificate verify failed", "its certificate is not trusted"),
      ("Connection refused", "connection refused"),
      ("DNS resolution failed", "its name is unknown"), ("timed out", "no answer"), ("No route to host", "no route to it"),
      ("Network is unreachable", "the network is unreachable"), ("No such file or directory", "there is no such socket"),
      ("SSL_ERROR", "it does not accept this TLS connection"), ("handshake", "it does not accept this TLS connection"),
      ("Socket closed", "the connection was lost"), ("reset by peer", "the connection was lost"),
      ("Broken pipe", "the connection was lost"), ("GOAWAY", "the server is shutting down"),
    ]
    return known.first { text.contains($0.0) }?.1 ?? text
  }
}
