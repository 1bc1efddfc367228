import FlowCore

/// The port to where what finished is kept for the next leader: segments of bytes, in the order in which they were added.
///
/// Only a store that several nodes share has one; an embedded store's readers keep it in their own file. Calls block until the outcome
/// is durable, and come from one thread a partition.
package protocol Archive: AnyObject, Sendable {
  /// All segments of a partition, oldest first.
  func segments(_ partition: PartitionID) throws(StoreError) -> [ArchiveSegment]

  /// A segment's bytes; nil when it was removed meanwhile.
  func read(_ segment: ArchiveSegment, of partition: PartitionID) throws(StoreError) -> [UInt8]?

  /// Adds a segment, and in the same moment removes those that it stands for.
  ///
  /// - Parameters:
  ///   - segment: its number is above all others; the same segment may be added again (the first answer may have been lost).
  ///   - replaced: at most `Limits.archiveJoined`.
  /// - Throws: `fenced` when the epoch is not the claimed one, `invalid` when there is another segment of that number.
  func add(
    _ segment: ArchiveSegment, _ bytes: [UInt8], replacing replaced: [ArchiveSegment], to partition: PartitionID, epoch: Epoch
  ) throws(StoreError)

  /// - Throws: `fenced` as in `add`.
  func remove(_ segments: [ArchiveSegment], of partition: PartitionID, epoch: Epoch) throws(StoreError)
}

/// What is known of a segment without reading it.
package struct ArchiveSegment: Sendable, Equatable {
  package var number: UInt64
  /// Everything in it happened up to here.
  package var through: Position
  package var bytes: Int
  /// When it was written.
  package var at: Instant

  package init(number: UInt64, through: Position, bytes: Int, at: Instant) {
    self.number = number
    self.through = through
    self.bytes = bytes
    self.at = at
  }
}
