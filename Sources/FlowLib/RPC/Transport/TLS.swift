import CFlowGRPC

/// How a server proves itself, as PEM texts.
package struct ServerTLS: Sendable {
  package let certificateChain: String
  package let privateKey: String
  /// Authorities of client certificates; with them a client without a good certificate is refused (mTLS).
  package let clientAuthorities: String?

  package init(certificateChain: String, privateKey: String, clientAuthorities: String? = nil) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
    self.clientAuthorities = clientAuthorities
  }

  static func withCore<R>(_ tls: ServerTLS?, _ body: (UnsafePointer<flow_grpc_tls>?) -> R) -> R {
    guard let tls else { return body(nil) }
    return lend(tls.certificateChain, tls.privateKey, tls.clientAuthorities, body)
  }
}

/// What a client asks of a server, and how it proves itself, as PEM texts.
package struct ClientTLS: Sendable {
  /// Authorities to trust; nil means those of the system.
  package let authorities: String?
  package let certificateChain: String?
  package let privateKey: String?
  /// The name the server's certificate must bear, when that is not the address.
  package let serverName: String?

  package init(authorities: String?, certificateChain: String? = nil, privateKey: String? = nil, serverName: String? = nil) {
    self.authorities = authorities
    self.certificateChain = certificateChain
    self.privateKey = privateKey
    self.serverName = serverName
  }

  static func withCore<R>(_ tls: ClientTLS?, _ body: (UnsafePointer<flow_grpc_tls>?) -> R) -> R {
    guard let tls else { return body(nil) }
    return lend(tls.certificateChain, tls.privateKey, tls.authorities, body)
  }
}

private func lend<R>(_ cert: String?, _ key: String?, _ ca: String?, _ body: (UnsafePointer<flow_grpc_tls>?) -> R) -> R {
  withOptionalCString(cert) { cert in
    withOptionalCString(key) { key in
      withOptionalCString(ca) { ca in
        var tls = flow_grpc_tls(cert: cert, key: key, ca: ca)
        return body(&tls)
      }
    }
  }
}

func withOptionalCString<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
  guard let text else { return body(nil) }
  return text.withCString { body($0) }
}
