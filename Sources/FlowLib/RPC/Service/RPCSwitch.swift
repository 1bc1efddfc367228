import FlowCore
import Synchronization

/// Services that a server keeps while what answers behind them comes and goes.
package final class RPCSwitch: Sendable {
  private enum State {
    case closed(Status)
    /// `isValid` is asked before each call.
    case open([String: RPCHandler], isValid: @Sendable () -> Bool)
  }

  private let state: Mutex<State>

  /// - Parameter refusal: the answer to every call until it is opened.
  package init(_ refusal: Status) { state = Mutex(.closed(refusal)) }

  /// From now on these answer.
  package func open(_ services: [RPCService], isValid: @escaping @Sendable () -> Bool = { true }) {
    let handlers = Dictionary(services.flatMap(\.handlers).map { ($0.path, $0) }) { first, _ in first }
    state.withLock { $0 = .open(handlers, isValid: isValid) }
  }

  /// From now on every call is refused. Calls under way are their handlers' matter.
  package func close(_ refusal: Status) { state.withLock { $0 = .closed(refusal) } }

  /// What a server registers in a service's place; its methods are those of the descriptor.
  ///
  /// - Parameter name: with its package: `flow.v1.Flow`.
  package func standIn(_ name: String, _ file: RPCFileDescriptor) -> RPCService {
    let descriptor: Descriptor.FileDescriptor
    do throws(ProtoError) { descriptor = try Descriptor.FileDescriptor(decoding: file.bytes) } catch {
      preconditionFailure("the generated descriptor of \(file.name) is broken: \(error)")
    }
    let scope = descriptor.package.isEmpty ? "" : descriptor.package + "."
    let methods = descriptor.services.first { scope + $0.name == name }?.methods ?? []
    let handlers = methods.map { method in
      RPCHandler(path: "/\(name)/\(method.name)", kind: RPCKind(method)) { [self] in handle($0) }
    }
    return RPCService(name: name, file: file, handlers: handlers)
  }

  private func handle(_ call: ServerCall) {
    switch state.withLock({ $0 }) {
    case .closed(let refusal): call.finish(refusal)
    case .open(let handlers, let isValid):
      guard isValid() else {
        let refusal = Status(
          .unavailable, "this server may no longer be the one that answers", hint: "ask again", untaken: .standby(leader: nil))
        return call.finish(refusal)
      }
      guard let handler = handlers[call.path] else { return call.finish(Status(.unimplemented, "nobody serves \(call.path)")) }
      handler.handle(call)
    }
  }
}

extension RPCKind {
  fileprivate init(_ method: Descriptor.MethodDescriptor) {
    switch (method.isClientStreaming, method.isServerStreaming) {
    case (false, false): self = .unary
    case (true, false): self = .clientStreaming
    case (false, true): self = .serverStreaming
    case (true, true): self = .bidirectional
    }
  }
}
