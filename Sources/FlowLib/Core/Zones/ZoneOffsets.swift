/// Offsets of named time zones; a value that the caller brings, so that an expression never reads a machine's files.
package struct ZoneOffsets: Sendable {
  private enum Source: Sendable {
    case local(@Sendable (_ name: String, _ localSeconds: Int64) -> Int64?)
    case rules(@Sendable (_ name: String) -> ZoneRules?)
  }

  private let source: Source

  /// - Parameter lookup: seconds east of UTC of the zone when its local clock shows `localSeconds` since 1970;
  ///   nil when the zone is unknown.
  package init(_ lookup: @escaping @Sendable (_ name: String, _ localSeconds: Int64) -> Int64?) { source = .local(lookup) }

  /// - Parameter rules: all that is known of a zone, nil when it is unknown.
  package init(rules: @escaping @Sendable (_ name: String) -> ZoneRules?) { source = .rules(rules) }

  /// Knows UTC and nothing else.
  package static let utcOnly = ZoneOffsets { name, _ in isUTC(name) ? 0 : nil }

  /// Names that every table knows, also on a machine without time-zone files.
  package static func isUTC(_ name: String) -> Bool { ["UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT"].contains(name) }

  package func knows(_ name: String) -> Bool {
    switch source {
    case .local(let lookup): lookup(name, 0) != nil
    case .rules(let rules): rules(name) != nil
    }
  }

  /// Seconds east of UTC when the zone's clock shows `localSeconds` since 1970; the earlier offset where the clock shows it twice
  /// or, put forward, not at all.
  package func offset(of name: String, localSeconds: Int64) -> Int64? {
    switch source {
    case .local(let lookup): lookup(name, localSeconds)
    case .rules(let rules): rules(name)?.offset(atLocal: localSeconds)
    }
  }

  /// Seconds east of UTC at an instant, in seconds since 1970.
  package func offset(of name: String, instantSeconds: Int64) -> Int64? {
    switch source {
    case .rules(let rules): return rules(name)?.offset(at: instantSeconds)
    case .local(let lookup):
      guard let near = lookup(name, instantSeconds) else { return nil }
      return lookup(name, instantSeconds &+ near)
    }
  }
}
