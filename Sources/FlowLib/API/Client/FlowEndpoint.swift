/// Where a daemon listens, and how to speak with it.
package struct FlowEndpoint: Sendable {
  package struct TLS: Sendable {
    /// PEM; nil trusts what the system trusts.
    package var ca: [UInt8]?
    package var certificate: [UInt8]?
    package var key: [UInt8]?

    package init(ca: [UInt8]? = nil, certificate: [UInt8]? = nil, key: [UInt8]? = nil) {
      self.ca = ca
      self.certificate = certificate
      self.key = key
    }
  }

  package static let defaultTimeoutMs: Int64 = 30_000

  /// `flowd` or `healthd`, for messages.
  package var name: String
  /// `host:port` of each of those that share a store, with brackets around an IPv6 address; never empty.
  package var addresses: [String]
  /// nil speaks plain text.
  package var tls: TLS?
  /// Longest wait for one answer.
  package var timeoutMs: Int64

  package init(name: String = "flowd", addresses: [String], tls: TLS? = nil, timeoutMs: Int64 = defaultTimeoutMs) {
    precondition(!addresses.isEmpty, "an endpoint without an address")
    self.name = name
    self.addresses = addresses
    self.tls = tls
    self.timeoutMs = timeoutMs
  }

  package init(name: String = "flowd", host: String, port: Int, tls: TLS? = nil, timeoutMs: Int64 = defaultTimeoutMs) {
    self.init(name: name, addresses: [(host.contains(":") ? "[\(host)]" : host) + ":\(port)"], tls: tls, timeoutMs: timeoutMs)
  }
}
