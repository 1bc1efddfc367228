/// Why a server or channel could not be made.
package struct RPCError: Error, Equatable, CustomStringConvertible {
  package enum Code: Sendable {
    /// The gRPC library is not on this machine.
    case library
    /// An address can not be listened on.
    case address
    /// A certificate, key or authority is unusable.
    case credentials
    /// Two services claim one method.
    case method
    /// It was started or shut down before.
    case state
  }

  package let code: Code
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
