import FlowCore
package struct CallOptions: Sendable { package init() {} }
package final class RPCChannel: Sendable {
  package func call<Q, P>(_ method: RPCMethod<Q, P>, _ request: Q, options: CallOptions) throws(Status) -> P {
    throw Status(.unimplemented, "not built yet")
  }
  package func stream<Q, P>(_ method: RPCMethod<Q, P>, _ request: Q, options: CallOptions) -> ClientStream<Q, P> { ClientStream() }
  package func stream<Q, P>(_ method: RPCMethod<Q, P>, options: CallOptions) -> ClientStream<Q, P> { ClientStream() }
}
package struct ClientStream<Request: ProtoMessage, Response: ProtoMessage>: Sendable {}
