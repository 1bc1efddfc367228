import FlowCore
import FlowStorage
import FlowThreads
import Glibc

/// What this store knows of a partition, with the revisions that its writes compare.
struct EtcdPlace: Sendable {
  var epoch = Epoch.none
  var session: [UInt8] = []
  var epochRevision: Int64 = 0
  /// The revision of the claim under which this object writes; once there is another, it is fenced until it claims again.
  var ownedRevision: Int64?
  var last = Position.start
  /// What was appended last, and by which epoch.
  var lastDigest: [UInt8] = []
  var lastEpoch = Epoch.none
  var lastRevision: Int64 = 0
  var mark = MarkForm()
  var markRevision: Int64 = 0
  /// When it was read.
  var revision: Int64 = 0
  /// Records whose last piece is not yet here.
  var unfinished: [RecordKey: Unfinished] = [:]

  struct Unfinished: Sendable {
    var stamp: Position
    var packs: [PackForm]
    var count: Int { packs.reduce(0) { $0 + $1.count } }
  }

  var standing: Standing { Standing(epoch: epoch, last: last, mark: mark.mark) }
  /// Whether this object may write with an epoch: it claimed it, or it is the first to write since somebody did.
  func isOwned(_ epoch: Epoch) -> Bool {
    self.epoch == epoch && epoch > .none && (ownedRevision ?? epochRevision) == epochRevision
  }

  var fenced: EtcdStoreError { .store(.fenced(epoch: epoch, last: last)) }
}

/// Bytes of what a store appended and did not yet trim, for the statistics. Kept beside the place, of which every append takes a copy.
struct EtcdJournalSizes: Sendable {
  private static let runBatches = 64

  private var runs: [(last: Position, batches: Int, bytes: Int)] = []
  private(set) var bytes = 0

  mutating func append(_ position: Position, _ size: Int) {
    bytes += size
    if let end = runs.indices.last, runs[end].batches < EtcdJournalSizes.runBatches {
      runs[end] = (position, runs[end].batches + 1, runs[end].bytes + size)
    } else {
      runs.append((position, 1, size))
    }
  }

  /// Forgets whole runs up to a position.
  mutating func trim(through position: Position) {
    let gone = runs.prefix { $0.last <= position }
    bytes -= gone.reduce(0) { $0 + $1.bytes }
    runs.removeFirst(gone.count)
  }
}

extension EtcdStore {
  package func standing(_ partition: PartitionID) throws(StoreError) -> Standing {
    try guarded { () throws(EtcdStoreError) in try readPlace(partition).standing }
  }

  /// Reads where the partition stands, and keeps it.
  func readPlace(_ partition: PartitionID) throws(EtcdStoreError) -> EtcdPlace {
    let keys = [layout.epoch(partition), layout.last(partition), layout.mark(partition)]
    // Before the question: another thread's answer may be newer than the one to it.
    let seen = options.readsOnly ? 0 : progress.revision
    let (entries, revision) = try etcd { () throws(EtcdError) in try client.get(keys) }
    guard revision >= seen else { throw .store(.corrupt(EtcdOpening.wentBack(from: seen, to: revision))) }
    progress.saw(revision)
    return try keep(partition, entries, revision)
  }

  private func keep(_ partition: PartitionID, _ entries: [EtcdEntry?], _ revision: Int64) throws(EtcdStoreError) -> EtcdPlace {
    var place = EtcdPlace()
    place.revision = revision
    if let entry = entries[0] {
      let epoch = try form { () throws(ByteCodingError) in try EpochForm(entry.value) }
      (place.epoch, place.session, place.epochRevision) = (epoch.epoch, epoch.session, entry.modRevision)
    }
    if let entry = entries[1] {
      let last = try form { () throws(ByteCodingError) in try LastForm(entry.value) }
      (place.last, place.lastDigest, place.lastEpoch, place.lastRevision) = (last.position, last.digest, last.epoch, entry.modRevision)
    }
    if let entry = entries[2] {
      place.mark = try form { () throws(ByteCodingError) in try MarkForm(entry.value) }
      place.markRevision = entry.modRevision
    }
    return places.withLock { places in
      if let known = places[partition] {
        (place.unfinished, place.ownedRevision) = (known.unfinished, known.ownedRevision)
      }
      places[partition] = place
      return place
    }
  }

  /// What is known of a partition that this epoch owns; read again when that is somebody else.
  func ownPlace(_ partition: PartitionID, _ epoch: Epoch) throws(EtcdStoreError) -> EtcdPlace {
    if let place = places.withLock({ $0[partition] }), place.isOwned(epoch), place.ownedRevision != nil { return place }
    var place = try readPlace(partition)
    guard place.isOwned(epoch) else { throw place.fenced }
    place.ownedRevision = place.epochRevision
    places.withLock { $0[partition] = place }
    return place
  }

  package func claim(_ partition: PartitionID, epoch: Epoch) throws(StoreError) -> Standing {
    try guarded { () throws(EtcdStoreError) in
      let deadline = MonotonicClock.milliseconds() + options.timeoutMs
      while true {
        let place = try readPlace(partition)
        guard epoch > .none, epoch >= place.epoch || isFromElsewhere(place) else { throw place.fenced }
        if place.epoch == epoch, place.session == session {
          places.withLock { places in
            places[partition]?.unfinished = [:]
            places[partition]?.ownedRevision = place.epochRevision
          }
          prefetched.withLock { $0[partition] = nil }
          return place.standing
        }
        // A claim that somebody else won, or whose answer was lost, is seen in the next round.
        let value = EpochForm(epoch: epoch, session: session).bytes
        let compare = EtcdCompare.modRevision(layout.epoch(partition), place.epochRevision)
        try unlessUnknown(until: deadline) { () throws(EtcdError) in
          _ = try client.txn([compare], then: [.put(layout.epoch(partition), value)])
        }
      }
    }
  }

  /// Whether the stored epoch was not given by an election in this etcd: such a one is a revision from before it was stored.
  ///
  /// It came with a migration or a mirror from elsewhere, where epochs had gone higher than revisions have here, and would shut out every
  /// leader until they catch up. Whoever claims over it stores a revision of this etcd, from which on only a later election gets in.
  private func isFromElsewhere(_ place: EtcdPlace) -> Bool {
    options.epochsAreRevisions && place.epoch.raw > UInt64(max(0, place.epochRevision))
  }

  /// Carries out a write whose success is looked for afterwards, so that not knowing it is no failure before the deadline.
  func unlessUnknown(until deadline: Int64, _ body: () throws(EtcdError) -> Void) throws(EtcdStoreError) {
    do throws(EtcdError) {
      try body()
    } catch {
      guard case .outcomeUnknown = error, MonotonicClock.milliseconds() < deadline else { throw .etcd(error) }
    }
  }

  // MARK: append

  package func append(
    _ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch, urgency: Urgency
  ) throws(StoreError) -> Position {
    guard batch.count <= Limits.batchBytes else { throw .tooLarge("a batch of \(batch.count) bytes", limit: Limits.batchBytes) }
    return try guarded(urgency) { () throws(EtcdStoreError) in
      let delay = space.delayMs
      if delay > 0 { usleep(UInt32(delay * 1000)) }
      var place = try ownPlace(partition, epoch)
      if place.last != after { place = try readPlace(partition) }
      guard place.isOwned(epoch), place.last == after else { throw place.fenced }
      let revision = try append(batch, partition, place)
      progress.saw(revision)
      places.withLock { places in
        places[partition]?.last = after.next
        places[partition]?.lastRevision = revision
      }
      sizes.withLock { $0[partition, default: EtcdJournalSizes()].append(after.next, batch.count) }
      space.wrote(batch.count)
      return after.next
    }
  }

  /// Puts the batch behind the place, exactly once.
  ///
  /// A lost answer is decided by looking: the position key then holds this batch's digest, or the request can be made again, because
  /// what it compares lets only one of the two through.
  ///
  /// - Returns: the revision of the position key.
  private func append(_ batch: [UInt8], _ partition: PartitionID, _ place: EtcdPlace) throws(EtcdStoreError) -> Int64 {
    let last = LastForm(position: place.last.next, epoch: place.epoch, digest: BlobHash(of: batch).bytes)
    let compares: [EtcdCompare] = [
      .modRevision(layout.epoch(partition), place.epochRevision), .modRevision(layout.last(partition), place.lastRevision),
    ]
    let puts: [EtcdOperation] = [
      .put(layout.last(partition), last.bytes), .put(layout.batch(partition, place.last.next), batch),
    ]
    let deadline = MonotonicClock.milliseconds() + options.timeoutMs
    var isUncertain = false
    while true {
      do throws(EtcdError) {
        let outcome = try client.txn(compares, then: puts)
        if outcome.succeeded { return outcome.revision }
      } catch {
        if isUncertain, case .unreachable(let why) = error { throw .etcd(.outcomeUnknown(why)) }
        guard case .outcomeUnknown(let why) = error else { throw .etcd(error) }
        isUncertain = true
        options.log.warning("the answer to an append was lost", ["flow.partition": "\(partition)", "why": why])
      }
      let found = try look(partition, isUncertain: isUncertain)
      if isUncertain, found.last == last.position, found.lastDigest == last.digest, found.lastEpoch == last.epoch {
        return found.lastRevision
      }
      guard found.epochRevision == place.epochRevision, found.lastRevision == place.lastRevision else { throw found.fenced }
      guard MonotonicClock.milliseconds() < deadline else { throw .etcd(.outcomeUnknown("no answer in \(options.timeoutMs) ms")) }
    }
  }

  private func look(_ partition: PartitionID, isUncertain: Bool) throws(EtcdStoreError) -> EtcdPlace {
    do throws(EtcdStoreError) {
      return try readPlace(partition)
    } catch {
      if isUncertain, case .etcd(.unreachable(let why)) = error { throw .etcd(.outcomeUnknown(why)) }
      throw error
    }
  }

  // MARK: reading

  package func journal(_ partition: PartitionID, after: Position, maxBytes: Int) throws(StoreError) -> [StoredBatch] {
    try guarded { () throws(EtcdStoreError) in
      try consistently { () throws(EtcdStoreError) in
        let place = try readPlace(partition)
        guard after >= place.mark.trimmed else { throw .store(.trimmed(oldest: place.mark.trimmed)) }
        guard after < place.last else { return [] }
        let end = layout.batch(partition, place.last) + [0]
        let page = try etcd { () throws(EtcdError) in
          try client.range(
            layout.batch(partition, after.next), end, limit: .max, revision: place.revision, maxBytes: max(1, maxBytes), firstRows: 8)
        }
        return try batches(partition, page.entries, after: after, maxBytes: maxBytes)
      }
    }
  }

  private func batches(
    _ partition: PartitionID, _ entries: [EtcdEntry], after: Position, maxBytes: Int
  ) throws(EtcdStoreError) -> [StoredBatch] {
    var (found, bytes): ([StoredBatch], Int) = ([], 0)
    var position = after
    for entry in entries {
      position = position.next
      guard layout.position(partition, ofBatch: entry.key) == position else {
        // What comes before it is as it should be; who reads on from there hears of it.
        guard found.isEmpty else { return found }
        throw .store(.corrupt("batch \(position) of partition \(partition) is missing in etcd"))
      }
      guard found.isEmpty || entry.value.count <= maxBytes - bytes else { break }
      bytes += entry.value.count
      found.append(StoredBatch(position: position, bytes: entry.value))
    }
    guard !found.isEmpty else { throw .store(.corrupt("batch \(after.next) of partition \(partition) is missing in etcd")) }
    return found
  }
}
