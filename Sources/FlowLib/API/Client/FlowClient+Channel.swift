import FlowCore
import FlowRPC

// What FlowClient needs of FlowRPC, and nothing else of it.

extension FlowEndpoint {
  func openChannel() throws(Status) -> RPCChannel { throw Status(.unimplemented, "not built yet") }
}

/// - Parameter timeoutMs: nil for a call that may last.
func callOptions(timeoutMs: Int64?) -> CallOptions { CallOptions() }

extension ClientStream {
  func nextMessage() throws(Status) -> Response? { nil }
  func abandon() {}
}
