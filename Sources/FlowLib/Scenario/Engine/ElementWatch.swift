import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import Synchronization

/// Keeps what elements did and how instances ended, as the partition tells it.
final class ElementWatch: PartitionObserver {
  struct Seen {
    var steps: [ElementStep] = []
    var instances: [InstanceSummary] = []
    var places: [Key: Int] = [:]
    /// Root variables of instances that have ended.
    var ended: [Key: JSON.Object] = [:]
  }

  private let seen = Mutex(Seen())
  private let position = Mutex(Position.start)

  func look<T: Sendable>(_ body: (borrowing Seen) -> T) -> T { seen.withLock { body($0) } }

  func willApply(_ event: Event, at position: Position, in state: PartitionState, catalog: Catalog) {
    guard case .instance(let key, let change) = event else { return }
    if case .created(let created) = change { return note(created, catalog) }
    guard let instance = state.instances[key], let process = catalog[instance.deployment] else { return }
    let steps = instance.steps(of: change, process).map { step in
      ElementStep(process[step.element].id, step.scenarioKind, instance: key, isLoopBody: step.isLoopBody)
    }
    seen.withLock { seen in
      seen.steps += steps
      guard case .finished(let final, _, _, _) = change else { return }
      if let place = seen.places[key] { seen.instances[place].state = final == .completed ? .completed : .canceled }
      seen.ended[key] = instance.root
    }
  }

  private func note(_ created: InstanceCreated, _ catalog: Catalog) {
    let summary = InstanceSummary(
      key: created.id.key, process: catalog[created.deployment]?.processID ?? "", state: .active, isCalled: created.parent != nil)
    seen.withLock { seen in
      seen.places[summary.key] = seen.instances.count
      seen.instances.append(summary)
    }
  }

  func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog) {}
  func beginBatch(at position: Position) {}
  func leavesOut(at position: Position) {}
  func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool) {
    self.position.withLock { $0 = position }
  }
  func rested() {}
  func settle(_ position: Position) {}
  func discarded() {}
  var settled: Position { position.withLock { $0 } }
}

extension Instance {
  /// The variables of the process itself.
  var root: JSON.Object { localVariables(of: .process).asObject }
}

extension [Variable] {
  var asObject: JSON.Object {
    var object = JSON.Object()
    for variable in self { object[variable.name] = variable.value.json ?? .null }
    return object
  }
}

extension JSON.Object {
  var asVariables: [Variable] { members.map { Variable($0.name, $0.value) } }
}

extension ElementChange {
  fileprivate var scenarioKind: ElementStep.Kind {
    switch kind {
    case .entered: .entered
    case .completed: .completed
    case .terminated: .terminated
    }
  }
}
