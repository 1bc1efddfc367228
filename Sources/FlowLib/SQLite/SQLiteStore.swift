import FlowCore
import FlowStorage
import FlowThreads
import Glibc
import Synchronization

/// The port on SQLite in one data directory, for one process at a time. See `DataDirectory` for its files.
///
/// An I/O error makes the store fail for good: what the disk holds is unknown, the process should stop and recover from what is there.
package final class SQLiteStore: Store {
  let directory: DataDirectory
  let journalFile: JournalFile
  let recordFile: RecordFile
  let blobFolder: BlobFolder
  let reserve: Reserve
  private let hub: WatchHub
  private let keeper: Keeper
  private let marks: Mutex<[PartitionID: Position]>
  private let closed = Atomic(false)

  /// Opens the store of a directory, or makes it.
  ///
  /// - Parameters:
  ///   - reserveBytes: preallocated for accepted work when the disk is full; a quarter more must be free for new work.
  ///   - clock: the age of blobs.
  package convenience init(
    _ path: String, reserveBytes: Int = 64 << 20, clock: @escaping @Sendable () -> Instant = wallClock
  ) throws(StoreError) {
    try self.init(try DataDirectory(path), reserveBytes: reserveBytes, clock: clock)
  }

  init(_ directory: DataDirectory, reserveBytes: Int, clock: @escaping @Sendable () -> Instant = wallClock) throws(StoreError) {
    self.directory = directory
    recordFile = try RecordFile(directory.file("records.db"))
    let known = try recordFile.marks()
    let keeper = Keeper()
    journalFile = try JournalFile(directory.file("journal.db"), marks: known) { [weak keeper] in keeper?.wake() }
    blobFolder = BlobFolder(directory.file("blobs"), clock: clock)
    reserve = Reserve(directory, bytes: reserveBytes)
    hub = WatchHub(revision: try recordFile.read { (database) throws(StoreError) in try database.revision() })
    marks = Mutex(known)
    self.keeper = keeper
    try SQLiteStore.identify(recordFile, journalFile, isComplete: directory.isComplete)
    if !directory.isComplete { try directory.complete() }
    keeper.start(journalFile, reserve)
  }

  deinit { close() }

  /// Both files carry the same random bytes, so that a file of another store is found out.
  private static func identify(_ records: RecordFile, _ journal: JournalFile, isComplete: Bool) throws(StoreError) {
    if isComplete {
      let one = try records.read { (database) throws(StoreError) in try database.identity() }
      guard let one, try journal.identity() == one else { throw .corrupt("journal.db and records.db are not of one store") }
    } else {
      var generator = SystemRandomNumberGenerator()
      let fresh = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
      try records.write { (database) throws(StoreError) in try database.setIdentity(fresh) }
      try journal.setIdentity(fresh)
    }
  }

  package var format: Int { DataDirectory.format }
  package var condition: StoreCondition { reserve.condition }
  package func observeCondition(_ handler: @escaping @Sendable (StoreCondition) -> Void) { reserve.observe(handler) }

  package func close() {
    guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    keeper.stop()
    var failed = false
    if case .failed = reserve.condition { failed = true }
    journalFile.close(failed: failed)
    recordFile.close(failed: failed)
    directory.unlock()
  }

  /// Refuses what must not begin, and remembers a device that failed.
  func guarded<T: Sendable>(
    _ urgency: Urgency? = nil, bytes: Int = 0, _ body: () throws(StoreError) -> T
  ) throws(StoreError) -> T {
    guard !closed.load(ordering: .acquiring) else { throw .closed }
    if let urgency {
      try reserve.admit(urgency, bytes: bytes)
    } else if case .failed(let reason) = reserve.condition {
      throw .io(reason)
    }
    do throws(StoreError) {
      return try body()
    } catch {
      if case .io(let reason) = error { reserve.fail(reason) }
      if case .full(let reason) = error { reserve.ranFull(reason) }
      throw error
    }
  }

  private func markOf(_ partition: PartitionID) -> Position { marks.withLock { $0[partition] ?? .start } }
}

// MARK: Journal

extension SQLiteStore {
  package func standing(_ partition: PartitionID) throws(StoreError) -> Standing { try guarded { place(partition) } }

  private func place(_ partition: PartitionID) -> Standing {
    let (epoch, last) = journalFile.place(partition)
    return Standing(epoch: epoch, last: last, mark: markOf(partition))
  }

  package func claim(_ partition: PartitionID, epoch: Epoch) throws(StoreError) -> Standing {
    try guarded(.owed) { () throws(StoreError) in
      // Behind the records' lock, so that no step of the owner before is under way when this returns.
      try recordFile.write { (database) throws(StoreError) in
        try journalFile.claim(partition, epoch: epoch)
        try database.dropUnfinished(partition)
      }
      return place(partition)
    }
  }

  package func append(
    _ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch, urgency: Urgency
  ) throws(StoreError) -> Position {
    guard batch.count <= Limits.batchBytes else { throw .tooLarge("a batch of \(batch.count) bytes", limit: Limits.batchBytes) }
    return try guarded(urgency, bytes: batch.count) { () throws(StoreError) in
      try journalFile.append(batch, to: partition, after: after, epoch: epoch)
      return after.next
    }
  }

  package func journal(_ partition: PartitionID, after: Position, maxBytes: Int) throws(StoreError) -> [StoredBatch] {
    try guarded { () throws(StoreError) in try journalFile.batches(partition, after: after, maxBytes: maxBytes) }
  }
}

// MARK: Records

extension SQLiteStore {
  package func write(_ step: CheckpointStep, partition: PartitionID, epoch: Epoch) throws(StoreError) {
    let bytes = step.records.reduce(0) { $0 + $1.head.count + $1.parts.reduce(0) { $0 + $1.count } }
    try guarded(.owed, bytes: bytes) { () throws(StoreError) in
      try recordFile.write { (database) throws(StoreError) in
        let standing = place(partition)
        guard standing.epoch == epoch, epoch > .none else { throw .fenced(epoch: standing.epoch, last: standing.last) }
        try step.check(standing: standing)
        try database.write(step, partition, mark: standing.mark)
        if let mark = step.mark { marks.withLock { $0[partition] = mark } }
      }
      guard let mark = step.mark else { return }
      journalFile.allowTrim(partition, through: min(mark, step.trim ?? mark))
      // One lock and one transaction a handful, so that others get in between.
      while try recordFile.write({ (database) throws(StoreError) in try database.removeDoomed(partition, mark: mark) }) {}
    }
  }

  package func heads(_ partition: PartitionID, after: RecordKey?, limit: Int) throws(StoreError) -> [StoredHead] {
    try guarded { () throws(StoreError) in
      try recordFile.heads(partition, after: after, limit: max(0, limit), mark: markOf(partition))
    }
  }

  package func parts(_ partition: PartitionID, _ key: RecordKey) throws(StoreError) -> [[UInt8]]? {
    try guarded { () throws(StoreError) in try recordFile.parts(partition, key, mark: markOf(partition)) }
  }
}

// MARK: Keys and values

extension SQLiteStore {
  package func get(_ key: String) throws(StoreError) -> KVEntry? {
    try guarded { () throws(StoreError) in try recordFile.read { (database) throws(StoreError) in try database.entry(key) } }
  }

  package func range(from: String, to: String?, limit: Int) throws(StoreError) -> KVPage {
    let limit = max(0, min(limit, Int(Int32.max)))
    return try guarded { () throws(StoreError) in
      try recordFile.read { (database) throws(StoreError) in try database.page(from: from, to: to, limit: limit) }
    }
  }

  package func commit(_ transaction: KVTransaction, urgency: Urgency) throws(StoreError) -> KVOutcome {
    try transaction.check()
    let bytes = transaction.puts.reduce(0) { $0 + $1.value.count }
    let outcome = try guarded(urgency, bytes: bytes) { () throws(StoreError) in
      try recordFile.write { (database) throws(StoreError) in
        let (outcome, changes) = try database.commit(transaction)
        if case .committed(let revision) = outcome, !changes.isEmpty { hub.publish(revision, changes) }
        return outcome
      }
    }
    hub.deliver()
    return outcome
  }

  package func watch(
    prefix: String, after: Revision, _ handler: @escaping @Sendable (Revision, [KVChange]) -> Void
  ) throws(StoreError) -> WatchToken {
    let token = try guarded { () throws(StoreError) in
      try recordFile.write { (database) throws(StoreError) in
        let revision = try database.revision()
        guard after <= revision else { throw .invalid("watch after \(after), the store is at \(revision)") }
        return try hub.watch(prefix: prefix, after: after, handler)
      }
    }
    hub.deliver()
    return token
  }
}

// MARK: Blobs, and the store itself

extension SQLiteStore {
  package func putBlob(_ bytes: [UInt8], urgency: Urgency) throws(StoreError) -> BlobHash {
    guard bytes.count <= Limits.blobBytes else { throw .tooLarge("a blob of \(bytes.count) bytes", limit: Limits.blobBytes) }
    return try guarded(urgency, bytes: bytes.count) { () throws(StoreError) in try blobFolder.put(bytes) }
  }

  package func blob(_ hash: BlobHash) throws(StoreError) -> [UInt8]? {
    try guarded { () throws(StoreError) in try blobFolder.get(hash) }
  }

  package func blobs(olderThan instant: Instant, after: BlobHash?, limit: Int) throws(StoreError) -> [BlobHash] {
    try guarded { () throws(StoreError) in try blobFolder.list(olderThan: instant, after: after, limit: limit) }
  }

  package func deleteBlob(_ hash: BlobHash, olderThan instant: Instant) throws(StoreError) -> Bool {
    try guarded { () throws(StoreError) in try blobFolder.delete(hash, olderThan: instant) }
  }

  package func stats() throws(StoreError) -> StoreStats {
    try guarded { () throws(StoreError) in
      let files = ["journal.db", "journal.db-wal", "records.db", "records.db-wal"].reduce(0) {
        $0 + (fileSize(at: directory.file($1)) ?? 0)
      }
      return StoreStats(
        bytes: files + (try blobFolder.totalBytes()), journalBytes: try journalFile.usedBytes(), freeBytes: reserve.freeBytes)
    }
  }
}

/// The thread that folds the journal's log, removes old rows when nothing else is done, and looks whether space is back.
final class Keeper: Sendable {
  private let thread = Mutex<LoopThread?>(nil)
  private let seen = Mutex<UInt64>(0)

  func start(_ journal: JournalFile, _ reserve: Reserve) {
    let loop = LoopThread("flow-keeper", intervalMs: 200) { [weak self] in self?.keep(journal, reserve) }
    thread.withLock { $0 = loop }
  }

  func wake() { thread.withLock { $0 }?.wake() }
  func stop() { thread.withLock { $0.take() }?.stop() }

  private func keep(_ journal: JournalFile, _ reserve: Reserve) {
    reserve.recheck()
    do throws(StoreError) {
      try journal.fold()
      while try seen.locked({ (count) throws(StoreError) in try journal.trimWhenIdle(&count) }) {}
    } catch {
      // A full disk or a busy file is tried again; a device that failed is the end.
      if case .io(let reason) = error { reserve.fail(reason) }
      if case .corrupt(let reason) = error { reserve.fail(reason) }
    }
  }
}
