import FlowEngine
import FlowStorage

/// A partition's state as its store holds it, put together the way recovery does it; nothing is changed.
///
/// - Parameters:
///   - load: compiles a deployment again from what the store keeps of it.
///   - observer: told what recovery tells; nothing is ever `committed`.
package func storedState(
  of store: any Store, partition: PartitionID, load: @escaping @Sendable (Deployment) throws(StoreError) -> ExecutableProcess,
  observer: any PartitionObserver = NoObserver()
) throws(StoreError) -> (state: PartitionState, catalog: Catalog, standing: Standing) {
  let configuration = PartitionConfiguration(
    id: partition, store: store, world: .real, log: .none, observer: observer, performer: NoPerformer(), load: load, fatal: { _ in })
  let standing = try store.standing(partition)
  let recovered = try Recovery(configuration).run(from: standing)
  return (recovered.state, recovered.catalog, standing)
}
