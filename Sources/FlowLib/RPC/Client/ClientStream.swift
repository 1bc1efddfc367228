import FlowCore

/// A streaming call with its types. Ends with the server's status, `cancel`, or its deadline.
package struct ClientStream<Request: ProtoMessage, Response: ProtoMessage>: Sendable {
  package let call: ClientCall

  init(_ call: ClientCall) { self.call = call }

  /// Blocks for the next message; nil at the good end.
  package func next() throws(Status) -> Response? {
    guard let bytes = try call.next() else { return nil }
    return try ClientStream.decode(bytes).get()
  }

  /// Asks for the next message; calls back on the channel's thread. One question at a time.
  package func receive(_ action: @escaping @Sendable (Received<Response>) -> Void) {
    call.receive { received in
      switch received {
      case .end(let status): action(.end(status))
      case .message(let bytes):
        switch ClientStream.decode(bytes) {
        case .success(let message): action(.message(message))
        case .failure(let status):
          call.cancel()
          action(.end(status))
        }
      }
    }
  }

  /// Calls back for each message and once for the end.
  package func forEach(_ action: @escaping @Sendable (Received<Response>) -> Void) {
    receive { received in
      action(received)
      if case .message = received { forEach(action) }
    }
  }

  /// False when the call is over or too many messages wait.
  @discardableResult
  package func send(_ message: Request, whenWritten: @escaping @Sendable (Bool) -> Void = { _ in }) -> Bool {
    call.send(message.encoded(), whenWritten: whenWritten)
  }

  package func finishSending() { call.finishSending() }
  package func cancel() { call.cancel() }

  private static func decode(_ bytes: [UInt8]) -> Result<Response, Status> {
    do throws(ProtoError) {
      return .success(try Response(decoding: bytes))
    } catch {
      return .failure(Status(.internal, "the server's message is not a \(Response.self): \(error)"))
    }
  }
}
