import FlowCore
import FlowRPC

// What FlowClient needs of FlowRPC, and nothing else of it.

extension FlowEndpoint {
  /// Longest time of an attempt to connect where another address may be tried instead.
  private static let connectMs: Int32 = 2_000

  /// Connects when the first call is made. The certificate is for the address, so with TLS the authority is the address too. Without, the
  /// original's clients say `flowd:9001` whatever the address is, so that a gateway can route by it (row A5).
  func openChannel(to address: String) throws(Status) -> RPCChannel {
    let authority = tls == nil && name == "flowd" ? "flowd:9001" : nil
    do throws(RPCError) {
      return try RPCChannel(
        address, tls: try clientTLS(), authority: authority, reconnectMs: addresses == [address] ? 0 : FlowEndpoint.connectMs)
    } catch {
      throw Status(.failedPrecondition, "\(error)")
    }
  }

  private func clientTLS() throws(RPCError) -> ClientTLS? {
    guard let tls else { return nil }
    func text(_ pem: [UInt8]?) -> String? { pem.map { String(decoding: $0, as: UTF8.self) } }
    return ClientTLS(authorities: text(tls.ca), certificateChain: text(tls.certificate), privateKey: text(tls.key))
  }
}

/// - Parameter timeoutMs: nil for a call that may last.
func callOptions(timeoutMs: Int64?) -> CallOptions { CallOptions(timeoutMs: timeoutMs ?? -1) }

extension ClientStream {
  func nextMessage() throws(Status) -> Response? { try next() }
  func abandon() { cancel() }
}
