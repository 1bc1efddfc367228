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
  package var host: String
  package var port: Int
  /// The original's clients say `flowd:9001` whatever the address is, so that a gateway can route by it (row A5).
  package var authority: String
  /// nil speaks plain text.
  package var tls: TLS?
  /// Longest wait for one answer.
  package var timeoutMs: Int64

  package init(name: String = "flowd", host: String, port: Int, tls: TLS? = nil, timeoutMs: Int64 = defaultTimeoutMs) {
    self.name = name
    self.host = host
    self.port = port
    self.tls = tls
    self.timeoutMs = timeoutMs
    authority = name == "flowd" ? "flowd:9001" : "\(host):\(port)"
  }

  /// `host:port`, with brackets around an IPv6 address.
  package var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
