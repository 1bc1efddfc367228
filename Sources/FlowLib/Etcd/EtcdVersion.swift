/// A version of etcd, and what is known to lose data in it.
package struct EtcdVersion: Sendable, Comparable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let patch: Int

  package init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// `3.4.23`, `3.5.0-rc.1`; nil when it is no version.
  package init?(_ text: String) {
    let numbers = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".").map { Int($0) }
    guard numbers.count >= 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
    self.init(major, minor, patch)
  }

  package static func < (left: EtcdVersion, right: EtcdVersion) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }

  package var description: String { "\(major).\(minor).\(patch)" }

  package struct Bug: Sendable, Equatable {
    /// Its number at etcd-io/etcd.
    package let issue: String
    package let what: String
    /// From here on it is mended, in its minor version.
    package let fixed: EtcdVersion
    let since: EtcdVersion
  }

  private static let known: [Bug] = [
    Bug(
      issue: "14370", what: "a single member can lose an answered write when it crashes", fixed: EtcdVersion(3, 4, 21),
      since: EtcdVersion(3, 4, 0)),
    Bug(
      issue: "14370", what: "a single member can lose an answered write when it crashes", fixed: EtcdVersion(3, 5, 5),
      since: EtcdVersion(3, 5, 0)),
    Bug(issue: "13766", what: "members can differ after a crash under load", fixed: EtcdVersion(3, 5, 3), since: EtcdVersion(3, 5, 0)),
    Bug(
      issue: "14685", what: "members can differ after a crash while defragmenting", fixed: EtcdVersion(3, 5, 6), since: EtcdVersion(3, 5, 0)
    ),
    Bug(
      issue: "14571", what: "members can differ after one is added to a cluster with authentication", fixed: EtcdVersion(3, 4, 22),
      since: EtcdVersion(3, 4, 20)),
    Bug(
      issue: "14571", what: "members can differ after one is added to a cluster with authentication", fixed: EtcdVersion(3, 5, 6),
      since: EtcdVersion(3, 5, 5)),
  ]

  /// What is known of a version; one that is older than all we know is named as such.
  package static func bugs(of text: String) -> [Bug] {
    guard let version = EtcdVersion(text) else { return [] }
    if version < EtcdVersion(3, 4, 0) {
      return [Bug(issue: "-", what: "it is older than any that this program is tested with", fixed: EtcdVersion(3, 4, 22), since: version)]
    }
    return known.filter { version >= $0.since && version < $0.fixed }
  }
}
