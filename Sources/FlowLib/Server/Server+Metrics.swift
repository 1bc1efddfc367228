import FlowEngine
import FlowStorage
import FlowView
import Synchronization

/// Calls of services since the node started.
package struct ServiceCallCounts: Sendable, Equatable {
  package let started: Int
  package let succeeded: Int
  package let failed: Int
}

/// What the metrics page and probes ask of a node.
extension Server {
  package var serviceCalls: ServiceCallCounts {
    let counters = serviceWork.counters
    // Ends are read first, so that there are never more of them than starts.
    let (succeeded, failed) = (counters.succeededTotal.load(ordering: .relaxed), counters.failedTotal.load(ordering: .relaxed))
    return ServiceCallCounts(started: counters.startedTotal.load(ordering: .relaxed), succeeded: succeeded, failed: failed)
  }

  /// Instances per state as readers see them now; does not wait for what is just being written.
  package func instanceCounts() throws(StoreError) -> [InstanceState: Int] {
    var counts: [InstanceState: Int] = [:]
    for row in try view.counts().value { counts[row.state, default: 0] += row.count }
    return counts
  }

  /// What live instances take in memory, and how much they may.
  package var liveBytes: (now: Int, max: Int) { (partition.liveBytes, configuration.liveBytesMax) }

  /// Calls that wait because too many others to the same service are in flight.
  package var waitingServiceCalls: Int { serviceWork.waitingCalls }

  /// Up to where readers are.
  package var viewPosition: Position { view.applied(Server.partitionID) }

  package func viewBytes() throws(StoreError) -> Int { try view.bytes() }

  /// Up to where finished instances are archived, and what they take there; nil where the store has no archive.
  package var archive: (position: Position, bytes: Int)? { archiver.map { ($0.archived, $0.bytes) } }

  package var storeCondition: StoreCondition { store.condition }

  package func storeStats() throws(StoreError) -> StoreStats { try store.stats() }

  /// Touches the store; a store that only takes no new work is well.
  package func checkStore() throws(StoreError) {
    if case .failed(let reason) = store.condition { throw .io(reason) }
    _ = try store.standing(Server.partitionID)
  }
}
