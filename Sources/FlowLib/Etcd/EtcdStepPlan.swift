import FlowCore
import FlowStorage

/// Turns a checkpoint step into operations, by the rules of the port: a record or deletion whose stamp is not above the stored one
/// changes nothing, and a record in pieces is seen when its last piece is in.
struct EtcdStepPlan {
  let partition: PartitionID
  let layout: EtcdLayout
  let mark: Position
  /// As it will be after the step.
  var unfinished: [RecordKey: EtcdPlace.Unfinished]
  /// Parts and the index of deletions: nobody looks at them before the heads are written.
  private(set) var before: [EtcdOperation] = []
  private(set) var heads: [EtcdOperation] = []
  /// What nobody looks at any more.
  private(set) var after: [EtcdOperation] = []

  private var stored: [RecordKey: HeadForm] = [:]
  private var changed: Set<RecordKey> = []
  /// Keys of `before` and their values; a later put of a step replaces an earlier one.
  private var puts: [[UInt8]: [UInt8]] = [:]
  /// Records with parts of other stamps: of an older form, or of pieces that never ended.
  private var stale: Set<RecordKey> = []

  init(partition: PartitionID, layout: EtcdLayout, mark: Position, unfinished: [RecordKey: EtcdPlace.Unfinished]) {
    self.partition = partition
    self.layout = layout
    self.mark = mark
    self.unfinished = unfinished
  }

  mutating func load(_ key: RecordKey, _ head: HeadForm) { stored[key] = head }

  mutating func put(_ record: Record) throws(StoreError) {
    let key = record.key
    if let old = stored[key], max(old.stamp, old.doomed ?? .start) >= record.stamp { return }
    var packs: [PackForm] = []
    if record.firstPart > 0 {
      guard let begun = unfinished[key], begun.stamp == record.stamp, begun.count >= record.firstPart else {
        throw .invalid("record \(key) goes on at part \(record.firstPart), which does not follow what came before")
      }
      packs = begun.packs.cut(at: record.firstPart)
    }
    if unfinished[key] != nil || stored[key]?.hasPacks == true { stale.insert(key) }
    let size = record.parts.reduce(0) { $0 + $1.count + 4 }
    if record.isLast, packs.isEmpty, size <= Limits.etcdInlineBytes {
      set(key, HeadForm(stamp: record.stamp, head: record.head, parts: .inline(record.parts)))
      unfinished[key] = nil
      return
    }
    puts[layout.pack(partition, key, at: record.stamp, first: record.firstPart)] = PackForm.encode(record.parts)
    packs.append(PackForm(first: record.firstPart, count: record.parts.count))
    if record.isLast {
      set(key, HeadForm(stamp: record.stamp, head: record.head, parts: .packs(packs)))
      unfinished[key] = nil
    } else {
      unfinished[key] = EtcdPlace.Unfinished(stamp: record.stamp, packs: packs)
    }
  }

  mutating func doom(_ deletion: RecordDeletion) {
    let key = deletion.key
    guard var head = stored[key], head.stamp < deletion.stamp else { return }
    if deletion.stamp <= mark {
      // What replay no longer needs goes at once.
      if head.hasPacks { stale.insert(key) }
      set(key, nil)
      return
    }
    let doomed = max(head.doomed ?? .start, deletion.stamp)
    head.doomed = doomed
    set(key, head)
    puts[layout.doomed(partition, key, at: doomed)] = []
  }

  private mutating func set(_ key: RecordKey, _ head: HeadForm?) {
    stored[key] = head
    changed.insert(key)
  }

  mutating func finish() {
    for key in puts.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      if let value = puts[key] { before.append(.put(key, value)) }
    }
    for key in changed.sorted() {
      let name = layout.head(partition, key)
      heads.append(stored[key].map { .put(name, $0.bytes) } ?? .delete(name))
    }
    for key in stale.sorted() where unfinished[key] == nil {
      let parts = layout.parts(partition, key)
      guard let head = stored[key] else {
        after.append(.deleteRange(parts, parts.afterPrefix))
        continue
      }
      // Parts of the head's own stamp stay; all other stamps are lower.
      after.append(.deleteRange(parts, head.hasPacks ? layout.parts(partition, key, at: head.stamp) : parts.afterPrefix))
    }
  }
}

extension [PackForm] {
  /// The parts before `end`.
  fileprivate func cut(at end: Int) -> [PackForm] {
    filter { $0.first < end }.map { PackForm(first: $0.first, count: Swift.min($0.count, end - $0.first)) }
  }
}
