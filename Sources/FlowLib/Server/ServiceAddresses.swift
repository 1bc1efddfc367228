import FlowCore
import FlowEngine
import FlowHTTP
import FlowOrchestrator

/// Where the services of a model answer: a given address, a process that runs here, or what the model says.
final class ServiceAddresses: Sendable {
  private let given: [String: HTTPAddress]
  private let orchestrator: ProcessOrchestrator?

  init(given: [String: HTTPAddress], orchestrator: ProcessOrchestrator?) {
    self.given = given
    self.orchestrator = orchestrator
  }

  /// Whether an address was given for this host, so that nothing has to be started for it.
  func isGiven(_ binding: ServiceBinding) -> Bool { given["\(binding.host):\(binding.port)"] != nil || given[binding.host] != nil }

  /// Whether a service is started here and is not up yet.
  func isComing(_ binding: ServiceBinding, deployment: String) -> Bool {
    guard let orchestrator, !binding.command.isEmpty, !binding.isPreexisting, !isGiven(binding) else { return false }
    return orchestrator.endpoint(of: binding.host, deployment: deployment) == nil
  }

  /// Whether a service that is started here began so lately that it may not listen yet.
  func isYoung(_ binding: ServiceBinding, deployment: String, at now: Instant) -> Bool {
    guard let orchestrator, !binding.command.isEmpty, !binding.isPreexisting, !isGiven(binding) else { return false }
    let key = ServiceKey(deployment: deployment, host: binding.host)
    guard let status = orchestrator.status().first(where: { $0.key == key }), status.pid != nil else { return true }
    return now - status.since < 10_000
  }

  /// Nil while a service that is started here is not up.
  func probeAddress(of element: ExecutableElement, deployment: String) -> HTTPAddress? {
    guard let binding = element.service else { return nil }
    if element.startsService, !isGiven(binding), let orchestrator { return orchestrator.endpoint(of: binding.host, deployment: deployment) }
    return address(of: binding, deployment: deployment)
  }

  func address(of binding: ServiceBinding, deployment: String) -> HTTPAddress {
    if let given = given["\(binding.host):\(binding.port)"] ?? given[binding.host] { return given }
    if let started = orchestrator?.endpoint(of: binding.host, deployment: deployment) { return started }
    return HTTPAddress(host: binding.host, port: UInt16(clamping: binding.port))
  }
}
