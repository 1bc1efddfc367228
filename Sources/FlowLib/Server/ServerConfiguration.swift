import FlowCore
import FlowEngine
import FlowHTTP
import FlowOrchestrator
import FlowRuntime

/// What a node is told by its program.
package struct ServerConfiguration: Sendable {
  /// Where relative commands of services start.
  package var servicesDirectory = "."
  /// Where services log and where their process records lie; nil keeps them in a temporary folder.
  package var dataDirectory: String
  /// Addresses that stand in for hosts of a model: `calc` or `calc:80` to `127.0.0.1:5000`.
  package var resolve: [String: HTTPAddress] = [:]
  /// Whether commands of services are started here.
  package var runsProcesses = true
  /// How long a service may take to answer one call.
  package var serviceTimeoutMs: Int64 = 30_000
  /// Evaluates FEEL at exclusive gateways in our place; nil: we do.
  private(set) var decisionService: ServiceTarget?
  /// Services outlive the node.
  package var keepsServices = false
  /// Keeps the whole journal for verification.
  package var keepsJournal = false
  package var retention = Retention()
  /// Bytes of finished instances in the store's archive, where it has one.
  package var archiveBytes = 256 << 20
  /// Live instances may take so much memory; past it none is created.
  package var liveBytesMax = Int.max
  /// The fencing token of the election that made this node the leader; nil where there is none.
  package var epoch: UInt64?
  package var log = Log.none
  package var world = World.real
  /// The store failed for good; the program should end.
  package var fatal: @Sendable (String) -> Void = { _ in }

  package init(dataDirectory: String) { self.dataDirectory = dataDirectory }

  /// Lets a DMN server evaluate FEEL at exclusive gateways.
  ///
  /// - Returns: false when the URL is not `http://HOST:PORT`, or with https.
  package mutating func askDecisions(of url: String) -> Bool {
    for scheme in ["http", "https"] where url.hasPrefix(scheme + "://") {
      var rest = url.dropFirst(scheme.count + 3)
      if rest.hasSuffix("/") { rest.removeLast() }
      guard let address = HTTPAddress(String(rest)) else { return false }
      decisionService = ServiceTarget(scheme: scheme, host: address.host, port: address.port, path: "/dmn/dt")
      return true
    }
    return false
  }

  /// A process with what the node decides about it.
  func configured(_ process: ExecutableProcess) -> ExecutableProcess {
    var settings = process.settings
    settings.asksDecisionService = decisionService != nil
    return process.with(settings)
  }

  /// How long readers keep finished instances.
  package struct Retention: Sendable {
    package var ageMs: Int64 = 7 * 86_400_000
    package var bytes = 1 << 30
  }
}
