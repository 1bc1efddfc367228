import FlowCore

/// What became of a message given to a stream.
package enum SendOutcome: Sendable, Equatable {
  /// Taken; it will be written in its turn.
  case queued
  /// Not taken: too much waits already. Ask `whenReady` and send it again then.
  case full
  /// Not taken: the call is over.
  case ended
}

/// A call that is answered once. The answer may come later and from any thread; the first one counts.
package struct UnaryCall<Request: ProtoMessage, Response: ProtoMessage>: Sendable {
  package let request: Request
  /// Headers, peer, deadline, cancellation.
  package let context: ServerCall

  package func respond(_ response: Response, trailers: Metadata = Metadata()) {
    context.respond(response.encoded(), trailers: trailers)
  }

  package func fail(_ status: Status, trailers: Metadata = Metadata()) { context.finish(status, trailers: trailers) }
}

/// A call that is answered by a stream of messages.
package struct ServerStreamCall<Request: ProtoMessage, Response: ProtoMessage>: Sendable {
  package let request: Request
  package let context: ServerCall

  /// - Parameter whenWritten: told true when the transport has taken the message, false when the call ended before.
  @discardableResult
  package func send(_ message: Response, whenWritten: (@Sendable (Bool) -> Void)? = nil) -> SendOutcome {
    context.send(message.encoded(), whenWritten: whenWritten)
  }

  /// Calls back once, when `send` takes messages again or the call has ended. At once when that is so now.
  package func whenReady(_ action: @escaping @Sendable () -> Void) { context.whenReady(action) }

  /// Ends the call behind the messages that wait.
  package func finish(_ status: Status = Status(.ok, ""), trailers: Metadata = Metadata()) {
    context.finish(status, trailers: trailers)
  }
}

/// A call in which the client sends a stream; the answer is a stream too, or one message and `finish`.
package struct BidiCall<Request: ProtoMessage, Response: ProtoMessage>: Sendable {
  package let context: ServerCall

  /// Asks for the client's next message; nil when it has sent its last or the call is over. One question at a time.
  /// Bytes that are no `Request` end the call with INVALID_ARGUMENT and nil.
  package func receive(_ action: @escaping @Sendable (Request?) -> Void) {
    context.receive { [context] bytes in
      guard let bytes else { return action(nil) }
      do throws(ProtoError) {
        action(try Request(decoding: bytes))
      } catch {
        context.finish(Status(.invalidArgument, "the request is not a \(Request.self): \(error)"))
        action(nil)
      }
    }
  }

  @discardableResult
  package func send(_ message: Response, whenWritten: (@Sendable (Bool) -> Void)? = nil) -> SendOutcome {
    context.send(message.encoded(), whenWritten: whenWritten)
  }

  package func whenReady(_ action: @escaping @Sendable () -> Void) { context.whenReady(action) }

  package func finish(_ status: Status = Status(.ok, ""), trailers: Metadata = Metadata()) {
    context.finish(status, trailers: trailers)
  }
}
