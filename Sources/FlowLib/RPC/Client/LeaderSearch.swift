import FlowCore

/// Whom to ask next, of several servers of which one leads.
///
/// They are asked one after the other, in rounds; whom a standby names comes before the others. A round is over when nobody is left whom
/// it has not asked.
package struct LeaderSearch: Sendable {
  /// Who is named and leads nowhere must not send us round for ever.
  private static let namedMax = 4

  /// Never empty.
  package let given: [String]
  /// Whom to ask now; not always one of `given`.
  package private(set) var current: String
  /// Since the search began, somebody answered who does not lead.
  package private(set) var hasMetStandby = false
  private var asked: [String] = []
  private var named = 0

  /// - Parameter start: who led last; nil begins with the first.
  package init(_ given: [String], from start: String? = nil) {
    precondition(!given.isEmpty, "a search among no addresses")
    self.given = given
    current = start ?? given[0]
  }

  /// The one that was asked did not take the call: `current` is the next one.
  ///
  /// - Returns: false when a round is over and the next one begins.
  package mutating func goOn(after refusal: Status.Untaken) -> Bool {
    asked.append(current)
    if case .standby(let leader) = refusal {
      hasMetStandby = true
      if let leader, !asked.contains(leader), !LeaderSearch.isElsewhere(leader, from: current), named < LeaderSearch.namedMax {
        named += 1
        current = leader
        return true
      }
    }
    let next = (given.firstIndex(of: current) ?? -1) + 1
    let order = given[(next % given.count)...] + given[..<(next % given.count)]
    if let unasked = order.first(where: { !asked.contains($0) }) {
      current = unasked
      return true
    }
    current = given[next % given.count]
    (asked, named) = ([], 0)
    return false
  }

  /// The one that was asked leads.
  package mutating func found() { (asked, named, hasMetStandby) = ([], 0, false) }

  /// A loopback address that another machine names is its own; here it would be somebody else's.
  private static func isElsewhere(_ leader: String, from standby: String) -> Bool { isLoopback(leader) && !isLoopback(standby) }

  private static func isLoopback(_ address: String) -> Bool {
    address.hasPrefix("localhost:") || address.hasPrefix("127.") || address.hasPrefix("[::1]:")
  }

  /// What a standby may name: `host:port`, nothing that the core would read as something else.
  package static func isAddress(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0, !text.contains("+") else {
      return false
    }
    let host = text[..<colon]
    let isLiteral = host.hasPrefix("[") && host.hasSuffix("]") && host.utf8.count > 2
    let signs = isLiteral ? "-._:%[]" : "-._"
    return !host.isEmpty && host.utf8.count <= Limits.hostBytes
      && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || signs.contains($0)) }
  }
}
