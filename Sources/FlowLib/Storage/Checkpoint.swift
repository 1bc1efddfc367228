import FlowCore
import FlowCrypto

/// A record's name in its partition; ordered by its bytes, at most `Limits.recordKeyBytes`.
package struct RecordKey: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A kind of record and a 64-bit key, in an order that sorts by kind and then by number.
  package init(kind: UInt8, _ number: UInt64) {
    bytes = [kind] + (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
  }

  package static func < (left: RecordKey, right: RecordKey) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
  package var description: String { Hex.text(bytes) }
}

/// A record as it is after the batch at `stamp`: a small head, and parts that are read only when touched.
///
/// A record too large for one step is written in pieces: several steps, each with the same stamp and head, `firstPart` counting on and
/// `isLast` false but in the last. Until that one is in, readers see the record as it was.
package struct Record: Sendable, Equatable {
  package var key: RecordKey
  package var stamp: Position
  package var head: [UInt8]
  package var parts: [[UInt8]]
  package var firstPart: Int
  package var isLast: Bool

  package init(key: RecordKey, stamp: Position, head: [UInt8], parts: [[UInt8]] = [], firstPart: Int = 0, isLast: Bool = true) {
    self.key = key
    self.stamp = stamp
    self.head = head
    self.parts = parts
    self.firstPart = firstPart
    self.isLast = isLast
  }
}

/// A record that is gone after the batch at `stamp`.
package struct RecordDeletion: Sendable, Equatable {
  package var key: RecordKey
  package var stamp: Position

  package init(key: RecordKey, stamp: Position) {
    self.key = key
    self.stamp = stamp
  }
}

/// One bounded, fenced, atomic write of changed records behind the journal.
///
/// Deletions may come in any step, but a record stays readable until a mark at or above its deletion's stamp: replay from the old mark
/// still needs it. A record or deletion whose stamp is not above the stored one changes nothing, so steps may be repeated.
package struct CheckpointStep: Sendable {
  package var records: [Record]
  package var deletions: [RecordDeletion]
  /// Only in the last step: every record now reflects at least this position. Never moves back.
  package var mark: Position?
  /// Up to where the journal may be removed (what slower readers have read); nil: up to the mark. The mark bounds it.
  package var trim: Position?

  package init(records: [Record] = [], deletions: [RecordDeletion] = [], mark: Position? = nil, trim: Position? = nil) {
    self.records = records
    self.deletions = deletions
    self.mark = mark
    self.trim = trim
  }
}

/// A record's head as recovery streams it.
package struct StoredHead: Sendable, Equatable {
  package var key: RecordKey
  package var stamp: Position
  package var head: [UInt8]

  package init(key: RecordKey, stamp: Position, head: [UInt8]) {
    self.key = key
    self.stamp = stamp
    self.head = head
  }
}

extension CheckpointStep {
  /// The contract's limits and rules that do not depend on the store; every adapter asks here first.
  package func check(standing: Standing) throws(StoreError) {
    guard records.count + deletions.count <= Limits.checkpointRecords else {
      throw .tooLarge("a checkpoint step of \(records.count + deletions.count) records", limit: Limits.checkpointRecords)
    }
    var bytes = 0
    for record in records {
      bytes += try record.checkedBytes(last: standing.last)
    }
    for deletion in deletions where deletion.stamp > standing.last || deletion.key.bytes.count > Limits.recordKeyBytes {
      throw .invalid("deletion of \(deletion.key) at \(deletion.stamp), the journal ends at \(standing.last)")
    }
    guard bytes <= Limits.checkpointBytes else { throw .tooLarge("a checkpoint step of \(bytes) bytes", limit: Limits.checkpointBytes) }
    if let mark, mark < standing.mark || mark > standing.last {
      throw .invalid("mark \(mark) is not between the old mark \(standing.mark) and the journal's end \(standing.last)")
    }
  }
}

extension Record {
  fileprivate func checkedBytes(last: Position) throws(StoreError) -> Int {
    guard head.count <= Limits.recordHeadBytes else {
      throw .tooLarge("a record head of \(head.count) bytes", limit: Limits.recordHeadBytes)
    }
    guard key.bytes.count <= Limits.recordKeyBytes else {
      throw .tooLarge("a record key of \(key.bytes.count) bytes", limit: Limits.recordKeyBytes)
    }
    for part in parts where part.count > Limits.recordPartBytes {
      throw .tooLarge("a record part of \(part.count) bytes", limit: Limits.recordPartBytes)
    }
    guard firstPart >= 0, firstPart <= Int(Int32.max) else { throw .invalid("first part \(firstPart)") }
    guard stamp <= last else { throw .invalid("record \(key) is stamped \(stamp), the journal ends at \(last)") }
    return head.count + key.bytes.count + parts.reduce(0) { $0 + $1.count }
  }
}
