import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage

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
}
