import FlowCore
import FlowCrypto
import FlowEngine
import FlowRuntime
import FlowStorage

/// Removes blobs that nothing names any more: bodies too large for the journal, and models.
///
/// The order makes it safe while work goes on. First come the candidates, all last put before an instant an hour ago; putting one again
/// makes it young, and a young one is not deleted. Then what is named:
/// 1. by live instances. An event names a blob that was put just before, or one that its instance holds already; instances only hold
///    what their own events brought. So whatever events from here on name is young or is seen here.
/// 2. by the journal, up to where it ends after that. What is trimmed away meanwhile is in records by then.
/// 3. by records, which are written from the live state on the partition's own thread: one that appears later holds what 1 has seen.
/// 4. by models of deployments, whose blobs are put just before their entry.
struct BlobSweep {
  let store: any Store
  let partition: Partition
  let now: @Sendable () -> Instant
  let isStopping: @Sendable () -> Bool

  /// A blob is never removed younger than this: it is put before what names it is written.
  static let ageMs: Int64 = 3_600_000
  private static let journalBytes = 8 << 20
  private static let instances = 4_096
  private static let heads = 512

  /// How many were removed; none when the partition stops meanwhile.
  func run() throws(StoreError) -> Int {
    let before = now() + -BlobSweep.ageMs
    var unnamed = Set(try store.blobs(olderThan: before, after: nil, limit: Limits.blobSweepCandidates))
    guard try marks(&unnamed) else { return 0 }
    var removed = 0
    for hash in unnamed.sorted() {
      guard !isStopping() else { break }
      if try store.deleteBlob(hash, olderThan: before) { removed += 1 }
    }
    return removed
  }

  /// Takes out what is named; false when that can not be known.
  private func marks(_ unnamed: inout Set<BlobHash>) throws(StoreError) -> Bool {
    guard !unnamed.isEmpty, let live = namedByLive() else { return false }
    unnamed.subtract(live)
    guard try keepJournal(&unnamed), try keepRecords(&unnamed) else { return false }
    try keepModels(&unnamed)
    return true
  }

  // MARK: live instances

  private func namedByLive() -> [BlobHash]? {
    guard let keys = partition.look({ state, _ in Array(state.instances.keys) })?.value else { return nil }
    var named: [BlobHash] = []
    // A handful at a time, so that the partition's own work gets in between.
    for start in stride(from: 0, to: keys.count, by: BlobSweep.instances) {
      let page = keys[start..<min(start + BlobSweep.instances, keys.count)]
      let looked = partition.look { state, _ in page.flatMap { state.instances[$0]?.namedBlobs ?? [] } }
      guard !isStopping(), let found = looked?.value else { return nil }
      named += found
    }
    return named
  }

  // MARK: journal and records

  private func keepJournal(_ unnamed: inout Set<BlobHash>) throws(StoreError) -> Bool {
    let last = try store.standing(partition.id).last
    var position = Position.start
    while position < last, !unnamed.isEmpty {
      guard !isStopping() else { return false }
      do throws(StoreError) {
        for batch in try store.journal(partition.id, after: position, maxBytes: BlobSweep.journalBytes) {
          for hash in try BlobSweep.named(by: batch) { unnamed.remove(hash) }
          position = batch.position
        }
      } catch {
        guard case .trimmed(let oldest) = error, oldest > position else { throw error }
        position = oldest
      }
    }
    return true
  }

  private static func named(by batch: StoredBatch) throws(StoreError) -> [BlobHash] {
    do throws(ByteCodingError) { return try EventCodec.decode(batch.bytes).events.flatMap(\.namedBlobs) } catch {
      throw .corrupt("batch \(batch.position): \(error)")
    }
  }

  private func keepRecords(_ unnamed: inout Set<BlobHash>) throws(StoreError) -> Bool {
    var last: RecordKey?
    while true {
      guard !isStopping() else { return false }
      let heads = try store.heads(partition.id, after: last, limit: BlobSweep.heads)
      for head in heads {
        // One that is gone by now is not needed by anything.
        guard let parts = try store.parts(partition.id, head.key) else { continue }
        for hash in try BlobSweep.named(by: parts, head.key) { unnamed.remove(hash) }
      }
      guard let end = heads.last?.key else { return true }
      last = end
    }
  }

  private static func named(by parts: [[UInt8]], _ key: RecordKey) throws(StoreError) -> [BlobHash] {
    do throws(ByteCodingError) {
      guard case .instance(let instance) = try RecordCodec.decode(parts.flatMap { $0 }) else { return [] }
      return instance.namedBlobs
    } catch { throw .corrupt("record \(key): \(error)") }
  }

  // MARK: models

  private func keepModels(_ unnamed: inout Set<BlobHash>) throws(StoreError) {
    var from = "deployments/"
    while true {
      let page = try store.range(from: from, to: "deployments/".keyAfterPrefix, limit: Limits.pageRows)
      for entry in page.entries { try keep(entry, &unnamed) }
      guard page.more, let last = page.entries.last else { return }
      from = last.key + "\u{0}"
    }
  }

  private func keep(_ entry: KVEntry, _ unnamed: inout Set<BlobHash>) throws(StoreError) {
    let object: JSON.Object?
    do throws(JSONError) { object = try JSON(parsing: entry.value).object } catch { throw .corrupt("entry \(entry.key): \(error)") }
    for member in object?.members ?? [] {
      guard let hash = member.value.string.flatMap({ Hex.bytes($0) }).flatMap({ BlobHash($0) }) else { continue }
      unnamed.remove(hash)
    }
  }
}

extension Server {
  private static let firstSweepMs: Int64 = 60_000
  private static let sweepMs: Int64 = 3_600_000

  func scheduleBlobSweep() { setBlobSweep(afterMs: Server.firstSweepMs) }

  private func setBlobSweep(afterMs: Int64) {
    timers.set("blobs", at: configuration.world.now() + afterMs) { [weak self] in
      guard let self else { return }
      // When too much waits the next one does it.
      _ = control.async { self.sweepBlobs() }
      setBlobSweep(afterMs: Server.sweepMs)
    }
  }

  /// Removes blobs that nothing names any more; how many. Called on a control thread.
  @discardableResult package func sweepBlobs() -> Int {
    let sweep = BlobSweep(store: store, partition: partition, now: configuration.world.now) { [isStopping] in isStopping.isSet }
    do throws(StoreError) {
      try sweepModels()
      let removed = try sweep.run()
      if removed > 0 { configuration.log.info("blobs removed that nothing names", ["flow.blobs": "\(removed)"]) }
      return removed
    } catch {
      configuration.log.warning("blobs not swept", ["error": "\(error)"])
      return 0
    }
  }
}
