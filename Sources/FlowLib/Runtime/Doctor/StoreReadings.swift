import FlowCore
import FlowEngine
import FlowStorage

/// What the journal holds, and what is wrong with it as such.
struct JournalReading {
  private static let bytesAtOnce = 8 << 20

  /// The position before the first batch that is kept.
  private(set) var oldest = Position.start
  private(set) var gaps: [StoreFinding] = []
  private(set) var unreadable: [StoreFinding] = []
  private(set) var deployed: [Key: Deployment] = [:]
  private(set) var deleted: Set<Key> = []
  /// Instances that the journal creates.
  private(set) var created: Set<Key> = []
  /// Blobs, and a position that names each.
  private(set) var named: [BlobHash: String] = [:]
  private var now = Instant(milliseconds: .min)

  init(_ store: any Store, _ partition: PartitionID, upTo last: Position) throws(StoreError) {
    var (position, atOnce) = (Position.start, JournalReading.bytesAtOnce)
    while position < last, gaps.count < Limits.findings {
      do throws(StoreError) {
        let batches = try store.journal(partition, after: position, maxBytes: atOnce)
        for batch in batches { read(batch, after: &position) }
        guard batches.isEmpty else { continue }
        gaps.append(StoreFinding("\(position.next)", "the journal ends before it, and should go on to \(last)"))
        return
      } catch {
        (position, atOnce) = try goOn(at: position, atOnce, after: error)
      }
    }
  }

  /// Where to read on after what the store said, and how much at once: one batch, until the damaged one is known.
  private mutating func goOn(at position: Position, _ atOnce: Int, after error: StoreError) throws(StoreError) -> (Position, Int) {
    switch error {
    case .trimmed(let first) where first > position:
      if position == .start { oldest = first } else { gaps.append(StoreFinding("\(position.next)", "it is missing up to \(first)")) }
      return (first, atOnce)
    case .corrupt where atOnce > 1: return (position, 1)
    case .corrupt(let why):
      gaps.append(StoreFinding("\(position.next)", why))
      return (position.next, JournalReading.bytesAtOnce)
    case .trimmed, .fenced, .full, .io, .tooNew, .locked, .tooLarge, .compacted, .invalid, .closed, .unavailable, .unknown: throw error
    }
  }

  private mutating func read(_ stored: StoredBatch, after position: inout Position) {
    if stored.position != position.next {
      gaps.append(StoreFinding("\(position.next)", "it is missing, \(stored.position) comes next"))
    }
    // On in any case, also past what lies before it.
    position = max(position.next, stored.position)
    if stored.bytes.count > Limits.batchBytes {
      unreadable.append(StoreFinding("\(stored.position)", "\(stored.bytes.count) bytes, more than a batch may have"))
    }
    do throws(ByteCodingError) {
      let batch = try EventCodec.decode(stored.bytes)
      if batch.now < now { unreadable.append(StoreFinding("\(stored.position)", "its time \(batch.now.rfc3339) is before the last")) }
      now = max(now, batch.now)
      for event in batch.events { note(event, at: stored.position) }
    } catch { unreadable.append(StoreFinding("\(stored.position)", "\(error)")) }
  }

  private mutating func note(_ event: Event, at position: Position) {
    for hash in event.namedBlobs where named[hash] == nil { named[hash] = "position \(position)" }
    switch event {
    case .deployment(let key, .deployed(let deploy, let state, let at)): deployed[key] = Deployment(key: key, deploy, state, at: at)
    case .deployment(let key, .deleted): deleted.insert(key)
    case .instance(let key, .created): created.insert(key)
    case .deployment, .instance, .requestAnswered, .requestsEvicted, .message, .startTimer, .triggersSeen, .queued,
      .delivered:
      break
    }
  }
}

/// What the records hold, and what is wrong with them as such.
struct RecordReading {
  private static let page = 512

  struct Stored {
    let key: RecordKey
    let stamp: Position
    let record: StateRecord
  }

  private(set) var all: [Stored] = []
  private(set) var unreadable: [StoreFinding] = []

  init(_ store: any Store, _ partition: PartitionID) throws(StoreError) {
    var last: RecordKey?
    while true {
      let heads = try store.heads(partition, after: last, limit: RecordReading.page)
      for head in heads { try read(head, store, partition) }
      guard heads.count == RecordReading.page, let end = heads.last?.key else { return }
      last = end
    }
  }

  /// Keys of records that say that what they held is gone.
  var ended: Set<Key> {
    Set(
      all.compactMap { stored in
        guard case .ended(let key) = stored.record else { return nil }
        return key
      })
  }

  private mutating func read(_ head: StoredHead, _ store: any Store, _ partition: PartitionID) throws(StoreError) {
    let parts: [[UInt8]]
    do throws(StoreError) { parts = try store.parts(partition, head.key) ?? [] } catch {
      guard case .corrupt(let why) = error else { throw error }
      return unreadable.append(StoreFinding("\(head.key)", why))
    }
    do throws(ByteCodingError) {
      let bytes = parts.flatMap { $0 }
      let record = try RecordCodec.decode(bytes)
      all.append(Stored(key: head.key, stamp: head.stamp, record: record))
      if let problem = RecordReading.problem(record, bytes, head, parts) { unreadable.append(StoreFinding("\(head.key)", problem)) }
    } catch { unreadable.append(StoreFinding("\(head.key)", "\(error)")) }
  }

  private static func problem(_ record: StateRecord, _ bytes: [UInt8], _ head: StoredHead, _ parts: [[UInt8]]) -> String? {
    if RecordKey(kind: 1, record.key.raw) != head.key { return "it holds what belongs under key \(record.key.raw)" }
    if head.head.count > Limits.recordHeadBytes { return "its head has \(head.head.count) bytes" }
    if parts.contains(where: { $0.count > Limits.recordPartBytes }) { return "a part is larger than parts may be" }
    // What follows the record, or stands there in another way than it is written, was not written by the house.
    return canonical(record) == bytes || isOlderForm(record) ? nil : "its bytes are not those that it would be written as"
  }

  private static func canonical(_ record: StateRecord) -> [UInt8] { RecordCodec.encode(record) }

  /// Answers that older releases stored are written anew in another way.
  private static func isOlderForm(_ record: StateRecord) -> Bool {
    guard case .request(let entry) = record else { return false }
    return entry.name.deployment == nil
  }
}
