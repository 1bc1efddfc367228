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
  /// In the order of the file; never empty.
  package let deployments: [AppliedDeployment]
  package let findings: [Finding]

  /// The first of them.
  package var deploymentID: String { deployments[0].id }
  package var version: Int { deployments[0].version }
  /// Nothing was deployed: the latest versions already were this file.
  package var isUnchanged: Bool { deployments.allSatisfy(\.isUnchanged) }
}

package struct AppliedDeployment: Sendable {
  package let id: String
  package let processID: String
  package let version: Int
  /// The latest version of this process already was this file.
  package let isUnchanged: Bool
}

package enum ApplyFailure: Error, Sendable {
  /// The findings say why.
  case invalid([Finding])
  case alreadyExists(String)
  case refused(Refusal)
  case store(StoreError)
}

extension Server {
  /// Stores the processes of a model as deployments and starts them, all or none. Waits; called on a control thread.
  package func apply(_ model: PreparedModel, resourceName: String, isStopped: Bool) throws(ApplyFailure) -> Applied {
    guard !model.executables.isEmpty else { throw .invalid(model.findings) }
    var applied: [AppliedDeployment] = []
    var fresh: [(deploy: Deploy, process: ExecutableProcess)] = []
    for (process, executable) in model.executables {
      guard let id = process.deploymentID else { throw .invalid(model.findings) }
      if let known = board[id]?.deployment {
        guard known.digest == process.digest else { throw .alreadyExists(id) }
        applied.append(AppliedDeployment(id: id, processID: process.id, version: known.version, isUnchanged: true))
        continue
      }
      let version = (board.all.map(\.deployment).filter { $0.processID == process.id }.map(\.version).max() ?? 0) + 1
      do throws(StoreError) { try models.save(model, process, id: id) } catch { throw .store(error) }
      let deploy = Deploy(
        id: id, processID: process.id, version: version, digest: process.digest, resourceName: resourceName, isStopped: isStopped,
        needsNothing: !executable.needsServices)
      fresh.append((deploy, configuration.configured(executable)))
      applied.append(AppliedDeployment(id: id, processID: process.id, version: version, isUnchanged: false))
    }
    try deploy(fresh)
    return Applied(deployments: applied, findings: model.findings)
  }

  private func deploy(_ fresh: [(deploy: Deploy, process: ExecutableProcess)]) throws(ApplyFailure) {
    guard !fresh.isEmpty else { return }
    do throws(Refusal) {
      _ = try partition.ask(fresh)
    } catch {
      guard case .rejected(let rejection) = error, rejection.reason == .alreadyExists else { throw .refused(error) }
      throw .alreadyExists(fresh.first { rejection.message.contains($0.deploy.id) }?.deploy.id ?? fresh[0].deploy.id)
    }
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
