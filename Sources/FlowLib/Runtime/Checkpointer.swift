import FlowCore
import FlowEngine
import FlowStorage

/// When checkpoints come, and how much of one is written between two batches. A simulation makes it small, so that much happens meanwhile.
package struct CheckpointPace: Sendable {
  /// A round begins when the journal behind it is this long, or this old; twice that is overdue.
  package var roundBatches: UInt64 = 4_096
  package var roundMs: Int64 = 5_000
  /// About 1,000 records, a few milliseconds.
  package var stepsAtOnce = 16
  /// With the counter's, so that 2 are the least.
  package var recordsPerStep = Limits.checkpointRecords

  package init() {}
}

/// Writes changed records behind the journal in bounded steps, while the partition works on; then moves the mark.
///
/// A round writes what had changed when it began. Records that change again meanwhile are written with what they are then, stamped with
/// the position they reflect, and belong to the next round. Short-lived instances come and go between rounds and never touch the disk here.
struct Checkpointer {
  private let configuration: PartitionConfiguration
  private let epoch: Epoch
  /// Changed since their record was written, or never written.
  private var dirty: Set<Key> = []
  /// On the disk, but gone from the state: the stamp of the deletion.
  private var gone: [Key: Position] = [:]
  private var written: Set<Key> = []
  private var mark: Position
  private var round: Round?
  private var lastRound: Instant

  private struct Round {
    let target: Position
    var left: [Key]
    var gone: [Key: Position]
  }

  private var pace: CheckpointPace { configuration.pace }

  init(_ configuration: PartitionConfiguration) {
    self.configuration = configuration
    epoch = .none
    mark = .start
    lastRound = configuration.world.now()
  }

  init(_ configuration: PartitionConfiguration, epoch: Epoch, recovered: Recovered) {
    self.configuration = configuration
    self.epoch = epoch
    mark = recovered.mark
    lastRound = configuration.world.now()
    written = Set(recovered.stamps.keys)
    dirty = recovered.touched.filter { recovered.state.has($0) }
    gone = recovered.removed.filter { recovered.stamps[$0.key] != nil }
  }

  var isIdle: Bool { round == nil }

  mutating func touch(_ event: Event, at position: Position, _ state: PartitionState) {
    for key in event.removedKeys(in: state) {
      dirty.remove(key)
      if written.contains(key) { gone[key] = position }
    }
    if let key = event.recordKey, !event.removes { dirty.insert(key) }
  }

  /// Does a few bounded steps. Called by the partition's thread between batches.
  mutating func step(_ state: PartitionState, at position: Position) throws(StoreError) {
    if round == nil { beginRound(at: position) }
    guard round != nil else { return }
    // What readers keep must be on the disk before a record or the mark says that replay may skip what they need. Under steady load they
    // are always a little behind; a round that is overdue waits for them.
    let isOverdue =
      position.raw - mark.raw >= 2 * pace.roundBatches || configuration.world.now() - lastRound >= 2 * pace.roundMs
    if isOverdue { configuration.observer.settle(position) }
    guard configuration.observer.settled >= position else { return }
    do throws(StoreError) {
      for _ in 0..<pace.stepsAtOnce where round != nil { try stepOfRound(state, at: position) }
    } catch {
      // What the failed step took from the round's list may not be written: its mark must never come.
      round = nil
      throw error
    }
  }

  private mutating func stepOfRound(_ state: PartitionState, at position: Position) throws(StoreError) {
    guard round?.left.isEmpty == true else { return try writeSome(state, at: position) }
    if let current = round { try finishRound(current, state, at: position) }
  }

  /// The last act of an orderly stop: everything into records, so that the next start replays nothing.
  mutating func finish(_ state: PartitionState, at position: Position) {
    round = Round(target: position, left: dirty.sorted(), gone: gone.filter { $0.value <= position })
    configuration.observer.settle(position)
    do throws(StoreError) {
      while round != nil {
        guard configuration.observer.settled >= position else { return }
        try stepOfRound(state, at: position)
      }
    } catch {
      configuration.log.warning("last checkpoint not written; the journal is complete", ["error": "\(error)"])
    }
  }

  private mutating func beginRound(at position: Position) {
    guard position > mark else { return }
    let now = configuration.world.now()
    guard position.raw - mark.raw >= pace.roundBatches || now - lastRound >= pace.roundMs else { return }
    lastRound = now
    round = Round(target: position, left: dirty.sorted(), gone: gone.filter { $0.value <= position })
  }

  private mutating func writeSome(_ state: PartitionState, at position: Position) throws(StoreError) {
    // Taken out, so that shortening its list does not copy it.
    guard var next = round.take() else { return }
    defer { round = next }
    let counter = state.counterKey
    var step = CheckpointStep(records: [record(counter, state, at: position)].compactMap { $0 })
    var bytes = 0
    var keys: [Key] = []
    while let key = next.left.last, step.records.count < pace.recordsPerStep {
      guard dirty.contains(key), let record = state.record(key) else {
        next.left.removeLast()
        continue
      }
      let encoded = RecordCodec.encode(record)
      if bytes > 0, bytes + encoded.count + 256 > Limits.checkpointBytes { break }
      next.left.removeLast()
      keys.append(key)
      if encoded.count + 256 > Limits.checkpointBytes {
        written.insert(key)
        try writeLarge(encoded, key, at: position)
      } else {
        bytes += encoded.count + 256
        step.records.append(Record(key: key.record, stamp: position, head: [], parts: encoded.chunks))
      }
    }
    // Before: a step whose answer is lost may be on the disk, and what it wrote has to be deleted when it is gone.
    written.formUnion(keys)
    if !keys.isEmpty { try configuration.store.write(step, partition: configuration.id, epoch: epoch) }
    dirty.subtract(keys)
  }

  /// A record over the size of one step, in pieces.
  private func writeLarge(_ bytes: [UInt8], _ key: Key, at position: Position) throws(StoreError) {
    let chunks = bytes.chunks
    let perStep = Limits.checkpointBytes / Limits.recordPartBytes - 1
    for start in stride(from: 0, to: chunks.count, by: perStep) {
      let end = min(start + perStep, chunks.count)
      let piece = Record(
        key: key.record, stamp: position, head: [], parts: Array(chunks[start..<end]), firstPart: start, isLast: end == chunks.count)
      try configuration.store.write(CheckpointStep(records: [piece]), partition: configuration.id, epoch: epoch)
    }
  }

  private func record(_ key: Key, _ state: PartitionState, at position: Position) -> Record? {
    state.record(key).map { Record(key: key.record, stamp: position, head: [], parts: RecordCodec.encode($0).chunks) }
  }

  /// What ended while the round was under way may have a record older than the new mark, and its events below the mark will not be
  /// replayed: such a record is overwritten by one that says so, and deleted in the next round.
  private mutating func markEnded(_ current: Round, _ state: PartitionState, at position: Position) throws(StoreError) {
    let late = gone.filter { current.gone[$0.key] == nil && $0.value <= position }.keys.sorted()
    for start in stride(from: 0, to: late.count, by: Limits.checkpointRecords - 1) {
      let keys = late[start..<min(start + Limits.checkpointRecords - 1, late.count)]
      let records = keys.map { key in
        Record(key: key.record, stamp: position, head: [], parts: RecordCodec.encode(.ended(key)).chunks)
      }
      let counter = [record(state.counterKey, state, at: position)].compactMap { $0 }
      // Before, because the answer may be lost: the deletion has to be later than what may be on the disk.
      for key in keys { gone[key] = position.next }
      try configuration.store.write(CheckpointStep(records: counter + records), partition: configuration.id, epoch: epoch)
    }
  }

  private mutating func finishRound(_ current: Round, _ state: PartitionState, at position: Position) throws(StoreError) {
    try markEnded(current, state, at: position)
    var deletions = current.gone.sorted { $0.key < $1.key }.map { RecordDeletion(key: $0.key.record, stamp: $0.value) }
    while deletions.count > Limits.checkpointRecords - 2 {
      let some = Array(deletions.prefix(Limits.checkpointRecords - 2))
      deletions.removeFirst(some.count)
      try configuration.store.write(CheckpointStep(deletions: some), partition: configuration.id, epoch: epoch)
    }
    let counter = [record(state.counterKey, state, at: position)].compactMap { $0 }
    let trim = configuration.keepsJournal ? Position.start : current.target
    let last = CheckpointStep(records: counter, deletions: deletions, mark: current.target, trim: trim)
    try configuration.store.write(last, partition: configuration.id, epoch: epoch)
    for (key, position) in current.gone where gone[key] == position {
      gone[key] = nil
      written.remove(key)
    }
    mark = current.target
    round = nil
  }
}

extension Key {
  fileprivate var record: RecordKey { RecordKey(kind: 1, raw) }
}

extension [UInt8] {
  fileprivate var chunks: [[UInt8]] {
    stride(from: 0, to: count, by: Limits.recordPartBytes).map { Array(self[$0..<Swift.min($0 + Limits.recordPartBytes, count)]) }
  }
}

extension Event {
  /// The record that this event changes; nil when it changes none.
  var recordKey: Key? {
    switch self {
    case .deployment(let key, _), .instance(let key, _), .requestAnswered(let key, _, _, _), .message(let key, _),
      .startTimer(let key, _, _), .triggersSeen(let key, _, _), .queued(let key, _), .delivered(let key):
      key
    case .requestsEvicted: nil
    }
  }

  /// Whether its record is gone afterwards.
  var removes: Bool {
    switch self {
    case .deployment(_, .deleted), .instance(_, .finished), .instance(_, .deleted), .message(_, .expired), .delivered: true
    case .deployment, .instance, .requestAnswered, .requestsEvicted, .message, .startTimer, .triggersSeen, .queued: false
    }
  }

  /// The records that are gone afterwards.
  func removedKeys(in state: PartitionState) -> [Key] {
    switch self {
    case .requestsEvicted(let last): state.requests.entries.prefix { $0.key <= last }.map(\.key)
    case .deployment(let key, _), .instance(let key, _), .requestAnswered(let key, _, _, _), .message(let key, _),
      .startTimer(let key, _, _), .triggersSeen(let key, _, _), .queued(let key, _), .delivered(let key):
      removes ? [key] : []
    }
  }
}
