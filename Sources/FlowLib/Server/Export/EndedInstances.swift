import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowView
import Synchronization

/// Keeps what recovery meets of instances that ended in the journal's tail, which readers may not have got yet.
final class EndedInstances: PartitionObserver {
  private struct State {
    var rows: [String: InstanceRow] = [:]
    var deleted: Set<String> = []
  }

  private let state = Mutex(State())

  var rows: [InstanceRow] { state.withLock { Array($0.rows.values) } }
  /// Ids of instances of which nothing is to be kept.
  var deleted: Set<String> { state.withLock { $0.deleted } }

  func willApply(_ event: Event, at position: Position, in partition: PartitionState, catalog: Catalog) {
    guard case .instance(let key, let change) = event else { return }
    switch change {
    case .finished(let final, let payload, let failure, let at):
      guard let instance = partition.instances[key], let process = catalog[instance.deployment] else { return }
      var row = InstanceRow(of: instance, process)
      (row.state, row.ended) = (final, at)
      row.show(payload ?? failure?.report)
      if final == .completed { row.endEvent = instance.lastEnd.map { process[$0.element].derivedName } }
      state.withLock { $0.rows[row.id] = row }
    case .deleted(let id):
      state.withLock { state in
        state.rows[id.text] = nil
        state.deleted.insert(id.text)
      }
    case .created, .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .retried,
      .migrated,
      .activity:
      break
    }
  }

  func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog) {}
  func beginBatch(at position: Position) {}
  func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool) {}
  func leavesOut(at position: Position) {}
  func rested() {}
  func discarded() {}
  func settle(_ position: Position) {}
  var settled: Position { .start }
}

extension InstanceRow {
  /// A live instance as readers see it, with the report of what made it STOPPED.
  init(of instance: Instance, _ process: ExecutableProcess) {
    self.init(
      id: instance.id.text, deployment: process.deploymentID, state: instance.state, created: instance.createdAt,
      metadata: instance.metadata.map { MetadataPair($0.name, $0.value) })
    if instance.state == .stopped { show(instance.failure?.report) }
  }

  fileprivate mutating func show(_ payload: Payload?) { (result, contentType) = (payload?.bytes, payload?.contentType) }
}
