import FlowCore
import Synchronization

/// What a `MemoryStore` keeps, apart from it, so that a test or a simulation can close one store and open the next on the same data.
package final class MemoryDisk: Sendable {
  struct Contents {
    var partitions: [PartitionID: MemoryPartition] = [:]
    /// By the key's bytes: equal Strings may have different ones.
    var entries: [[UInt8]: KVEntry] = [:]
    /// Keys in their order; found by binary search.
    var keys: [String] = []
    var revision = Revision.none
    var blobs: [BlobHash: (bytes: [UInt8], at: Instant)] = [:]
  }

  /// What goes wrong with one append.
  package enum Fault: Sendable {
    /// Nothing was written; the store fails from now on.
    case failsBefore
    /// The batch is durable, the caller never hears of it; the store fails from now on.
    case failsAfter
    /// Refused for lack of space, the store goes on.
    case full
    /// Not written, as when another process that is the store can not be reached; the store goes on.
    case unreachable
    /// The batch is durable, the caller never hears of it; the store goes on.
    case answerLost
  }

  let contents: Mutex<Contents>
  private let fault: Mutex<(@Sendable (PartitionID, Position) -> Fault?)?>
  private let refusedClaims = Mutex((left: 0, error: StoreError.full("injected")))
  private let lostSteps = Mutex(0)
  private let unansweredSteps = Mutex(0)

  package init() {
    contents = Mutex(Contents())
    fault = Mutex(nil)
  }

  private init(_ contents: Contents) {
    self.contents = Mutex(contents)
    fault = Mutex(nil)
  }

  /// An independent copy: the disk as a crash at this moment would leave it.
  package func snapshot() -> MemoryDisk { MemoryDisk(contents.withLock { $0 }) }

  /// Asks before each append whether it goes wrong; nil ends the trouble.
  package func injectFaults(_ decide: (@Sendable (PartitionID, Position) -> Fault?)?) { fault.withLock { $0 = decide } }

  /// The next claims find no room, or what the error says.
  package func refuseClaims(_ count: Int, _ error: StoreError = .full("injected")) { refusedClaims.withLock { $0 = (count, error) } }

  /// How many claims are still to be refused.
  package var claimsToRefuse: Int { refusedClaims.withLock { $0.left } }

  func takeRefusedClaim() -> StoreError? {
    refusedClaims.withLock { refused in
      guard refused.left > 0 else { return nil }
      refused.left -= 1
      return refused.error
    }
  }

  /// The next checkpoint steps are not written, and their callers do not know.
  package func loseSteps(_ count: Int) { lostSteps.withLock { $0 = count } }

  /// How many steps are still to be lost.
  package var stepsToLose: Int { lostSteps.withLock { $0 } }

  func takeLostStep() -> Bool { MemoryDisk.take(from: lostSteps) }

  /// The next checkpoint steps are written, and their callers do not know.
  package func loseStepAnswers(_ count: Int) { unansweredSteps.withLock { $0 = count } }

  /// How many answers are still to be lost.
  package var stepAnswersToLose: Int { unansweredSteps.withLock { $0 } }

  func takeLostStepAnswer() -> Bool { MemoryDisk.take(from: unansweredSteps) }

  /// Whether one was left.
  private static func take(from counter: borrowing Mutex<Int>) -> Bool {
    counter.withLock { left in
      guard left > 0 else { return false }
      left -= 1
      return true
    }
  }

  func nextFault(_ partition: PartitionID, _ position: Position) -> Fault? {
    let decide = fault.withLock { $0 }
    return decide?(partition, position)
  }
}

struct MemoryRecord {
  var stamp: Position
  var head: [UInt8]
  var parts: [[UInt8]]
  /// Deleted after this position, but needed until the mark reaches it.
  var doomed: Position?
}

struct MemoryPartition {
  var standing = Standing()
  /// Batches `trimmed+1 ... last`, from `first` on; what is before `first` was removed.
  var batches: [[UInt8]] = []
  var first = 0
  var trimmed = Position.start
  var records: [RecordKey: MemoryRecord] = [:]
  /// Keys of `records` in order.
  var keys: [RecordKey] = []
  /// Records whose last piece is not yet here.
  var unfinished: [RecordKey: (stamp: Position, parts: [[UInt8]])] = [:]
  var segments: [(segment: ArchiveSegment, bytes: [UInt8])] = []

  mutating func put(_ record: Record) throws(StoreError) {
    if let old = records[record.key], max(old.stamp, old.doomed ?? .start) >= record.stamp { return }
    var parts: [[UInt8]] = []
    if record.firstPart > 0 {
      guard let begun = unfinished[record.key], begun.stamp == record.stamp, begun.parts.count >= record.firstPart else {
        throw .invalid("record \(record.key) goes on at part \(record.firstPart), which does not follow what came before")
      }
      parts = Array(begun.parts[..<record.firstPart])
    }
    parts += record.parts
    guard record.isLast else {
      unfinished[record.key] = (record.stamp, parts)
      return
    }
    unfinished[record.key] = nil
    if records[record.key] == nil { keys.insert(record.key, at: lowerBound(record.key)) }
    records[record.key] = MemoryRecord(stamp: record.stamp, head: record.head, parts: parts, doomed: nil)
  }

  mutating func doom(_ deletion: RecordDeletion) {
    guard let record = records[deletion.key], record.stamp < deletion.stamp else { return }
    records[deletion.key]?.doomed = max(record.doomed ?? .start, deletion.stamp)
    guard deletion.stamp <= standing.mark else { return }
    // What replay no longer needs goes at once.
    records[deletion.key] = nil
    keys.remove(at: lowerBound(deletion.key))
  }

  mutating func moveMark(to mark: Position, trim: Position?) {
    standing.mark = mark
    for key in keys {
      if let doomed = records[key]?.doomed, doomed <= mark { records[key] = nil }
    }
    keys.removeAll { records[$0] == nil }
    let end = min(mark, trim ?? mark)
    guard end > trimmed else { return }
    first += Int(end.raw - trimmed.raw)
    trimmed = end
    if first > 64, first * 2 > batches.count {
      batches.removeFirst(first)
      first = 0
    }
  }

  /// Index of the first key that is not below `key`.
  func lowerBound(_ key: RecordKey) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
