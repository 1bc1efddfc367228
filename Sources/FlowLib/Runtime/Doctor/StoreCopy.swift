import FlowCore
import FlowEngine
import FlowStorage

/// Copies a partition's records and journal, the key-value part and all blobs from a store that stands still into one that is empty.
///
/// Positions move: the target's journal begins where the source's was trimmed, behind one empty batch. What is last written is the
/// claim of an epoch above the source's, so that epochs go on. A copy that does not come to its end leaves a mark of its own in the
/// key-value part, which says that the target is not whole.
package struct StoreCopy {
  private static let bytesAtOnce = 8 << 20
  private static let page = 512

  /// What has been copied so far.
  package struct Progress: Sendable, Equatable {
    package var blobs = 0
    package var entries = 0
    package var records = 0
    package var batches: UInt64 = 0
  }

  private let source: any Store
  private let target: any Store
  private let partition: PartitionID
  private let told: (Progress) -> Void
  private var progress = Progress()

  private init(_ source: any Store, _ target: any Store, _ partition: PartitionID, told: @escaping (Progress) -> Void) {
    self.source = source
    self.target = target
    self.partition = partition
    self.told = told
  }

  /// Whether nothing is in the store yet.
  package static func isEmpty(_ store: any Store, partition: PartitionID) throws(StoreError) -> Bool {
    guard try store.standing(partition) == Standing(), try store.range(from: "", to: nil, limit: 1).entries.isEmpty else { return false }
    return try store.blobs(olderThan: Instant(milliseconds: .max), after: nil, limit: 1).isEmpty
  }

  /// - Parameters:
  ///   - partition: the only one of the store.
  ///   - told: how far it is, after each page.
  /// - Throws: `invalid` when the target is not empty.
  package static func run(
    from source: any Store, to target: any Store, partition: PartitionID, told: @escaping (Progress) -> Void
  ) throws(StoreError) -> Progress {
    guard try isEmpty(target, partition: partition) else { throw .invalid("the target is not empty") }
    var copy = StoreCopy(source, target, partition, told: told)
    return try copy.run()
  }

  /// The target is whole: called when its state has been compared.
  package static func finish(_ target: any Store) throws(StoreError) {
    _ = try target.commit(KVTransaction(deletes: [StoreMigration.markerKey]), urgency: .owed)
  }

  private mutating func run() throws(StoreError) -> Progress {
    _ = try target.commit(KVTransaction(puts: [(StoreMigration.markerKey, Array("a migration is under way".utf8))]))
    let standing = try source.standing(partition)
    try copyBlobs()
    try copyEntries()
    guard standing.epoch > .none else { return progress }
    let epoch = standing.epoch.next
    _ = try target.claim(partition, epoch: epoch)
    let shift = try copyJournal(standing, epoch)
    try copyRecords(shift, epoch)
    let mark = shift.target(standing.mark)
    try target.write(
      CheckpointStep(mark: mark, trim: shift.target(shift.trimmed)), partition: partition, epoch: epoch)
    return progress
  }

  // MARK: blobs and keys

  private mutating func copyBlobs() throws(StoreError) {
    var last: BlobHash?
    while true {
      let page = try source.blobs(olderThan: Instant(milliseconds: .max), after: last, limit: Limits.pageRows)
      for hash in page {
        guard let bytes = try source.blob(hash) else { continue }
        guard try target.putBlob(bytes) == hash else { throw .corrupt("blob \(hash) does not have the bytes that it is named by") }
        progress.blobs += 1
        told(progress)
      }
      guard let end = page.last else { return }
      last = end
    }
  }

  private mutating func copyEntries() throws(StoreError) {
    var from = ""
    while true {
      let page = try source.range(from: from, to: nil, limit: StoreCopy.page)
      // One at a time: together they could be more than a transaction takes.
      for entry in page.entries where entry.key != StoreMigration.markerKey {
        _ = try target.commit(KVTransaction(puts: [(entry.key, entry.value)]))
        progress.entries += 1
      }
      told(progress)
      guard page.more, let last = page.entries.last else { return }
      from = last.key + "\u{0}"
    }
  }

  // MARK: journal and records

  /// Where positions of the source are in the target.
  private struct Shift {
    let trimmed: Position

    /// What is trimmed becomes one empty batch, which is trimmed in turn: a journal without its beginning must not look whole.
    func target(_ position: Position) -> Position {
      trimmed == .start ? position : Position(max(position.raw, trimmed.raw) - trimmed.raw + 1)
    }
  }

  private mutating func copyJournal(_ standing: Standing, _ epoch: Epoch) throws(StoreError) -> Shift {
    var position = Position.start
    do throws(StoreError) { _ = try source.journal(partition, after: .start, maxBytes: 1) } catch {
      guard case .trimmed(let oldest) = error else { throw error }
      position = oldest
    }
    let shift = Shift(trimmed: position)
    var end = Position.start
    if position > .start {
      end = try target.append(EventBatchWriter(now: Instant(milliseconds: 0)).bytes, to: partition, after: end, epoch: epoch)
    }
    while position < standing.last {
      let batches = try source.journal(partition, after: position, maxBytes: StoreCopy.bytesAtOnce)
      guard let last = batches.last else { throw .corrupt("the journal ends at \(position), it should go on to \(standing.last)") }
      for batch in batches { end = try target.append(batch.bytes, to: partition, after: end, epoch: epoch) }
      position = last.position
      progress.batches += UInt64(batches.count)
      told(progress)
    }
    return shift
  }

  private mutating func copyRecords(_ shift: Shift, _ epoch: Epoch) throws(StoreError) {
    var last: RecordKey?
    while true {
      let heads = try source.heads(partition, after: last, limit: StoreCopy.page)
      for head in heads {
        try copy(head, try source.parts(partition, head.key) ?? [], at: shift.target(head.stamp), epoch)
        progress.records += 1
      }
      told(progress)
      guard heads.count == StoreCopy.page, let end = heads.last?.key else { return }
      last = end
    }
  }

  /// One record, in as many pieces as its size asks for.
  private func copy(_ head: StoredHead, _ parts: [[UInt8]], at stamp: Position, _ epoch: Epoch) throws(StoreError) {
    let perStep = Limits.checkpointBytes / Limits.recordPartBytes - 1
    var first = 0
    repeat {
      let end = min(first + perStep, parts.count)
      let record = Record(
        key: head.key, stamp: stamp, head: head.head, parts: Array(parts[first..<end]), firstPart: first, isLast: end == parts.count)
      try target.write(CheckpointStep(records: [record]), partition: partition, epoch: epoch)
      first = end
    } while first < parts.count
  }
}
