import FlowCore
import FlowHTTP
import FlowRPC

/// The ports of a flowd, which stay while it leads, stands by, and leads again.
struct Front: Sendable {
  private static let names = ["FlowDaemon", "flow.v1.Flow"]

  let http: HTTPServer
  private let page = StartingHTTP()
  private let gate = RPCSwitch(Status(.unavailable, "flowd is starting", hint: "ask again in a moment"))
  private let health = RPCHealth(services: Front.names, .notServing)
  private let addresses: ListenAddresses

  init(_ addresses: ListenAddresses, _ log: Log) throws(StartFailure) {
    self.addresses = addresses
    do throws(HTTPServerError) { http = try HTTPServer(addresses.httpOptions(log), handler: page.answer) } catch {
      throw StartFailure("\(error)")
    }
  }

  func startRPC() throws(StartFailure) -> RPCServer {
    let services = [gate.standIn("FlowDaemon", FlowProto.file), gate.standIn("flow.v1.Flow", FlowV1.file), health.service]
    do throws(RPCError) {
      let rpc = try RPCServer(services: RPCReflection.adding(to: services), listeners: addresses.listeners)
      try rpc.start()
      return rpc
    } catch {
      throw StartFailure("\(error)")
    }
  }

  /// The node answers, as long as `isValid` says so.
  func serve(_ node: Node, isValid: @escaping @Sendable () -> Bool = { true }) {
    gate.open(node.services, isValid: isValid)
    page.serve(node.http, isValid: isValid)
    health.setAll(.serving)
  }

  /// Nothing answers but why.
  func stand(_ reason: String, hint: String, _ rpc: RPCServer) {
    let status = Status(.unavailable, reason, hint: hint)
    gate.close(status)
    page.stand("leader: \(reason)")
    health.setAll(.notServing)
    rpc.endStreams(of: Front.names, status)
  }

  func drain() { health.setAll(.notServing) }
}
