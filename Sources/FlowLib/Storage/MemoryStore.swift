import FlowCore
import Synchronization

/// The port in memory: for `flowctl run`, tests and the simulator. Durable as long as its disk is held.
package final class MemoryStore: Store {
  private struct State {
    var condition = StoreCondition.writable
    var closed = false
    var observers: [@Sendable (StoreCondition) -> Void] = []
  }

  let disk: MemoryDisk
  private let hub: WatchHub
  private let clock: @Sendable () -> Instant
  private let state = Mutex(State())

  /// - Parameter clock: the age of blobs; a simulation brings its own.
  package init(_ disk: MemoryDisk = MemoryDisk(), clock: @escaping @Sendable () -> Instant = { Instant(milliseconds: 0) }) {
    self.disk = disk
    self.clock = clock
    hub = WatchHub(revision: disk.contents.withLock { $0.revision })
  }

  package var format: Int { 1 }
  package var condition: StoreCondition { state.withLock { $0.condition } }

  package func observeCondition(_ handler: @escaping @Sendable (StoreCondition) -> Void) { state.withLock { $0.observers.append(handler) } }

  /// Makes the store refuse new work, or take it again; for tests of what is above.
  package func setCondition(_ condition: StoreCondition) {
    let observers = state.withLock { state -> [@Sendable (StoreCondition) -> Void] in
      guard state.condition != condition else { return [] }
      state.condition = condition
      return state.observers
    }
    for observer in observers { observer(condition) }
  }

  package func close() { state.withLock { $0.closed = true } }

  func checkUsable(_ urgency: Urgency = .owed) throws(StoreError) {
    let (closed, condition) = state.withLock { ($0.closed, $0.condition) }
    guard !closed else { throw .closed }
    switch condition {
    case .writable: return
    case .readOnly(let reason): if urgency == .new { throw .full(reason) }
    case .failed(let reason): throw .io(reason)
    }
  }

  private func fail(_ reason: String) -> StoreError {
    setCondition(.failed(reason: reason))
    return .io(reason)
  }
}

// MARK: Journal

extension MemoryStore {
  package func standing(_ partition: PartitionID) throws(StoreError) -> Standing {
    try checkUsable()
    return disk.contents.withLock { $0.partitions[partition]?.standing ?? Standing() }
  }

  package func claim(_ partition: PartitionID, epoch: Epoch) throws(StoreError) -> Standing {
    try checkUsable()
    if let refused = disk.takeRefusedClaim() { throw refused }
    return try disk.contents.locked { (contents) throws(StoreError) in
      var own = contents.partitions[partition] ?? MemoryPartition()
      guard epoch >= own.standing.epoch, epoch > .none else { throw .fenced(epoch: own.standing.epoch, last: own.standing.last) }
      own.standing.epoch = epoch
      own.unfinished = [:]
      contents.partitions[partition] = own
      return own.standing
    }
  }

  package func append(
    _ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch, urgency: Urgency
  ) throws(StoreError) -> Position {
    try checkUsable(urgency)
    guard batch.count <= Limits.batchBytes else { throw .tooLarge("a batch of \(batch.count) bytes", limit: Limits.batchBytes) }
    let fault = disk.nextFault(partition, after.next)
    switch fault {
    case .full: throw .full("injected")
    case .failsBefore: throw fail("injected, before the write")
    case .unreachable: throw .unavailable("injected")
    case .failsAfter, .answerLost, nil: break
    }
    try disk.contents.locked { (contents) throws(StoreError) in
      let standing = contents.partitions[partition]?.standing ?? Standing()
      guard standing.epoch == epoch, standing.last == after, epoch > .none else {
        throw .fenced(epoch: standing.epoch, last: standing.last)
      }
      contents.partitions[partition]?.batches.append(batch)
      contents.partitions[partition]?.standing.last = after.next
    }
    switch fault {
    case nil: return after.next
    case .answerLost: throw .unknown("injected")
    case .full, .unreachable, .failsBefore, .failsAfter: throw fail("injected, after the write")
    }
  }

  package func journal(_ partition: PartitionID, after: Position, maxBytes: Int) throws(StoreError) -> [StoredBatch] {
    try checkUsable()
    return try disk.contents.locked { (contents) throws(StoreError) in
      guard let own = contents.partitions[partition] else { return [] }
      guard after >= own.trimmed else { throw .trimmed(oldest: own.trimmed) }
      var (found, bytes): ([StoredBatch], Int) = ([], 0)
      var position = after
      while position < own.standing.last {
        position = position.next
        let batch = own.batches[own.first + Int(position.raw - own.trimmed.raw) - 1]
        guard found.isEmpty || bytes + batch.count <= maxBytes else { break }
        bytes += batch.count
        found.append(StoredBatch(position: position, bytes: batch))
      }
      return found
    }
  }
}

// MARK: Records

extension MemoryStore {
  package func write(_ step: CheckpointStep, partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try checkUsable()
    guard !disk.takeLostStep() else { throw .unknown("injected") }
    try disk.contents.locked { (contents) throws(StoreError) in
      var own = contents.partitions[partition] ?? MemoryPartition()
      guard own.standing.epoch == epoch, epoch > .none else { throw .fenced(epoch: own.standing.epoch, last: own.standing.last) }
      try step.check(standing: own.standing)
      for record in step.records { try own.put(record) }
      for deletion in step.deletions { own.doom(deletion) }
      if let mark = step.mark { own.moveMark(to: mark, trim: step.trim) }
      contents.partitions[partition] = own
    }
    if disk.takeLostStepAnswer() { throw .unknown("injected") }
  }

  package func heads(_ partition: PartitionID, after: RecordKey?, limit: Int) throws(StoreError) -> [StoredHead] {
    try checkUsable()
    return disk.contents.withLock { contents in
      guard let own = contents.partitions[partition] else { return [] }
      var index = after.map { own.lowerBound($0) } ?? 0
      if let after, index < own.keys.count, own.keys[index] == after { index += 1 }
      return own.keys[index...].prefix(max(0, limit)).compactMap { key in
        own.records[key].map { StoredHead(key: key, stamp: $0.stamp, head: $0.head) }
      }
    }
  }

  package func parts(_ partition: PartitionID, _ key: RecordKey) throws(StoreError) -> [[UInt8]]? {
    try checkUsable()
    return disk.contents.withLock { $0.partitions[partition]?.records[key]?.parts }
  }
}

// MARK: Keys and values

extension MemoryStore {
  package func get(_ key: String) throws(StoreError) -> KVEntry? {
    try checkUsable()
    return disk.contents.withLock { $0.entries[Array(key.utf8)] }
  }

  package func range(from: String, to: String?, limit: Int) throws(StoreError) -> KVPage {
    try checkUsable()
    return disk.contents.withLock { contents in
      let start = contents.lowerBound(from)
      let end = max(start, to.map { contents.lowerBound($0) } ?? contents.keys.count)
      let keys = contents.keys[start..<end].prefix(max(0, limit))
      return KVPage(
        entries: keys.compactMap { contents.entries[Array($0.utf8)] }, revision: contents.revision, more: keys.count < end - start)
    }
  }

  package func commit(_ transaction: KVTransaction, urgency: Urgency) throws(StoreError) -> KVOutcome {
    try checkUsable(urgency)
    try transaction.check()
    let outcome = disk.contents.withLock { contents -> KVOutcome in
      if let failed = transaction.compares.first(where: { !contents.holds($0) }) { return .conflict(failed) }
      let changes = contents.apply(transaction)
      if !changes.isEmpty { hub.publish(contents.revision, changes) }
      return .committed(contents.revision)
    }
    hub.deliver()
    return outcome
  }

  package func watch(
    prefix: String, after: Revision, _ handler: @escaping @Sendable (Revision, [KVChange]) -> Void
  ) throws(StoreError) -> WatchToken {
    try checkUsable()
    let token = try disk.contents.locked { (contents) throws(StoreError) in
      guard after <= contents.revision else { throw .invalid("watch after \(after), the store is at \(contents.revision)") }
      return try hub.watch(prefix: prefix, after: after, handler)
    }
    hub.deliver()
    return token
  }
}

extension MemoryDisk.Contents {
  func holds(_ compare: KVCompare) -> Bool {
    switch compare {
    case .absent(let key): entries[Array(key.utf8)] == nil
    case .exists(let key): entries[Array(key.utf8)] != nil
    case .unchanged(let key, let since): entries[Array(key.utf8)]?.revision == since
    }
  }

  /// Deletes of keys that are not there change nothing; when nothing changes, the revision stays.
  mutating func apply(_ transaction: KVTransaction) -> [KVChange] {
    let present = transaction.deletes.filter { entries[Array($0.utf8)] != nil }
    guard !(present.isEmpty && transaction.puts.isEmpty) else { return [] }
    revision = revision.next
    for (key, value) in transaction.puts {
      if entries[Array(key.utf8)] == nil { keys.insert(key, at: lowerBound(key)) }
      entries[Array(key.utf8)] = KVEntry(key: key, value: value, revision: revision)
    }
    for key in present {
      entries[Array(key.utf8)] = nil
      keys.remove(at: lowerBound(key))
    }
    return transaction.puts.map { KVChange(key: $0.key, value: $0.value) } + present.map { KVChange(key: $0, value: nil) }
  }

  func lowerBound(_ key: String) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle].precedesAsKey(key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

// MARK: Blobs and the store itself

extension MemoryStore {
  package func putBlob(_ bytes: [UInt8], urgency: Urgency) throws(StoreError) -> BlobHash {
    try checkUsable(urgency)
    guard bytes.count <= Limits.blobBytes else { throw .tooLarge("a blob of \(bytes.count) bytes", limit: Limits.blobBytes) }
    let hash = BlobHash(of: bytes)
    let now = clock()
    disk.contents.withLock { $0.blobs[hash] = (bytes, now) }
    return hash
  }

  package func blob(_ hash: BlobHash) throws(StoreError) -> [UInt8]? {
    try checkUsable()
    return disk.contents.withLock { $0.blobs[hash]?.bytes }
  }

  package func blobs(olderThan instant: Instant, after: BlobHash?, limit: Int) throws(StoreError) -> [BlobHash] {
    try checkUsable()
    let all = disk.contents.withLock { contents in contents.blobs.filter { $0.value.at < instant }.keys.sorted() }
    return Array(all.filter { hash in after.map { hash > $0 } ?? true }.prefix(max(0, limit)))
  }

  package func deleteBlob(_ hash: BlobHash, olderThan instant: Instant) throws(StoreError) -> Bool {
    try checkUsable()
    return disk.contents.withLock { contents in
      guard let blob = contents.blobs[hash] else { return true }
      guard blob.at < instant else { return false }
      contents.blobs[hash] = nil
      return true
    }
  }

  package func stats() throws(StoreError) -> StoreStats {
    try checkUsable()
    return disk.contents.withLock { contents in
      let journal = contents.partitions.values.reduce(0) { $0 + $1.batches[$1.first...].reduce(0) { $0 + $1.count } }
      let blobs = contents.blobs.values.reduce(0) { $0 + $1.bytes.count }
      return StoreStats(bytes: journal + blobs, journalBytes: journal, freeBytes: nil)
    }
  }

  package func backup(to path: String) throws(StoreError) {
    try checkUsable()
    throw .unavailable("a store in memory has no backup; use --store sqlite")
  }
}

extension Mutex where Value: ~Copyable {
  /// `withLock` whose body throws a `StoreError`.
  package borrowing func locked<T>(_ body: (inout sending Value) throws(StoreError) -> sending T) throws(StoreError) -> sending T {
    try withLock { (value: inout sending Value) throws(StoreError) -> sending T in try body(&value) }
  }
}
