import FlowCore
import FlowCrypto

/// The port to durable storage: one journal a partition, records behind it, an ordered key-value part, and blobs.
///
/// Every call blocks until its outcome is known and durable; the caller owns the thread. Calls from several threads are safe; those for
/// one partition's journal come from its owner, one at a time. Sizes are bounded by `Limits`, the same on every store.
package protocol Store: AnyObject, Sendable {
  // MARK: Journal

  /// Where the partition stands; epoch 0 and position 0 when it was never claimed.
  func standing(_ partition: PartitionID) throws(StoreError) -> Standing

  /// Shuts out every owner with a lower epoch. The same epoch may claim again (its first answer may have been lost).
  ///
  /// - Throws: `fenced` when a higher epoch has claimed.
  func claim(_ partition: PartitionID, epoch: Epoch) throws(StoreError) -> Standing

  /// One durable commit: the batch is at exactly `after + 1`, or nothing happened and an error says why.
  ///
  /// - Parameter urgency: `owed` may use the reserve that `new` work may not.
  /// - Throws: `fenced` when the journal does not end at `after` or the epoch is not the claimed one; `io` and `unknown` leave the
  ///   outcome unknown.
  func append(
    _ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch, urgency: Urgency
  ) throws(StoreError) -> Position

  /// Batches above `after` in order, whole ones, until `maxBytes` is reached; at least one when there is one.
  ///
  /// - Throws: `trimmed` when the batch at `after + 1` existed and was removed.
  func journal(_ partition: PartitionID, after: Position, maxBytes: Int) throws(StoreError) -> [StoredBatch]

  // MARK: Records

  /// One bounded atomic step; see `CheckpointStep`. A step with a mark then removes what the mark made needless.
  func write(_ step: CheckpointStep, partition: PartitionID, epoch: Epoch) throws(StoreError)

  /// Heads above `after` in order of their keys, at most `limit`.
  func heads(_ partition: PartitionID, after: RecordKey?, limit: Int) throws(StoreError) -> [StoredHead]

  /// A record's parts in order; nil when there is no such record.
  func parts(_ partition: PartitionID, _ key: RecordKey) throws(StoreError) -> [[UInt8]]?

  // MARK: Keys and values

  func get(_ key: String) throws(StoreError) -> KVEntry?

  /// Entries with `from <= key < to` (nil: no upper end), at most `limit`.
  func range(from: String, to: String?, limit: Int) throws(StoreError) -> KVPage

  /// Urgency as in `append`. A commit that changes something has a higher revision than all before it; not always the next number.
  func commit(_ transaction: KVTransaction, urgency: Urgency) throws(StoreError) -> KVOutcome

  /// Every change above `after` of keys with the prefix: in order, none left out, none twice, one call a commit. Where the store is
  /// another process and was away for so long that it forgot changes, they come as one call that leads to what is there.
  ///
  /// The handler runs on the store's or a committer's thread, never twice at once; it must not block, and may call the store.
  /// - Throws: `compacted` when changes above `after` are no longer kept.
  func watch(
    prefix: String, after: Revision, _ handler: @escaping @Sendable (Revision, [KVChange]) -> Void
  ) throws(StoreError) -> WatchToken

  // MARK: Blobs

  /// Stores and syncs bytes under their digest; putting them again makes them young again.
  func putBlob(_ bytes: [UInt8], urgency: Urgency) throws(StoreError) -> BlobHash

  func blob(_ hash: BlobHash) throws(StoreError) -> [UInt8]?

  /// Blobs last put before `instant`, in order, above `after`, at most `limit`: the sweep's candidates.
  func blobs(olderThan instant: Instant, after: BlobHash?, limit: Int) throws(StoreError) -> [BlobHash]

  /// Removes a blob unless it was put again since `instant`; true when it is gone.
  func deleteBlob(_ hash: BlobHash, olderThan instant: Instant) throws(StoreError) -> Bool

  // MARK: The store itself

  /// The format of the stored data.
  var format: Int { get }
  var condition: StoreCondition { get }

  /// Calls the handler at each change of `condition`, on any thread, as long as the store lives.
  func observeCondition(_ handler: @escaping @Sendable (StoreCondition) -> Void)

  func stats() throws(StoreError) -> StoreStats

  /// Writes everything, as it is at one moment, to one new file; work goes on meanwhile.
  func backup(to path: String) throws(StoreError)

  /// Ends use; later calls throw `closed`. Twice is fine.
  func close()
}

extension Store {
  package func append(
    _ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch
  ) throws(StoreError) -> Position { try append(batch, to: partition, after: after, epoch: epoch, urgency: .new) }

  package func commit(_ transaction: KVTransaction) throws(StoreError) -> KVOutcome { try commit(transaction, urgency: .new) }

  package func putBlob(_ bytes: [UInt8]) throws(StoreError) -> BlobHash { try putBlob(bytes, urgency: .new) }

  /// The position that every record reflects at least; replay starts here.
  package func mark(_ partition: PartitionID) throws(StoreError) -> Position { try standing(partition).mark }

  /// Entries whose keys begin with the prefix.
  package func range(prefix: String, limit: Int) throws(StoreError) -> KVPage {
    try range(from: prefix, to: prefix.keyAfterPrefix, limit: limit)
  }
}

/// A partition's place: who owns it, where its journal ends, from where replay starts.
package struct Standing: Sendable, Equatable {
  package var epoch: Epoch
  package var last: Position
  package var mark: Position

  package init(epoch: Epoch = .none, last: Position = .start, mark: Position = .start) {
    self.epoch = epoch
    self.last = last
    self.mark = mark
  }
}

package struct StoredBatch: Sendable, Equatable {
  package var position: Position
  package var bytes: [UInt8]

  package init(position: Position, bytes: [UInt8]) {
    self.position = position
    self.bytes = bytes
  }
}

/// New work is refused before the disk is full, so that what is owed for accepted work can still be written.
package enum Urgency: Sendable, Equatable { case new, owed }

package enum StoreCondition: Sendable, Equatable {
  case writable
  /// New work is refused; back to `writable` by itself.
  case readOnly(reason: String)
  /// Until the process ends.
  case failed(reason: String)
}

package struct StoreStats: Sendable, Equatable {
  /// Bytes on disk, all together.
  package var bytes: Int
  /// Bytes of the journal, folded or not.
  package var journalBytes: Int
  /// Bytes left for work before the store turns read-only; nil when nobody knows.
  package var freeBytes: Int?

  package init(bytes: Int, journalBytes: Int, freeBytes: Int?) {
    self.bytes = bytes
    self.journalBytes = journalBytes
    self.freeBytes = freeBytes
  }
}

/// SHA-256 of a blob's bytes, its name.
package struct BlobHash: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let bytes: [UInt8]

  /// Nil unless there are 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  package init(of content: [UInt8]) { bytes = SHA256.digest(of: content) }

  package static func < (left: BlobHash, right: BlobHash) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
  /// 64 hex digits.
  package var description: String { Hex.text(bytes) }
}

/// Ends its watch when cancelled or dropped; a call that already runs may still finish.
package final class WatchToken: Sendable {
  private let end: @Sendable () -> Void

  package init(_ end: @escaping @Sendable () -> Void) { self.end = end }

  package func cancel() { end() }
  deinit { end() }
}

extension String {
  /// The first key above all keys with this prefix; nil when there is none (empty prefix).
  package var keyAfterPrefix: String? {
    var scalars = Array(unicodeScalars)
    while let last = scalars.popLast() {
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      guard let scalar = Unicode.Scalar(next) else { continue }
      scalars.append(scalar)
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      return String(text)
    }
    return nil
  }
}
