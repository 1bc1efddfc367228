import FlowCore
import FlowRPC

/// Where etcd is, and how long to wait for it.
package struct EtcdConfiguration: Sendable {
  /// `127.0.0.1:2379`, at least one. Any member takes any call.
  package var endpoints: [String]
  package var tls: ClientTLS?
  package var user: User?
  /// How long one call may try, over all endpoints.
  package var timeoutMs: Int64 = 10_000
  /// How long one attempt may take before the next endpoint is asked.
  package var attemptMs: Int64 = 3_000

  package struct User: Sendable {
    package var name: String
    package var password: String

    package init(name: String, password: String) {
      self.name = name
      self.password = password
    }
  }

  package init(endpoints: [String], tls: ClientTLS? = nil, user: User? = nil) {
    self.endpoints = endpoints
    self.tls = tls
    self.user = user
  }

  /// Reads what stands behind `--store`: `etcd://a:2379,b:2379` or `etcd://user:password@a:2379`.
  ///
  /// - Throws: INVALID_ARGUMENT that names what is wrong; never repeats a password.
  package init(url: String, tls: ClientTLS? = nil) throws(Status) {
    let scheme = "etcd://"
    guard url.hasPrefix(scheme) else { throw EtcdConfiguration.bad("it does not begin with \(scheme)") }
    var rest = url.dropFirst(scheme.count)
    while rest.last == "/" { rest.removeLast() }
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else { throw EtcdConfiguration.bad("what stands before @ is not USER:PASSWORD") }
      user = User(name: String(parts[0]), password: String(parts[1]))
      rest = rest[rest.index(after: at)...]
    }
    endpoints = rest.split(separator: ",").map(String.init)
    self.tls = tls
    guard !endpoints.isEmpty else { throw EtcdConfiguration.bad("it names no member") }
    guard endpoints.count <= Limits.etcdEndpoints else { throw EtcdConfiguration.bad("it names more than \(Limits.etcdEndpoints) members") }
    for endpoint in endpoints where !EtcdConfiguration.isAddress(endpoint) {
      throw EtcdConfiguration.bad("'\(endpoint)' is not HOST:PORT")
    }
  }

  private static func isAddress(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return false }
    guard let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else { return false }
    return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
  }

  private static func bad(_ why: String) -> Status {
    Status(.invalidArgument, "the address of etcd is not usable: \(why)", hint: "--store etcd://HOST:PORT,HOST:PORT")
  }
}
