import FlowCore

/// Serves one service; generated protocols refine it and bring `service`.
package protocol RPCServiceProvider: Sendable {
  var service: RPCService { get }
}

/// A service as `RPCServer` serves it.
package struct RPCService: Sendable {
  /// `flow.v1.Flow`.
  package let name: String
  /// Where it is declared, for reflection.
  package let file: RPCFileDescriptor?
  package let handlers: [RPCHandler]

  package init(name: String, file: RPCFileDescriptor?, handlers: [RPCHandler]) {
    self.name = name
    self.file = file
    self.handlers = handlers
  }
}

/// What is done for calls of one method.
package struct RPCHandler: Sendable {
  package let path: String
  package let kind: RPCKind
  let handle: @Sendable (ServerCall) -> Void

  /// A handler that sees bytes.
  package init(path: String, kind: RPCKind, handle: @escaping @Sendable (ServerCall) -> Void) {
    self.path = path
    self.kind = kind
    self.handle = handle
  }

  package static func unary<Q, P>(
    _ method: RPCMethod<Q, P>, _ handle: @escaping @Sendable (UnaryCall<Q, P>) -> Void
  ) -> RPCHandler {
    RPCHandler(path: method.path, kind: method.kind) { call in
      decode(call) { handle(UnaryCall(request: $0, context: call)) }
    }
  }

  package static func serverStreaming<Q, P>(
    _ method: RPCMethod<Q, P>, _ handle: @escaping @Sendable (ServerStreamCall<Q, P>) -> Void
  ) -> RPCHandler {
    RPCHandler(path: method.path, kind: method.kind) { call in
      decode(call) { handle(ServerStreamCall(request: $0, context: call)) }
    }
  }

  package static func streaming<Q, P>(
    _ method: RPCMethod<Q, P>, _ handle: @escaping @Sendable (BidiCall<Q, P>) -> Void
  ) -> RPCHandler {
    RPCHandler(path: method.path, kind: method.kind) { handle(BidiCall(context: $0)) }
  }

  private static func decode<Q: ProtoMessage>(_ call: ServerCall, _ handle: (Q) -> Void) {
    do throws(ProtoError) {
      handle(try Q(decoding: call.request))
    } catch {
      call.finish(Status(.invalidArgument, "the request is not a \(Q.self): \(error)"))
    }
  }
}
