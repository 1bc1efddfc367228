import FlowBPMN
import FlowCore
import FlowEngine
import FlowHealth
import FlowOrchestrator
import FlowRuntime
import FlowStorage
import FlowThreads

/// What `apply` did.
package struct Applied: Sendable {
  package let deploymentID: String
  package let version: Int
  /// The latest version of this process already was this file.
  package let isUnchanged: Bool
  package let findings: [Finding]
}

package enum ApplyFailure: Error, Sendable {
  /// The findings say why.
  case invalid([Finding])
  case alreadyExists(String)
  case refused(Refusal)
  case store(StoreError)
}

extension Server {
  /// Stores a model's process as a deployment and starts it. Waits; called on a control thread.
  package func apply(_ model: PreparedModel, resourceName: String, isStopped: Bool) throws(ApplyFailure) -> Applied {
    guard let process = model.process, let executable = model.executable, let id = process.deploymentID else {
      throw .invalid(model.findings)
    }
    let versions = board.all.filter { $0.deployment.processID == process.id }.map(\.deployment)
    if let known = board[id]?.deployment {
      guard known.digest == process.digest else { throw .alreadyExists(id) }
      return Applied(deploymentID: id, version: known.version, isUnchanged: true, findings: model.findings)
    }
    let version = (versions.map(\.version).max() ?? 0) + 1
    do throws(StoreError) { try models.save(model, id: id) } catch { throw .store(error) }
    let deploy = Deploy(
      id: id, processID: process.id, version: version, digest: process.digest, resourceName: resourceName, isStopped: isStopped,
      needsNothing: !executable.needsServices)
    do throws(Refusal) {
      _ = try partition.ask(deploy, configuration.configured(executable))
    } catch {
      if case .rejected(let rejection) = error, rejection.reason == .alreadyExists { throw .alreadyExists(id) }
      throw .refused(error)
    }
    return Applied(deploymentID: id, version: version, isUnchanged: false, findings: model.findings)
  }

  /// Sends a command and waits for its answer; called on a control thread.
  package func ask(_ command: Command) -> Result<Answered, Refusal> {
    let deleted = deployment(deletedBy: command)
    do throws(Refusal) {
      let answered = try partition.ask(command, lane: .internal)
      if let deleted { models.retire(deleted, at: answered.position) }
      return .success(answered)
    } catch {
      return .failure(error)
    }
  }

  private func deployment(deletedBy command: Command) -> String? {
    guard case .deleteDeployment(let key) = command else { return nil }
    return board.all.first { $0.deployment.key == key }?.id
  }

  /// Finds models whose deployments were deleted before the node was last stopped; nothing is applied yet.
  func retireOldModels() throws(StoreError) {
    guard let found = partition.look({ state, _ in Set(state.deployments.values.map(\.id)) }) else { return }
    for id in try models.all() where !found.value.contains(id) { models.retire(id, at: found.position) }
  }

  /// Removes models and logs of deployments that are gone for good: replay from the mark meets them no more.
  func sweepModels() throws(StoreError) {
    guard !configuration.keepsJournal else { return }
    for id in try models.sweep(mark: store.standing(Server.partitionID).mark) { orchestrator?.removeLogs(deployment: id) }
  }

  /// The file of a deployment as it was applied.
  package func modelFile(of id: String) throws(StoreError) -> [UInt8]? { try models.file(id: id) }

  // MARK: health

  package func health(of id: String) -> [ElementStatus] { deploymentWork.health(of: id) }

  /// What healthd saw. Returns the ids that are not known (any more).
  package func reported(_ reports: [(deployment: String, elements: [ElementStatus])], from address: String) -> [String] {
    deploymentWork.reported(reports, from: address)
  }

  /// Where healthd answers, when it reported lately.
  package var healthAddress: String? { deploymentWork.healthAddress }

  package func probeTargets(of status: DeploymentStatus) -> [ProbeTarget] { deploymentWork.targets(status) }

  /// Probes a deployment from here and waits for what is seen; called on a control thread.
  package func probe(_ id: String) -> [ElementStatus] {
    let promise = Promise<[ElementStatus]>()
    deploymentWork.probe(id) { promise.keep($0) }
    return promise.wait().sorted { $0.elementID < $1.elementID }
  }

  // MARK: services

  /// Hosts of the services that are or were started for a deployment.
  package func services(of id: String) -> [ServiceKey] {
    guard let status = board[id] else { return [] }
    return status.services.map(\.key)
  }

  package func tail(_ key: ServiceKey, lines: Int) -> [LogLine] { orchestrator?.tail(key, lines: lines) ?? [] }

  package func follow(_ key: ServiceKey, tail lines: Int, onLine: @escaping @Sendable (LogLine) -> Void) -> LogFollower? {
    orchestrator?.follow(key, tail: lines, onLine: onLine)
  }
}
