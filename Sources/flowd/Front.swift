import FlowCore
import FlowHTTP
import FlowRPC

/// The ports of a flowd, which stay while it leads, stands by, and leads again.
struct Front: Sendable {
  private static let names = ["FlowDaemon", "flow.v1.Flow"]

  let http: HTTPServer
  private let page = StartingHTTP()
  private let gate = RPCSwitch(Standing.starting.status)
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

  /// Nothing answers but why. Who reads a stream is told too, and who waits for an answer that this flowd will not give any more.
  func stand(_ standing: Standing, _ rpc: RPCServer) {
    let status = standing.status
    gate.close(status)
    page.stand("leader: \(standing.reason)")
    health.setAll(.notServing)
    rpc.endStreams(of: Front.names, status)
    http.endStreams()
    if standing.isDeposed { http.endWaiting(HTTPProblem(503, "\(standing.reason); what became of this request is not known").response) }
  }

  func drain() { health.setAll(.notServing) }
}

/// Why a flowd does not serve.
struct Standing: Sendable {
  let reason: String
  let hint: String
  /// `host:port` of the one that leads.
  var leader: String?
  /// It served until now, and what it was doing is thrown away.
  var isDeposed = false

  static let starting = Standing(reason: "flowd is starting", hint: "ask again in a moment")

  /// The answer to calls, none of which is begun.
  var status: Status { Status(.unavailable, reason, hint: hint, untaken: .standby(leader: leader)) }
}
