import FlowCore
import FlowStorage

/// A store in memory that dies, refuses, forgets to answer, and can be made to lie. What is on its disk outlives it.
final class SimulatedStore: Store, @unchecked Sendable {
  // Safety: one seed lives on one thread.
  private let inner: MemoryStore
  private let disk: MemoryDisk
  private let chance: SimulatedChance
  private let mutant: Mutant?
  private(set) var isDead = false
  /// Acknowledged, and not on the disk: only a mutant has such.
  private var unsynced: [(batch: [UInt8], partition: PartitionID, after: Position, epoch: Epoch)] = []

  init(_ disk: MemoryDisk, _ chance: SimulatedChance, _ mutant: Mutant?) {
    self.disk = disk
    self.chance = chance
    self.mutant = mutant
    inner = MemoryStore(disk)
  }

  /// The machine is gone; what waits in its memory too.
  func die() {
    isDead = true
    unsynced = []
  }

  private func crash(_ fault: Fault) throws(StoreError) {
    guard chance.happens(fault) else { return }
    die()
    throw .io("the simulated machine ended")
  }

  private func checkAlive() throws(StoreError) { if isDead { throw .io("the simulated machine has ended") } }

  // MARK: Journal

  func standing(_ partition: PartitionID) throws(StoreError) -> Standing {
    try checkAlive()
    var standing = try inner.standing(partition)
    if mutant == .forgetsTail, standing.mark > .start { standing.last = standing.mark }
    return standing
  }

  func claim(_ partition: PartitionID, epoch: Epoch) throws(StoreError) -> Standing {
    try checkAlive()
    if chance.happens(.claimRefused) { throw .full("injected") }
    _ = try inner.claim(partition, epoch: epoch)
    return try standing(partition)
  }

  func append(
    _ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch, urgency: Urgency
  ) throws(StoreError) -> Position {
    try checkAlive()
    if chance.happens(.appendRefused) { throw .full("injected") }
    if chance.happens(.storeAway) { throw .unavailable("injected") }
    try crash(.crashBeforeAppend)
    let position = try write(mutant?.stored(batch) ?? batch, partition, after, epoch, urgency)
    try crash(.crashAfterAppend)
    if chance.happens(.appendUnanswered) { throw .unknown("injected") }
    return position
  }

  private func write(
    _ batch: [UInt8], _ partition: PartitionID, _ after: Position, _ epoch: Epoch, _ urgency: Urgency
  ) throws(StoreError) -> Position {
    guard mutant == .acknowledgesEarly else { return try inner.append(batch, to: partition, after: after, epoch: epoch, urgency: urgency) }
    unsynced.append((batch, partition, after, epoch))
    if unsynced.count >= 4 { try sync() }
    return after.next
  }

  private func sync() throws(StoreError) {
    for waiting in unsynced {
      _ = try inner.append(waiting.batch, to: waiting.partition, after: waiting.after, epoch: waiting.epoch, urgency: .owed)
    }
    unsynced = []
  }

  func journal(_ partition: PartitionID, after: Position, maxBytes: Int) throws(StoreError) -> [StoredBatch] {
    try checkAlive()
    let batches = try inner.journal(partition, after: after, maxBytes: maxBytes)
    guard mutant == .replaysTwice, let last = batches.last else { return batches }
    return batches + [last]
  }

  // MARK: Records

  func write(_ step: CheckpointStep, partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try checkAlive()
    try sync()
    try crash(.crashBeforeCheckpoint)
    chance.see(step.mark == nil ? "checkpoint step" : "checkpoint mark")
    try inner.write(step, partition: partition, epoch: epoch)
    try crash(.crashAfterCheckpoint)
    if chance.happens(.checkpointUnanswered) { throw .unknown("injected") }
  }

  func heads(_ partition: PartitionID, after: RecordKey?, limit: Int) throws(StoreError) -> [StoredHead] {
    try checkAlive()
    return try inner.heads(partition, after: after, limit: limit)
  }

  func parts(_ partition: PartitionID, _ key: RecordKey) throws(StoreError) -> [[UInt8]]? {
    try checkAlive()
    return try inner.parts(partition, key)
  }

  // MARK: what the partition does not touch, or nothing happens to

  func get(_ key: String) throws(StoreError) -> KVEntry? { try inner.get(key) }
  func range(from: String, to: String?, limit: Int) throws(StoreError) -> KVPage { try inner.range(from: from, to: to, limit: limit) }
  func commit(_ transaction: KVTransaction, urgency: Urgency) throws(StoreError) -> KVOutcome {
    try inner.commit(transaction, urgency: urgency)
  }
  func watch(
    prefix: String, after: Revision, _ handler: @escaping @Sendable (Revision, [KVChange]) -> Void
  ) throws(StoreError) -> WatchToken { try inner.watch(prefix: prefix, after: after, handler) }
  func putBlob(_ bytes: [UInt8], urgency: Urgency) throws(StoreError) -> BlobHash { try inner.putBlob(bytes, urgency: urgency) }
  func blob(_ hash: BlobHash) throws(StoreError) -> [UInt8]? { try inner.blob(hash) }
  func blobs(olderThan instant: Instant, after: BlobHash?, limit: Int) throws(StoreError) -> [BlobHash] {
    try inner.blobs(olderThan: instant, after: after, limit: limit)
  }
  func deleteBlob(_ hash: BlobHash, olderThan instant: Instant) throws(StoreError) -> Bool {
    try inner.deleteBlob(hash, olderThan: instant)
  }
  var format: Int { inner.format }
  var condition: StoreCondition { inner.condition }
  func observeCondition(_ handler: @escaping @Sendable (StoreCondition) -> Void) { inner.observeCondition(handler) }
  func stats() throws(StoreError) -> StoreStats { try inner.stats() }
  func backup(to path: String) throws(StoreError) { try inner.backup(to: path) }
  func close() { inner.close() }
}
