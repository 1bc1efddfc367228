/// gRPC's status codes, the only error shape that crosses a process.
///
/// - Source: grpc/grpc, doc/statuscodes.md.
public enum StatusCode: Int, Sendable, CaseIterable {
  case ok = 0, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied,
    resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss,
    unauthenticated

  /// The code as gRPC writes it: `NOT_FOUND`.
  public var name: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internal: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}

/// What went wrong, for the caller: what, why and (in `hint`) what to try.
public struct Status: Error, Sendable, Equatable, CustomStringConvertible {
  public var code: StatusCode
  public var message: String
  public var hint: String?
  /// Set when nothing was done for the call, so that it may be made again or elsewhere, whatever it asks for.
  public var untaken: Untaken?

  public enum Untaken: Sendable, Equatable {
    /// There was no connection that it could have gone over.
    case unsent
    /// The server does not lead; who does (`host:port`), when it knows.
    case standby(leader: String?)
  }

  public init(_ code: StatusCode, _ message: String, hint: String? = nil, untaken: Untaken? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
    self.untaken = untaken
  }

  public var description: String {
    "\(code.name): \(message)" + (hint.map { " (try: \($0))" } ?? "")
  }
}
