import FlowCore
import FlowStorage
import FlowThreads

/// Bytes of all blobs, as far as this object knows.
struct EtcdBlobTotal: Sendable {
  static let freshMs: Int64 = 60_000

  var bytes = 0
  /// Nil before they were counted.
  var countedAt: Int64?
}

extension EtcdStore {
  package func putBlob(_ bytes: [UInt8], urgency: Urgency) throws(StoreError) -> BlobHash {
    guard bytes.count <= Limits.blobBytes else { throw .tooLarge("a blob of \(bytes.count) bytes", limit: Limits.blobBytes) }
    return try guarded(urgency) { () throws(EtcdStoreError) in
      let hash = BlobHash(of: bytes)
      while try !putBlob(bytes, hash) {}
      return hash
    }
  }

  /// One round: the entry first, so that a sweep sees a young blob; then the pieces; then that it is whole. False when somebody else
  /// touched the blob meanwhile. What is written depends on the bytes alone, so that an unknown outcome may be tried again.
  private func putBlob(_ bytes: [UInt8], _ hash: BlobHash) throws(EtcdStoreError) -> Bool {
    let key = layout.blob(hash)
    var entry = BlobForm(size: bytes.count, at: clock(), isWhole: false)
    let found = try blobForm(hash)
    if let found, found.form.isWhole {
      entry.isWhole = true
      return try putEntry(entry, key, found.revision) != nil
    }
    try checkBlobSpace(bytes.count)
    guard let revision = try putEntry(entry, key, found?.revision ?? 0) else { return false }
    for (index, start) in stride(from: 0, to: bytes.count, by: Limits.etcdBlobPieceBytes).enumerated() {
      let piece = Array(bytes[start..<min(start + Limits.etcdBlobPieceBytes, bytes.count)])
      _ = try etcd { () throws(EtcdError) in try client.put(layout.piece(hash, index), piece) }
    }
    space.wrote(bytes.count)
    blobTotal.withLock { $0.bytes += bytes.count }
    entry.isWhole = true
    return try putEntry(entry, key, revision) != nil
  }

  /// - Returns: the revision; nil when the entry is not as it was, or nobody knows.
  private func putEntry(_ entry: BlobForm, _ key: [UInt8], _ revision: Int64) throws(EtcdStoreError) -> Int64? {
    do throws(EtcdError) {
      let outcome = try client.txn([.modRevision(key, revision)], then: [.put(key, entry.bytes)])
      return outcome.succeeded ? outcome.revision : nil
    } catch .outcomeUnknown {
      return nil
    } catch { throw .etcd(error) }
  }

  private func blobForm(_ hash: BlobHash) throws(EtcdStoreError) -> (form: BlobForm, revision: Int64)? {
    guard let entry = try etcd({ () throws(EtcdError) in try client.get(layout.blob(hash)) }) else { return nil }
    return (try form { () throws(ByteCodingError) in try BlobForm(entry.value) }, entry.modRevision)
  }

  /// Blobs have a share of their own, so that large payloads do not take the journal's room.
  ///
  /// Their total is counted anew now and then, because other nodes put and sweep too, and before anything is refused.
  private func checkBlobSpace(_ more: Int) throws(EtcdStoreError) {
    let now = MonotonicClock.milliseconds()
    let known = blobTotal.withLock { $0.countedAt.map { now - $0 < EtcdBlobTotal.freshMs } == true ? $0.bytes : nil }
    if let known, known + more <= options.blobBytes { return }
    let total = try allBlobs().reduce(0) { $0 + $1.form.size }
    blobTotal.withLock { $0 = EtcdBlobTotal(bytes: total, countedAt: now) }
    guard total + more <= options.blobBytes else {
      throw .store(.full("\(total >> 20) MiB of large payloads lie in etcd, the limit is \(options.blobBytes >> 20) MiB"))
    }
  }

  package func blob(_ hash: BlobHash) throws(StoreError) -> [UInt8]? {
    try guarded { () throws(EtcdStoreError) in
      guard let found = try blobForm(hash), found.form.isWhole else { return nil }
      let prefix = layout.pieces(hash)
      let page = try etcd { () throws(EtcdError) in try client.range(prefix, prefix.afterPrefix, limit: .max, firstRows: 2) }
      let bytes = page.entries.flatMap(\.value)
      guard BlobHash(of: bytes) == hash else {
        // Deleted while it was read, or damaged.
        if try blobForm(hash) == nil { return nil }
        throw .store(.corrupt("the bytes of blob \(hash) in etcd are not what was put"))
      }
      return bytes
    }
  }

  package func blobs(olderThan instant: Instant, after: BlobHash?, limit: Int) throws(StoreError) -> [BlobHash] {
    try guarded { () throws(EtcdStoreError) in
      guard limit > 0 else { return [] }
      var found: [BlobHash] = []
      for (hash, form) in try allBlobs(after: after) where form.at < instant {
        found.append(hash)
        if found.count == limit { break }
      }
      return found
    }
  }

  private func allBlobs(after: BlobHash? = nil) throws(EtcdStoreError) -> [(hash: BlobHash, form: BlobForm)] {
    let start = after.map { layout.blob($0) + [0] } ?? layout.blobs
    let page = try etcd { () throws(EtcdError) in try client.range(start, layout.blobs.afterPrefix, limit: .max, firstRows: 1000) }
    return try page.entries.map { entry throws(EtcdStoreError) in
      guard let hash = layout.hash(ofBlob: entry.key) else { throw .store(.corrupt("a blob's key in etcd is not a digest")) }
      return (hash, try form { () throws(ByteCodingError) in try BlobForm(entry.value) })
    }
  }

  package func deleteBlob(_ hash: BlobHash, olderThan instant: Instant) throws(StoreError) -> Bool {
    try guarded { () throws(EtcdStoreError) in
      let deadline = MonotonicClock.milliseconds() + options.timeoutMs
      while true {
        guard let found = try blobForm(hash) else { return true }
        guard found.form.at < instant else { return false }
        let pieces = layout.pieces(hash)
        try unlessUnknown(until: deadline) { () throws(EtcdError) in
          let outcome = try client.txn(
            [.modRevision(layout.blob(hash), found.revision)],
            then: [.delete(layout.blob(hash)), .deleteRange(pieces, pieces.afterPrefix)])
          if outcome.succeeded { blobTotal.withLock { $0.bytes = max(0, $0.bytes - found.form.size) } }
        }
      }
    }
  }

  // MARK: the store itself

  package func stats() throws(StoreError) -> StoreStats {
    try guarded { () throws(EtcdStoreError) in
      let status = try etcd { () throws(EtcdError) in try client.status() }
      let journal = sizes.withLock { $0.values.reduce(0) { $0 + $1.bytes } }
      let quota = status.quotaBytes ?? options.quotaBytes
      let free = Int(Double(quota) * EtcdSpace.stop) - status.bytesInUse
      return StoreStats(bytes: status.bytes, journalBytes: journal, freeBytes: max(0, free))
    }
  }

  package func backup(to path: String) throws(StoreError) {
    throw .unavailable("etcd makes its own backups: `etcdctl snapshot save \(path)`")
  }
}
