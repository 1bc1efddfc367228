import CMicroHTTPD

extension HTTPServer {
  /// How a server proves itself, and what it asks of clients, as PEM texts.
  package struct TLS: Sendable {
    package var certificate: String
    package var key: String
    /// Authorities of client certificates; with them every request of a client without a good certificate is a 403.
    package var clientAuthorities: String?

    package init(certificate: String, key: String, clientAuthorities: String? = nil) {
      self.certificate = certificate
      self.key = key
      self.clientAuthorities = clientAuthorities
    }

    /// Which of the texts can not be used, and why; nil when a server can start with them.
    package var problem: PEMProblem? { PEMProblem.of(certificate: certificate, key: key, authorities: clientAuthorities) }
  }
}

/// Why certificates can not be used, found before anything is made of them; of a server's as of a client's.
package struct PEMProblem: Sendable, Equatable {
  package enum Part: Sendable, Equatable { case pair, authorities }

  package let part: Part
  package let reason: String

  /// - Returns: nil when all that is there can be used.
  package static func of(certificate: String?, key: String?, authorities: String?) -> PEMProblem? {
    var part: Int32 = 0
    guard let reason = flow_tls_problem(certificate, key, authorities, &part) else { return nil }
    return PEMProblem(part: part == 0 ? .pair : .authorities, reason: String(cString: reason))
  }
}

/// What a client's certificate is worth, asked once a connection.
enum ClientCertificate {
  /// - Returns: nil when it is good.
  static func problem(of connection: OpaquePointer) -> HTTPProblem? {
    let found = UInt32(flow_mhd_client(connection))
    if found == FLOW_CLIENT_GOOD.rawValue { return nil }
    let reason =
      if found == FLOW_CLIENT_NONE.rawValue {
        "the client shows no certificate"
      } else if found == FLOW_CLIENT_LATE.rawValue {
        "the client's certificate has expired, or is not valid yet"
      } else if found == FLOW_CLIENT_PURPOSE.rawValue {
        "the client's certificate is not for clients"
      } else {
        "the client's certificate is of no authority that is trusted here"
      }
    return HTTPProblem(403, reason, members: ["code": "PERMISSION_DENIED"])
  }
}
