import FlowCore
import FlowStorage

private func claimed(_ open: StorageConformance.Opener, batches: UInt64) throws -> any Store {
  let store = try open()
  _ = try store.claim(firstPartition, epoch: Epoch(1))
  for index in 0..<batches {
    _ = try store.append([UInt8(truncatingIfNeeded: index)], to: firstPartition, after: Position(index), epoch: Epoch(1))
  }
  return store
}

private func key(_ number: UInt64) -> RecordKey { RecordKey(kind: 1, number) }

extension StorageConformance {
  static let recordChecks: [StorageConformance] = [
    StorageConformance("records come back with stamp, head and parts, in pages and order, also after reopening") { open in
      var store = try claimed(open, batches: 3)
      let numbers: [UInt64] = [5, 1, 300, 2, 70_000]
      let step = CheckpointStep(records: numbers.map { sampleRecord($0, stamp: 2, parts: [[1, 2], [], [UInt8(truncatingIfNeeded: $0)]]) })
      try store.write(step, partition: firstPartition, epoch: Epoch(1))
      for _ in 0..<2 {
        let first = try store.heads(firstPartition, after: nil, limit: 3)
        let rest = try store.heads(firstPartition, after: first.last?.key, limit: 3)
        try requireEqual((first + rest).map(\.key), numbers.sorted().map(key), "keys")
        try requireEqual(first.first?.head, sampleRecord(1, stamp: 2).head, "head")
        try requireEqual(first.first?.stamp, Position(2), "stamp")
        try requireEqual(try store.parts(firstPartition, key(300)), [[1, 2], [], [44]], "parts")
        try requireEqual(try store.parts(firstPartition, key(301)), nil, "parts of no record")
        store.close()
        store = try open()
      }
    },
    StorageConformance("a record is replaced by a higher stamp and by no other") { open in
      let store = try claimed(open, batches: 9)
      try store.write(CheckpointStep(records: [sampleRecord(1, stamp: 4, parts: [[4], [4]])]), partition: firstPartition, epoch: Epoch(1))
      try store.write(CheckpointStep(records: [sampleRecord(1, stamp: 3, parts: [[3]])]), partition: firstPartition, epoch: Epoch(1))
      try store.write(CheckpointStep(records: [sampleRecord(1, stamp: 4, parts: [[0]])]), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.parts(firstPartition, key(1)), [[4], [4]], "parts after lower and equal stamps")
      try store.write(CheckpointStep(records: [sampleRecord(1, stamp: 6)]), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.parts(firstPartition, key(1)), [], "parts after a higher stamp")
      try requireEqual(try store.heads(firstPartition, after: nil, limit: 9).map(\.stamp), [Position(6)], "stamp")
    },
    StorageConformance("a record in pieces is seen when its last piece is in") { open in
      var store = try claimed(open, batches: 9)
      try store.write(CheckpointStep(records: [sampleRecord(1, stamp: 1, parts: [[1]])]), partition: firstPartition, epoch: Epoch(1))
      let pieces = [sampleRecord(1, stamp: 5, parts: [[5], [6]], isLast: false), sampleRecord(1, stamp: 5, parts: [[7]], firstPart: 2)]
      try store.write(CheckpointStep(records: [pieces[0]]), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.parts(firstPartition, key(1)), [[1]], "parts before the last piece")
      try store.write(CheckpointStep(records: [pieces[1]]), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.parts(firstPartition, key(1)), [[5], [6], [7]], "parts after it")
      try store.write(
        CheckpointStep(records: [sampleRecord(1, stamp: 8, parts: [[8]], isLast: false)]), partition: firstPartition, epoch: Epoch(1))
      store.close()
      store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(2))
      try requireEqual(try store.parts(firstPartition, key(1)), [[5], [6], [7]], "parts after a crash between pieces")
      try requireError("a piece without the one before", isInvalid) {
        try store.write(
          CheckpointStep(records: [sampleRecord(1, stamp: 8, parts: [[9]], firstPart: 1)]), partition: firstPartition, epoch: Epoch(2))
      }
    },
    StorageConformance("deleted records stay until the mark reaches their deletion") { open in
      var store = try claimed(open, batches: 9)
      try store.write(
        CheckpointStep(records: [sampleRecord(1, stamp: 2), sampleRecord(2, stamp: 2)]), partition: firstPartition, epoch: Epoch(1))
      let deletions = [RecordDeletion(key: key(1), stamp: Position(4)), RecordDeletion(key: key(2), stamp: Position(7))]
      try store.write(CheckpointStep(deletions: deletions), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.heads(firstPartition, after: nil, limit: 9).count, 2, "records before the mark")
      store.close()
      store = try open()
      try store.write(CheckpointStep(mark: Position(5)), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.heads(firstPartition, after: nil, limit: 9).map(\.key), [key(2)], "records after mark 5")
      try requireEqual(try store.parts(firstPartition, key(1)), nil, "parts of the deleted record")
      try store.write(CheckpointStep(records: [sampleRecord(2, stamp: 8)], mark: Position(8)), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(
        try store.heads(firstPartition, after: nil, limit: 9).map(\.key), [key(2)], "a record that came again after its deletion")
    },
    StorageConformance("the mark removes the journal below it, but not above what a reader has read") { open in
      var store = try claimed(open, batches: 9)
      try store.write(CheckpointStep(mark: Position(6), trim: Position(2)), partition: firstPartition, epoch: Epoch(1))
      for _ in 0..<2 {
        try requireEqual(try store.standing(firstPartition), Standing(epoch: Epoch(1), last: Position(9), mark: Position(6)), "standing")
        try requireEqual(try store.journal(firstPartition, after: Position(2), maxBytes: .max).count, 7, "batches left")
        store.close()
        store = try open()
      }
      try store.write(CheckpointStep(mark: Position(9)), partition: firstPartition, epoch: Epoch(1))
      try requireError("reading what was removed", { $0 == .trimmed(oldest: Position(9)) }) {
        _ = try store.journal(firstPartition, after: Position(8), maxBytes: .max)
      }
      store.close()
      store = try open()
      try requireEqual(try store.standing(firstPartition).last, Position(9), "end of an emptied journal")
      try requireEqual(try store.append([9], to: firstPartition, after: Position(9), epoch: Epoch(1)), Position(10), "append after it")
      try requireEqual(try store.journal(firstPartition, after: Position(9), maxBytes: .max).map(\.bytes), [[9]], "journal after it")
    },
    StorageConformance("many deletions and a long journal go at one mark") { open in
      let store = try claimed(open, batches: 300)
      for start in stride(from: UInt64(0), to: 300, by: 50) {
        let keys = start..<start + 50
        try store.write(
          CheckpointStep(records: keys.map { sampleRecord($0, stamp: 1, parts: [[1]]) }), partition: firstPartition, epoch: Epoch(1))
        let deletions = keys.map { RecordDeletion(key: key($0), stamp: Position(2)) }
        try store.write(CheckpointStep(deletions: deletions), partition: firstPartition, epoch: Epoch(1))
      }
      try requireEqual(try store.heads(firstPartition, after: nil, limit: 1000).count, 300, "records before the mark")
      try store.write(CheckpointStep(mark: Position(250)), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.heads(firstPartition, after: nil, limit: 1000), [], "records after the mark")
      for index in UInt64(300)..<320 { _ = try store.append([1], to: firstPartition, after: Position(index), epoch: Epoch(1)) }
      try requireEqual(try store.journal(firstPartition, after: Position(250), maxBytes: .max).count, 70, "batches left")
    },
    StorageConformance("steps above a limit or against the rules are refused whole") { open in
      let store = try claimed(open, batches: 3)
      let many = (0...UInt64(Limits.checkpointRecords)).map { sampleRecord($0, stamp: 1) }
      let large = [UInt8](repeating: 1, count: Limits.recordPartBytes)
      var headed = sampleRecord(1, stamp: 1)
      headed.head = [UInt8](repeating: 1, count: Limits.recordHeadBytes + 1)
      for (what, records) in [
        ("too many records", many), ("a large part", [sampleRecord(1, stamp: 1, parts: [large + [1]])]), ("a large head", [headed]),
        ("too many bytes", [sampleRecord(1, stamp: 1, parts: Array(repeating: large, count: 17))]),
      ] {
        try requireError(what, isTooLarge) { try store.write(CheckpointStep(records: records), partition: firstPartition, epoch: Epoch(1)) }
      }
      for (what, step) in [
        ("a stamp above the journal", CheckpointStep(records: [sampleRecord(1, stamp: 1), sampleRecord(2, stamp: 4)])),
        ("a mark above the journal", CheckpointStep(records: [sampleRecord(1, stamp: 1)], mark: Position(4))),
      ] { try requireError(what, isInvalid) { try store.write(step, partition: firstPartition, epoch: Epoch(1)) } }
      try requireEqual(try store.heads(firstPartition, after: nil, limit: 9), [], "records after refused steps")
      try store.write(CheckpointStep(mark: Position(2)), partition: firstPartition, epoch: Epoch(1))
      try requireError("a mark that goes back", isInvalid) {
        try store.write(CheckpointStep(mark: Position(1)), partition: firstPartition, epoch: Epoch(1))
      }
    },
  ]

  static let blobChecks: [StorageConformance] = [
    StorageConformance("blobs come back under their digest, also after reopening, and are swept by age") { open in
      var store = try open()
      let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let hash = try store.putBlob(bytes)
      try requireEqual(try store.putBlob(bytes), hash, "the same blob again")
      let empty = try store.putBlob([])
      try requireEqual(
        empty.description, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "digest of nothing")
      store.close()
      store = try open()
      try requireEqual(try store.blob(hash), bytes, "bytes")
      let (past, future) = (Instant(milliseconds: -1), Instant(milliseconds: 1 << 50))
      try requireEqual(try store.blobs(olderThan: past, after: nil, limit: 9), [], "blobs older than the past")
      try requireEqual(try store.blobs(olderThan: future, after: nil, limit: 9), [hash, empty].sorted(), "blobs older than the future")
      try requireEqual(try store.blobs(olderThan: future, after: min(hash, empty), limit: 9), [max(hash, empty)], "second page")
      try require(try !store.deleteBlob(hash, olderThan: past), "a young blob was deleted")
      try require(try store.deleteBlob(hash, olderThan: future), "an old blob was not deleted")
      try requireEqual(try store.blob(hash), nil, "bytes of the deleted blob")
      try requireEqual(try store.blob(empty), [], "bytes of the empty blob")
      try requireError("a huge blob", isTooLarge) { _ = try store.putBlob([UInt8](repeating: 0, count: Limits.blobBytes + 1)) }
    }
  ]
}
