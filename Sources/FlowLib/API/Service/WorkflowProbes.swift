import FlowClient
import FlowCore
import FlowRPC
import FlowServer

/// Answers `ProbeWorkflow` in the original's shapes: asks healthd when one reports, else probes from here.
///
/// - Source: reference, section 2, ProbeWorkflow.
package struct WorkflowProbes: Sendable {
  private let server: Server
  private let healthdTLS: ClientTLS?
  private let log: Log

  /// - Parameter healthdTLS: how healthd is asked, also when it says that it has no TLS; nil goes by its word and the system's authorities.
  package init(server: Server, healthdTLS: ClientTLS? = nil, log: Log = .none) {
    self.server = server
    self.healthdTLS = healthdTLS
    self.log = log
  }

  /// Waits; called on a control thread.
  package func probe(_ ids: [String]) throws(Status) -> JSON {
    let wanted = ids.isEmpty ? server.board.all.map(\.id) : ids.map { server.board.id(named: $0) }
    if wanted.isEmpty { return ["result": "No workflows exist"] }
    let seen = try look(wanted.filter { server.board[$0] != nil })
    func shown(_ id: String) -> JSON {
      guard let elements = seen[id] else { return ["result": .string("Workflow '\(id)' not found")] }
      let pairs = elements.map { JSON.array([.string($0.id), $0.isUp ? "UP" : "DOWN"]) }
      var object = JSON.Object()
      object[id] = .array(pairs)
      return .object(object)
    }
    if ids.isEmpty { return .array(wanted.map(shown)) }
    if wanted.count == 1 { return shown(wanted[0]) }
    var object = JSON.Object()
    for id in wanted { object[id] = shown(id) }
    return .object(object)
  }

  private typealias Seen = [String: [(id: String, isUp: Bool)]]

  private func look(_ ids: [String]) throws(Status) -> Seen {
    guard let address = server.healthAddress, !ids.isEmpty else { return probedHere(ids) }
    do throws(Status) {
      return try askHealthd(address, ids)
    } catch {
      // healthd may have gone a moment ago; its silence will be noticed, and this question still gets an answer.
      log.warning("healthd could not be asked, services are probed from here", ["flow.healthd": address, "error": error.message])
      return probedHere(ids)
    }
  }

  private func probedHere(_ ids: [String]) -> Seen {
    var seen: Seen = [:]
    for id in ids { seen[id] = server.probe(id).map { ($0.elementID, $0.isUp) } }
    return seen
  }

  /// A healthd with TLS reports its address so.
  private static let secure = "https://"

  private func askHealthd(_ reported: String, _ ids: [String]) throws(Status) -> Seen {
    let hasTLS = reported.hasPrefix(WorkflowProbes.secure)
    let address = hasTLS ? String(reported.dropFirst(WorkflowProbes.secure.count)) : reported
    let channel: RPCChannel
    do throws(RPCError) {
      channel = try RPCChannel(address, tls: healthdTLS ?? (hasTLS ? ClientTLS(authorities: nil) : nil))
    } catch {
      throw Status(.unavailable, "\(error)")
    }
    defer { channel.close() }
    var request = FlowV1.ProbeRequest()
    request.deployments = ids
    let response = try FlowV1.HealthClient(channel).probe(request, options: CallOptions(timeoutMs: 15_000))
    var seen: Seen = [:]
    for deployment in response.deployments { seen[deployment.deploymentID] = deployment.elements.map { ($0.elementID, $0.up) } }
    for id in ids where seen[id] == nil { seen[id] = [] }
    return seen
  }
}
