import CMicroHTTPD
import FlowCore
import Synchronization

/// An answer that goes on: bytes are sent as they come, from any thread.
///
/// What the client has not taken yet is kept up to `Limits.httpStreamBytes`; a client slower than that loses its stream.
package final class HTTPStream: @unchecked Sendable {
  // Safety: `connection` is only used by MHD's thread, or to resume it while `state` says that it is suspended.
  enum Kind { case events, bytes }

  private let kind: Kind
  private let connection: OpaquePointer
  private let core: ServerCore
  private let state: Mutex<State>

  /// open → closed (no more bytes, the rest is sent) → finished (the client is gone or has all).
  fileprivate struct State {
    var pending: [UInt8] = []
    var sent = 0
    var isClosed = false
    var isFinished = false
    var isSuspended = false
    /// True when nothing was sent since the last tick.
    var isQuiet = false
    var onClose: (@Sendable () -> Void)?
  }

  init(kind: Kind, connection: OpaquePointer, core: ServerCore, onClose: (@Sendable () -> Void)?) {
    self.kind = kind
    self.connection = connection
    self.core = core
    state = Mutex(State(onClose: onClose))
  }

  /// - Returns: false when the stream is closed, or closes now because the client is too slow.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    let (accepted, resume) = state.withLock { state -> (Bool, Bool) in
      guard !state.isClosed, !state.isFinished else { return (false, false) }
      let waiting = state.pending.count - state.sent
      let fits = waiting + bytes.count <= Limits.httpStreamBytes
      if fits {
        state.pending.append(contentsOf: bytes)
        state.isQuiet = false
      } else {
        state.isClosed = true
      }
      return (fits, state.takeSuspension())
    }
    if resume { MHD_resume_connection(connection) }
    return accepted
  }

  /// Sends one server-sent event; each line of `data` becomes a `data:` line.
  @discardableResult
  package func send(event: String? = nil, id: String? = nil, data: String) -> Bool {
    var text = ""
    if let id { text += "id: \(HTTPStream.oneLine(id))\n" }
    if let event { text += "event: \(HTTPStream.oneLine(event))\n" }
    for line in data.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) { text += "data: \(line)\n" }
    return send(Array((text + "\n").utf8))
  }

  private static func oneLine(_ text: String) -> String {
    String(text.prefix { !$0.isNewline })
  }

  /// Ends the stream after what was sent.
  package func close() {
    let resume = state.withLock { state in
      state.isClosed = true
      return state.takeSuspension()
    }
    if resume { MHD_resume_connection(connection) }
  }

  /// True until the stream was closed or the client was seen to be gone.
  package var isOpen: Bool { state.withLock { !$0.isClosed && !$0.isFinished } }

  // MARK: for the server

  /// Sends a comment when nothing else was sent for a tick; writing is the only way to notice a client that went away.
  func keepAlive() {
    guard kind == .events else { return }
    let quiet = state.withLock { state in
      defer { state.isQuiet = true }
      return state.isQuiet
    }
    if quiet {
      send(Array(":\n\n".utf8))
      state.withLock { $0.isQuiet = true }
    }
  }

  func makeResponse() -> OpaquePointer? {
    let context = Unmanaged.passRetained(self)
    let response = MHD_create_response_from_callback(
      UInt64.max, 16 << 10,
      { context, _, buffer, size in
        guard let context, let buffer else { return HTTPStream.endOfStream }
        return Unmanaged<HTTPStream>.fromOpaque(context).takeUnretainedValue().read(into: buffer, size)
      }, context.toOpaque(),
      { context in
        guard let context else { return }
        Unmanaged<HTTPStream>.fromOpaque(context).takeRetainedValue().finish()
      })
    if response == nil { context.release() }
    return response
  }

  /// MHD_CONTENT_READER_END_OF_STREAM is a macro with a cast.
  private static let endOfStream = -1

  private func read(into buffer: UnsafeMutablePointer<CChar>, _ size: Int) -> Int {
    state.withLock { state in
      let count = min(size, state.pending.count - state.sent)
      if count > 0 {
        let part = state.pending[state.sent..<state.sent + count]
        part.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: buffer, count: count).copyMemory(from: $0) }
        state.advance(count)
        return count
      }
      if state.isClosed { return HTTPStream.endOfStream }
      state.isSuspended = true
      MHD_suspend_connection(connection)
      return 0
    }
  }

  /// The client is gone, or has all.
  func finish() {
    let onClose = state.withLock { state in
      state.isFinished = true
      state.pending = []
      state.sent = 0
      defer { state.onClose = nil }
      return state.onClose
    }
    core.closed(self)
    onClose?()
  }
}

extension HTTPStream.State {
  /// - Returns: true when the caller must resume the connection.
  fileprivate mutating func takeSuspension() -> Bool {
    defer { isSuspended = false }
    return isSuspended
  }

  /// Drops what was sent; in one go when all is gone, so that a fast client costs no moves.
  fileprivate mutating func advance(_ count: Int) {
    sent += count
    if sent == pending.count {
      pending.removeAll(keepingCapacity: true)
      sent = 0
    } else if sent > 64 << 10 {
      pending.removeFirst(sent)
      sent = 0
    }
  }
}
