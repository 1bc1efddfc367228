import FlowCore
import FlowCrypto
import FlowEngine
import FlowStorage

/// A partition's whole state in one line: SHA-256 over its records in the order of their keys.
package func stateHash(_ state: PartitionState) -> String {
  var bytes: [UInt8] = []
  for record in state.records { bytes += SHA256.digest(of: RecordCodec.encode(record)) }
  return SHA256.hex(of: bytes)
}

/// What the files of a store say when they are read again; nothing is changed.
package struct StoreImage: Sendable {
  /// From the records and the journal's tail, as recovery reads them.
  package let recoveredHash: String
  /// From the journal alone, from its first batch; nil when its beginning has been trimmed.
  package let replayedHash: String?
  package let position: Position
  package let liveInstances: Int

  package init(
    of store: any Store, partition: PartitionID, load: @escaping @Sendable (Deployment) throws(StoreError) -> ExecutableProcess
  ) throws(StoreError) {
    let configuration = PartitionConfiguration(
      id: partition, store: store, world: .real, log: .none, observer: NoObserver(), performer: NoPerformer(), load: load, fatal: { _ in })
    let standing = try store.standing(partition)
    let recovered = try Recovery(configuration).run(from: standing)
    recoveredHash = stateHash(recovered.state)
    position = standing.last
    liveInstances = recovered.state.instances.count
    replayedHash = try StoreImage.replayed(configuration, standing)
  }

  private static func replayed(_ configuration: PartitionConfiguration, _ standing: Standing) throws(StoreError) -> String? {
    var recovered = Recovered(state: PartitionState(partition: UInt64(configuration.id.raw)), mark: .start)
    do throws(StoreError) {
      try Recovery(configuration).replay(after: .start, upTo: standing.last, into: &recovered)
    } catch {
      if case .trimmed = error { return nil }
      throw error
    }
    return stateHash(recovered.state)
  }
}

/// Performs nothing, because the state is only looked at.
final class NoPerformer: ObligationPerformer {
  func perform(_ obligations: [Obligation], for partition: Partition) {}
}
