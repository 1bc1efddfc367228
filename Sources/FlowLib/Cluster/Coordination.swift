import FlowCore

/// Who leads something: one of those who took part in its election.
package struct Leader: Sendable, Equatable {
  /// The fencing token. Each leader's is above those of all before it.
  package var epoch: UInt64
  /// Who, by node id.
  package var node: String
  /// Where it is reached, for clients that asked another node.
  package var address: String

  package init(epoch: UInt64, node: String, address: String) {
    self.epoch = epoch
    self.node = node
    self.address = address
  }
}

/// What a candidate hears, in order, never two calls at once.
package enum LeadershipEvent: Sendable, Equatable {
  /// This node leads from now on, with this epoch.
  case elected(epoch: UInt64)
  /// This node led and must act as if it had never been the leader; it takes part again by itself, with a new epoch.
  case lost(reason: String)
  /// Somebody leads, this node or another, or nobody does.
  case leader(Leader?)
}

package enum CoordinationError: Error, Sendable, Equatable, CustomStringConvertible {
  case unavailable(String)
  case closed
  /// The caller broke a rule of the port.
  case invalid(String)

  package var description: String {
    switch self {
    case .unavailable(let why): "the coordination service is not available: \(why)"
    case .closed: "the coordination was closed"
    case .invalid(let why): "wrong use of the coordination: \(why)"
    }
  }
}

/// The port to what makes several nodes agree: a lease for each node, and elections that end with it.
///
/// Leases and what is heard here are hints, because a process may sleep longer than its lease: what makes two leaders harmless is that
/// every write is fenced with the epoch. Handlers run on a thread of the coordination and must not block.
package protocol Coordination: AnyObject, Sendable {
  /// Takes part in an election until the candidacy is resigned or the coordination is closed. One candidacy a role.
  func campaign(
    _ role: String, address: String, _ handler: @escaping @Sendable (LeadershipEvent) -> Void
  ) throws(CoordinationError) -> Candidacy

  /// Who leads now; nil when nobody does.
  func leader(of role: String) throws(CoordinationError) -> Leader?

  /// Calls the handler with who leads now and at each change, until the token is cancelled or dropped.
  func watchLeader(of role: String, _ handler: @escaping @Sendable (Leader?) -> Void) throws(CoordinationError) -> Candidacy

  /// Ends candidacies and the lease at once, so that others need not wait for its end. Twice is fine.
  func close()
}

/// Ends taking part when resigned or dropped. What was told before may still be on its way.
package final class Candidacy: Sendable {
  private let end: @Sendable () -> Void

  package init(_ end: @escaping @Sendable () -> Void) { self.end = end }

  /// Gives up leading, if it leads, so that the next one is elected at once.
  package func resign() { end() }
  deinit { end() }
}
