import FlowCore
import FlowStorage

/// What every store must do, as checks that run over any of them: memory, SQLite, etcd.
package struct StorageConformance: Sendable, CustomStringConvertible {
  /// Opens the same data each time; the store before is closed first.
  package typealias Opener = () throws -> any Store

  /// What the store should do, as a sentence.
  package let name: String
  /// - Throws: `Broken` when it does not.
  package let run: @Sendable (Opener) throws -> Void

  package var description: String { name }

  init(_ name: String, _ run: @escaping @Sendable (Opener) throws -> Void) {
    self.name = name
    self.run = run
  }

  package struct Broken: Error, CustomStringConvertible {
    package let description: String
  }

  package static let checks: [StorageConformance] = journalChecks + recordChecks + keyValueChecks + blobChecks
}

/// Says no when the condition does not hold.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
  guard condition else { throw StorageConformance.Broken(description: what()) }
}

func requireEqual<T: Equatable>(_ found: T, _ wanted: T, _ what: @autoclosure () -> String) throws {
  try require(found == wanted, "\(what()): found \(found), wanted \(wanted)")
}

/// Says no when the body does not fail, or otherwise than wanted.
func requireError(_ what: String, _ wanted: (StoreError) -> Bool, _ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as StoreError {
    return try require(wanted(error), "\(what) failed with another error: \(error)")
  }
  throw StorageConformance.Broken(description: "\(what) was accepted")
}

let firstPartition = PartitionID(1)
let secondPartition = PartitionID(2)

func isFenced(_ error: StoreError) -> Bool { if case .fenced = error { true } else { false } }
func isTooLarge(_ error: StoreError) -> Bool { if case .tooLarge = error { true } else { false } }
func isInvalid(_ error: StoreError) -> Bool { if case .invalid = error { true } else { false } }

extension StorageConformance {
  static let journalChecks: [StorageConformance] = [
    StorageConformance("batches come back in order with their bytes, also after reopening") { open in
      var store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(1))
      let batches = (1...20).map { [UInt8](repeating: UInt8($0), count: $0 * 37) } + [[]]
      for (index, batch) in batches.enumerated() {
        let position = try store.append(batch, to: firstPartition, after: Position(UInt64(index)), epoch: Epoch(1))
        try requireEqual(position, Position(UInt64(index + 1)), "position of batch \(index)")
      }
      for _ in 0..<2 {
        let found = try store.journal(firstPartition, after: .start, maxBytes: .max)
        try requireEqual(found.map(\.bytes), batches, "journal")
        try requireEqual(found.map(\.position.raw), (1...21).map { UInt64($0) }, "positions")
        try requireEqual(try store.standing(firstPartition), Standing(epoch: Epoch(1), last: Position(21)), "standing")
        store.close()
        store = try open()
      }
    },
    StorageConformance("a page of the journal ends at its bytes but is never empty before the end") { open in
      let store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(1))
      for index in 0..<5 {
        _ = try store.append([UInt8](repeating: 1, count: 100), to: firstPartition, after: Position(UInt64(index)), epoch: Epoch(1))
      }
      try requireEqual(try store.journal(firstPartition, after: .start, maxBytes: 250).count, 2, "batches in 250 bytes")
      try requireEqual(
        try store.journal(firstPartition, after: Position(2), maxBytes: 0).map(\.position), [Position(3)], "batches in 0 bytes")
      try requireEqual(try store.journal(firstPartition, after: Position(5), maxBytes: 100), [], "batches after the end")
      try requireEqual(try store.journal(firstPartition, after: Position(99), maxBytes: 100), [], "batches far after the end")
    },
    StorageConformance("an append that does not follow the end is fenced and changes nothing") { open in
      let store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(3))
      _ = try store.append([1], to: firstPartition, after: .start, epoch: Epoch(3))
      for after in [Position(0), Position(2), Position(.max)] {
        try requireError("append after \(after)", { $0 == .fenced(epoch: Epoch(3), last: Position(1)) }) {
          _ = try store.append([2], to: firstPartition, after: after, epoch: Epoch(3))
        }
      }
      try requireEqual(try store.journal(firstPartition, after: .start, maxBytes: .max).map(\.bytes), [[1]], "journal")
    },
    StorageConformance("a partition that nobody claimed takes nothing") { open in
      let store = try open()
      try requireError("append", isFenced) { _ = try store.append([1], to: firstPartition, after: .start, epoch: Epoch(0)) }
      try requireError("append", isFenced) { _ = try store.append([1], to: firstPartition, after: .start, epoch: Epoch(1)) }
      try requireError("step", isFenced) { try store.write(CheckpointStep(), partition: firstPartition, epoch: Epoch(1)) }
      try requireError("claim with epoch 0", isFenced) { _ = try store.claim(firstPartition, epoch: .none) }
    },
    StorageConformance("a higher epoch shuts out the lower one, also after reopening") { open in
      var store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(1))
      _ = try store.append([1], to: firstPartition, after: .start, epoch: Epoch(1))
      let standing = try store.claim(firstPartition, epoch: Epoch(7))
      try requireEqual(standing, Standing(epoch: Epoch(7), last: Position(1)), "answer of the claim")
      try requireEqual(try store.claim(firstPartition, epoch: Epoch(7)), standing, "the same claim again")
      store.close()
      store = try open()
      try requireError("append of the old owner", isFenced) {
        _ = try store.append([2], to: firstPartition, after: Position(1), epoch: Epoch(1))
      }
      try requireError("step of the old owner", isFenced) {
        try store.write(CheckpointStep(mark: Position(1)), partition: firstPartition, epoch: Epoch(1))
      }
      try requireError("claim of the old owner", isFenced) { _ = try store.claim(firstPartition, epoch: Epoch(6)) }
      _ = try store.append([2], to: firstPartition, after: Position(1), epoch: Epoch(7))
    },
    StorageConformance("partitions do not see each other") { open in
      let store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(1))
      _ = try store.claim(secondPartition, epoch: Epoch(5))
      _ = try store.append([1], to: firstPartition, after: .start, epoch: Epoch(1))
      _ = try store.append([2], to: secondPartition, after: .start, epoch: Epoch(5))
      _ = try store.append([3], to: firstPartition, after: Position(1), epoch: Epoch(1))
      try requireEqual(try store.journal(firstPartition, after: .start, maxBytes: .max).map(\.bytes), [[1], [3]], "journal of one")
      try requireEqual(try store.journal(secondPartition, after: .start, maxBytes: .max).map(\.bytes), [[2]], "journal of two")
      try store.write(CheckpointStep(records: [sampleRecord(1, stamp: 2)], mark: Position(2)), partition: firstPartition, epoch: Epoch(1))
      try requireEqual(try store.heads(secondPartition, after: nil, limit: 10), [], "heads of two")
      try requireEqual(
        try store.journal(secondPartition, after: .start, maxBytes: .max).map(\.bytes), [[2]], "journal of two after one's mark")
    },
    StorageConformance("a batch at the limit is taken, one above it is refused") { open in
      let store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(1))
      let largest = [UInt8](repeating: 7, count: Limits.batchBytes)
      _ = try store.append(largest, to: firstPartition, after: .start, epoch: Epoch(1))
      try requireError("a larger batch", isTooLarge) {
        _ = try store.append(largest + [1], to: firstPartition, after: Position(1), epoch: Epoch(1))
      }
      try requireEqual(try store.journal(firstPartition, after: .start, maxBytes: 1).map(\.bytes), [largest], "journal")
    },
    StorageConformance("after close everything is refused") { open in
      let store = try open()
      _ = try store.claim(firstPartition, epoch: Epoch(1))
      store.close()
      store.close()
      try requireError("append", { $0 == .closed }) { _ = try store.append([1], to: firstPartition, after: .start, epoch: Epoch(1)) }
      try requireError("get", { $0 == .closed }) { _ = try store.get("a") }
      try requireError("heads", { $0 == .closed }) { _ = try store.heads(firstPartition, after: nil, limit: 1) }
      try requireEqual(try open().standing(firstPartition).epoch, Epoch(1), "epoch after reopening")
    },
  ]
}

func sampleRecord(_ key: UInt64, stamp: UInt64, parts: [[UInt8]] = [], firstPart: Int = 0, isLast: Bool = true) -> Record {
  Record(
    key: RecordKey(kind: 1, key), stamp: Position(stamp), head: Array("head \(key) at \(stamp)".utf8), parts: parts, firstPart: firstPart,
    isLast: isLast)
}
