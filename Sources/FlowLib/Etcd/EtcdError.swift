import FlowCore
import FlowRPC

/// Why etcd did not do what it was asked.
package enum EtcdError: Error, Sendable, Equatable {
  /// No endpoint took the call in time: it did not happen.
  case unreachable(String)
  /// The call may have happened or not. Only a look at what is stored can tell; it is never repeated blindly.
  case outcomeUnknown(String)
  /// The quota is used up. etcd takes no writes but deletions until space was made and the alarm is off.
  case noSpace(String)
  /// The wanted revision was compacted.
  case compacted
  /// The wanted revision is still to come: the server is behind, or was restored from an older backup.
  case futureRevision
  /// Name, password or permission.
  case credentials(String)
  case tooLarge(String)
  case leaseGone
  /// The members do not agree about what is stored.
  case corrupt(String)
  case closed
  case refused(Status)
}

extension EtcdError: CustomStringConvertible {
  package var description: String { status.description }

  /// The error for those who ask over our own surfaces.
  package var status: Status {
    switch self {
    case .unreachable(let why): Status(.unavailable, "etcd can not be reached: \(why)", hint: EtcdError.hint(unreachable: why))
    case .outcomeUnknown(let why):
      Status(.unavailable, "etcd did not answer, it may have done what it was asked: \(why)", hint: "look at the state before trying again")
    case .noSpace(let why):
      Status(
        .resourceExhausted, "etcd has no space: \(why)", hint: "raise --quota-backend-bytes, or compact, defragment and disarm the alarm")
    case .compacted: Status(.outOfRange, "the wanted revision of etcd was compacted", hint: "read what is there now")
    case .futureRevision:
      Status(.outOfRange, "etcd has not come to the wanted revision", hint: "check whether an older backup was restored")
    case .credentials(let why):
      Status(
        .unauthenticated, "etcd refuses the credentials: \(why)",
        hint: "check user, password and role in etcd, and the client's certificate")
    case .tooLarge(let why):
      Status(.invalidArgument, "the request is too large for etcd: \(why)", hint: "check etcd's --max-request-bytes and --max-txn-ops")
    case .leaseGone: Status(.notFound, "the lease has ended")
    case .corrupt(let why): Status(.dataLoss, "etcd's members differ: \(why)", hint: "replace the damaged member, or restore a backup")
    case .closed: Status(.unavailable, "the connection to etcd was closed")
    case .refused(let status): status
    }
  }
}

extension EtcdError {
  private static func hint(unreachable why: String) -> String {
    if why.contains("certificate is not trusted") {
      return "check --etcd-ca, and the names and dates in etcd's certificate"
    }
    // Who wants TLS, or another certificate, often just hangs up.
    let hangsUp = ["TLS", "the connection was lost", "failed to connect", "Endpoint read failed", "Transport closed", "shutting down"]
    if hangsUp.contains(where: { why.contains($0) }) {
      return "check that it runs, whether it asks for TLS (--etcd-ca), and for a certificate (--etcd-cert, --etcd-key) of its authority "
        + "that is still valid"
    }
    return "check that a majority of etcd's members runs, and the addresses in --store"
  }
}

/// What a failed call means for the next step.
enum Verdict {
  /// It was not carried out: any endpoint may be asked again.
  case notDone(String)
  /// It may have been carried out. Reads may be asked again.
  case unknown(String)
  /// It was not carried out for lack of a valid token.
  case tokenIsOld
  case final(EtcdError)

  init(_ status: Status) {
    let text = status.message
    switch status.code {
    case .unavailable: self = Verdict.ofUnavailable(text)
    case .deadlineExceeded, .cancelled, .unknown, .internal, .aborted: self = .unknown(text)
    case .unauthenticated: self = .tokenIsOld
    case .permissionDenied: self = .final(.credentials(text))
    case .dataLoss: self = .final(.corrupt(text))
    case .outOfRange: self = .final(text.contains("compacted") ? .compacted : .futureRevision)
    case .notFound: self = .final(text.contains("lease not found") ? .leaseGone : .refused(status))
    case .resourceExhausted: self = Verdict.ofExhausted(text, status)
    case .invalidArgument: self = Verdict.ofInvalidArgument(text, status)
    case .failedPrecondition where text.contains("not leader") || text.contains("learner"): self = .notDone(text)
    case .ok, .alreadyExists, .failedPrecondition, .unimplemented: self = .final(.refused(status))
    }
  }

  /// A connection that never came about carried nothing. One that was lost, or a leader that changed, may have.
  private static func ofUnavailable(_ text: String) -> Verdict {
    let isLost = text.contains("the connection was lost") || text.contains("shutting down")
    if text.hasPrefix("cannot reach"), !isLost { return .notDone(text) }
    if text.hasSuffix("no leader") { return .notDone(text) }
    return .unknown(text)
  }

  private static func ofExhausted(_ text: String, _ status: Status) -> Verdict {
    if text.contains("space exceeded") { return .final(.noSpace(text)) }
    if text.contains("too many requests") { return .notDone(text) }
    if text.contains("larger than max") { return .final(.tooLarge(text)) }
    return .final(.refused(status))
  }

  private static func ofInvalidArgument(_ text: String, _ status: Status) -> Verdict {
    // A call without a token is one of a user without a name.
    if text.contains("revision of auth store is old") || text.contains("user name is empty") { return .tokenIsOld }
    if text.contains("authentication failed") { return .final(.credentials(text)) }
    if text.contains("too large") || text.contains("too many operations") { return .final(.tooLarge(text)) }
    return .final(.refused(status))
  }
}
