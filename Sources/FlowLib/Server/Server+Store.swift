import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowView

extension Server {
  /// The hash of the state in memory, and the position that it reflects.
  package var stateHash: (hash: String, position: Position)? {
    partition.look { state, _ in FlowRuntime.stateHash(state) }.map { ($0.value, $0.position) }
  }

  /// What the files of a store say; the store must not be in use.
  package static func image(of store: any Store) throws(StoreError) -> StoreImage {
    let models = ModelStore(store: store)
    return try StoreImage(of: store, partition: partitionID) { deployment throws(StoreError) in try models.load(deployment) }
  }

  /// Runs the checkers of `FlowRuntime` over a store; only reads.
  ///
  /// - Returns: where the journal ends.
  package static func examine(_ store: any Store, ran: (StoreCheckResult) -> Void) throws(StoreError) -> Position {
    let last = try store.standing(partitionID).last
    let models = ModelStore(store: store)
    try FlowRuntime.examine(
      store, partition: partitionID, load: { deployment throws(StoreError) in try models.load(deployment) }, ran: ran)
    return last
  }

  /// Copies a store that stands still into one that is empty, and compares what both recover; then what finished.
  ///
  /// - Parameters:
  ///   - finished: the files in which an embedded store's readers keep what finished; a store with an archive has it there.
  ///   - stillStands: asked with where the source stands, before the target passes for whole.
  /// - Returns: the hash of the state.
  package static func migrate(
    from source: any Store, to target: any Store, finished: (source: String, target: String),
    told: @escaping (StoreCopy.Progress) -> Void, stillStands: ([Standing]) throws(StoreError) -> Bool
  ) throws(StoreError) -> Migrated {
    let progress = try StoreCopy.run(from: source, to: target, partition: partitionID, told: told)
    let (was, now) = (try image(of: source).recoveredHash, try image(of: target).recoveredHash)
    guard was == now else { throw .corrupt("the source's state hashes to \(was), that of the copy to \(now)") }
    let count = try self.finished(source, finished.source).copy(to: self.finished(target, finished.target))
    guard try stillStands(standings(of: source)) else { throw .locked(owner: "somebody who wrote into the source meanwhile") }
    try StoreCopy.finish(target)
    return Migrated(stateHash: now, finished: count, progress: progress)
  }

  package struct Migrated {
    package var stateHash: String
    /// Instances.
    package var finished: Int
    package var progress: StoreCopy.Progress
  }

  private static func finished(_ store: any Store, _ path: String) throws(StoreError) -> FinishedInstances {
    guard let archive = store as? any Archive else { return .file(path) }
    let standing = try store.standing(partitionID)
    return .archive(archive, partitionID, standing.epoch, mark: standing.mark)
  }

  /// Whether nothing is in a store.
  package static func isEmpty(_ store: any Store) throws(StoreError) -> Bool { try StoreCopy.isEmpty(store, partition: partitionID) }

  /// Where each partition of a store stands.
  package static func standings(of store: any Store) throws(StoreError) -> [Standing] { [try store.standing(partitionID)] }
}
