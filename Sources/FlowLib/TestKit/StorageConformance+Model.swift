import FlowCore
import FlowStorage
import Glibc

func yieldThread() { sched_yield() }

/// Random operations on a store and on the simplest thing that could be one; after each, both must answer alike.
package struct StorageModelCheck {
  private struct Model {
    var epoch: UInt64 = 0
    var batches: [[UInt8]] = []
    var mark: UInt64 = 0
    var trimmed: UInt64 = 0
    var records: [UInt64: (stamp: UInt64, parts: [[UInt8]], doomed: UInt64?)] = [:]
    var entries: [String: (value: [UInt8], revision: UInt64)] = [:]
    var revision: UInt64 = 0

    var last: UInt64 { UInt64(batches.count) }
    var standing: Standing { Standing(epoch: Epoch(epoch), last: Position(last), mark: Position(mark)) }
  }

  private var random: SplitMix
  private var model = Model()
  private var store: any Store
  private let open: StorageConformance.Opener
  private var trace: [String] = []

  /// - Throws: `Broken` with the seed and the last operations when the store and the model differ.
  package static func run(seed: UInt64, steps: Int, _ open: StorageConformance.Opener) throws {
    try withoutActuallyEscaping(open) { open in
      var check = StorageModelCheck(random: SplitMix(state: seed), store: try open(), open: open)
      for _ in 0..<steps {
        do {
          try check.step()
          try check.compare()
        } catch { throw StorageConformance.Broken(description: "seed \(seed), after \(check.trace.suffix(8)): \(error)") }
      }
      check.store.close()
    }
  }

  private mutating func step() throws {
    switch random.below(100) {
    case 0..<45: try append()
    case 45..<65: try checkpoint()
    case 65..<85: try commit()
    case 85..<93: try claim()
    case 93..<97: try stale()
    default: try reopen()
    }
  }

  private mutating func reopen() throws {
    trace.append("reopen")
    store.close()
    store = try open()
  }

  private mutating func claim() throws {
    let epoch = model.epoch + random.below(2)
    trace.append("claim \(epoch)")
    guard epoch > 0 else { return }
    model.epoch = epoch
    try requireEqual(try store.claim(firstPartition, epoch: Epoch(epoch)), model.standing, "claim")
  }

  private mutating func append() throws {
    let batch = random.bytes(upTo: random.below(20) == 0 ? 9000 : 300)
    trace.append("append \(batch.count) after \(model.last)")
    guard model.epoch > 0 else { return }
    _ = try store.append(batch, to: firstPartition, after: Position(model.last), epoch: Epoch(model.epoch))
    model.batches.append(batch)
  }

  private mutating func stale() throws {
    trace.append("stale")
    guard model.epoch > 1 else { return }
    try requireError("stale append", isFenced) {
      _ = try store.append([1], to: firstPartition, after: Position(model.last), epoch: Epoch(model.epoch - 1))
    }
    try requireError("misplaced append", isFenced) {
      _ = try store.append([1], to: firstPartition, after: Position(model.last + 1), epoch: Epoch(model.epoch))
    }
  }

  private mutating func checkpoint() throws {
    guard model.epoch > 0 else { return }
    var step = CheckpointStep()
    for _ in 0..<random.below(4) {
      let (key, stamp) = (random.below(12), random.below(model.last + 1))
      let parts = (0..<random.below(3)).map { _ in random.bytes(upTo: 5000) }
      step.records.append(sampleRecord(key, stamp: stamp, parts: parts))
      let old = model.records[key]
      if old == nil || max(old?.stamp ?? 0, old?.doomed ?? 0) < stamp { model.records[key] = (stamp, parts, nil) }
    }
    for _ in 0..<random.below(3) {
      let (key, stamp) = (random.below(12), random.below(model.last + 1))
      step.deletions.append(RecordDeletion(key: RecordKey(kind: 1, key), stamp: Position(stamp)))
      guard let old = model.records[key], old.stamp < stamp else { continue }
      model.records[key]?.doomed = max(old.doomed ?? 0, stamp)
      if stamp <= model.mark { model.records[key] = nil }
    }
    if random.below(3) == 0 { moveMark(&step) }
    trace.append("step of \(step.records.count) and \(step.deletions.count), mark \(step.mark.map { $0.raw } ?? 0)")
    try store.write(step, partition: firstPartition, epoch: Epoch(model.epoch))
  }

  private mutating func moveMark(_ step: inout CheckpointStep) {
    model.mark += random.below(model.last - model.mark + 1)
    step.mark = Position(model.mark)
    if random.below(2) == 0 { step.trim = Position(random.below(model.last + 1)) }
    model.trimmed = max(model.trimmed, min(model.mark, step.trim?.raw ?? model.mark))
    for key in model.records.keys.sorted() {
      if let doomed = model.records[key]?.doomed, doomed <= model.mark { model.records[key] = nil }
    }
  }

  private mutating func commit() throws {
    let keys = (0..<3).map { "k\($0)/\(random.below(4))" }
    let puts = keys[..<Int(random.below(3))].map { (key: $0, value: random.bytes(upTo: 50)) }
    let compare = KVCompare.unchanged(keys[0], since: Revision(model.entries[keys[0]]?.revision ?? 0))
    let holds = model.entries[keys[0]] != nil
    let conditional = random.below(3) == 0
    trace.append("commit \(puts.map(\.key)) without \(keys[2])")
    let found = try store.commit(KVTransaction(compares: conditional ? [compare] : [], puts: puts, deletes: [keys[2]]))
    guard !conditional || holds else { return try requireEqual(found, .conflict(compare), "conflict") }
    guard case .committed(let revision) = found else { throw StorageConformance.Broken(description: "the commit gave \(found)") }
    let changes = !puts.isEmpty || model.entries[keys[2]] != nil
    try require(changes ? revision.raw > model.revision : revision.raw >= model.revision, "revision \(revision) after \(model.revision)")
    model.revision = revision.raw
    for (key, value) in puts { model.entries[key] = (value, model.revision) }
    model.entries[keys[2]] = nil
  }

  private func compare() throws {
    try requireEqual(try store.standing(firstPartition), model.standing, "standing")
    let found = try store.journal(firstPartition, after: Position(max(model.trimmed, model.last > 5 ? model.last - 5 : 0)), maxBytes: .max)
    try requireEqual(found.map(\.bytes), Array(model.batches[Int(max(model.trimmed, model.last > 5 ? model.last - 5 : 0))...]), "journal")
    let heads = try store.heads(firstPartition, after: nil, limit: 100)
    try requireEqual(heads.map(\.key), model.records.keys.sorted().map { RecordKey(kind: 1, $0) }, "heads")
    for key in model.records.keys.sorted() {
      try requireEqual(try store.parts(firstPartition, RecordKey(kind: 1, key)), model.records[key]?.parts, "parts of \(key)")
    }
    try requireEqual(heads.map(\.stamp.raw), model.records.keys.sorted().compactMap { model.records[$0]?.stamp }, "stamps")
    let page = try store.range(from: "", to: nil, limit: 100)
    try requireEqual(page.entries.map(\.key), model.entries.keys.sorted(), "keys")
    try requireEqual(page.entries.map(\.revision.raw), model.entries.keys.sorted().compactMap { model.entries[$0]?.revision }, "revisions")
    try requireEqual(page.entries.map(\.value), model.entries.keys.sorted().compactMap { model.entries[$0]?.value }, "values")
  }
}

extension SplitMix {
  fileprivate mutating func below(_ bound: UInt64) -> UInt64 { bound == 0 ? 0 : next() % bound }
  fileprivate mutating func bytes(upTo count: UInt64) -> [UInt8] {
    (0..<below(count + 1)).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
