import FlowCore
import Synchronization

/// The archive of a simulated cluster.
extension MemoryStore: Archive {
  package func segments(_ partition: PartitionID) throws(StoreError) -> [ArchiveSegment] {
    try checkUsable()
    return disk.contents.withLock { $0.partitions[partition]?.segments.map(\.segment) ?? [] }
  }

  package func read(_ segment: ArchiveSegment, of partition: PartitionID) throws(StoreError) -> [UInt8]? {
    try checkUsable()
    return disk.contents.withLock { $0.partitions[partition]?.segments.first { $0.segment == segment }?.bytes }
  }

  package func add(
    _ segment: ArchiveSegment, _ bytes: [UInt8], replacing replaced: [ArchiveSegment], to partition: PartitionID, epoch: Epoch
  ) throws(StoreError) {
    try change(partition, epoch) { (segments) throws(StoreError) in
      if let there = segments.first(where: { $0.segment.number == segment.number }) {
        guard there.segment == segment, there.bytes == bytes else { throw .invalid("segment \(segment.number) is another one") }
        return
      }
      segments.removeAll { replaced.contains($0.segment) }
      segments.append((segment, bytes))
    }
  }

  package func remove(_ segments: [ArchiveSegment], of partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try change(partition, epoch) { kept in kept.removeAll { segments.contains($0.segment) } }
  }

  private func change(
    _ partition: PartitionID, _ epoch: Epoch, _ body: (inout [(segment: ArchiveSegment, bytes: [UInt8])]) throws(StoreError) -> Void
  ) throws(StoreError) {
    try checkUsable()
    try disk.contents.locked { (contents) throws(StoreError) in
      var own = contents.partitions[partition] ?? MemoryPartition()
      guard epoch == own.standing.epoch else { throw .fenced(epoch: own.standing.epoch, last: own.standing.last) }
      try body(&own.segments)
      contents.partitions[partition] = own
    }
  }
}
