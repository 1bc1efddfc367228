import FlowCore
import FlowStorage
import FlowThreads

extension EtcdStore {
  package func write(_ step: CheckpointStep, partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try guarded { () throws(EtcdStoreError) in
      var place = try ownPlace(partition, epoch)
      do throws(StoreError) { try step.check(standing: place.standing) } catch { throw .store(error) }
      let writing = try plan(step, partition, place)
      prefetched.withLock { $0[partition] = nil }
      try carryOut(writing.before, partition, &place)
      var mark = place.mark
      if let new = step.mark {
        mark.mark = new
        mark.trimmed = max(mark.trimmed, min(new, step.trim ?? new))
      }
      if !writing.heads.isEmpty || mark != place.mark { try carryOut(writing.heads, partition, &place, mark) }
      places.withLock { $0[partition]?.unfinished = writing.unfinished }
      try carryOut(writing.after, partition, &place)
      guard step.mark != nil else { return }
      try removeDoomed(partition, &place)
      try trim(partition, place)
    }
  }

  /// What a step becomes: parts first, which nobody sees yet; then all heads and the mark in one transaction; then what is left over.
  private func plan(_ step: CheckpointStep, _ partition: PartitionID, _ place: EtcdPlace) throws(EtcdStoreError) -> EtcdStepPlan {
    var keys: [RecordKey] = []
    for key in step.records.map(\.key) + step.deletions.map(\.key) where !keys.contains(key) { keys.append(key) }
    var plan = EtcdStepPlan(partition: partition, layout: layout, mark: place.mark.mark, unfinished: place.unfinished)
    guard !keys.isEmpty else { return plan }
    let (entries, _) = try etcd { () throws(EtcdError) in try client.get(keys.map { layout.head(partition, $0) }) }
    for (key, entry) in zip(keys, entries) {
      guard let entry else { continue }
      let head = try form { () throws(ByteCodingError) in try HeadForm(entry.value) }
      plan.load(key, head)
    }
    do throws(StoreError) {
      for record in step.records { try plan.put(record) }
      for deletion in step.deletions { plan.doom(deletion) }
    } catch { throw .store(error) }
    plan.finish()
    return plan
  }

  /// Fenced transactions of at most so many operations and bytes. Each raises the step's number, so that none is done late.
  private func carryOut(
    _ operations: [EtcdOperation], _ partition: PartitionID, _ place: inout EtcdPlace, _ mark: MarkForm? = nil
  ) throws(EtcdStoreError) {
    var rest = operations[...]
    repeat {
      var (some, bytes): ([EtcdOperation], Int) = ([], 0)
      while let next = rest.first, some.count < Limits.etcdOperations - 2, some.isEmpty || bytes + next.byteCount <= Limits.kvBytes {
        some.append(next)
        bytes += next.byteCount
        rest.removeFirst()
      }
      if mark != nil || !some.isEmpty { try carryOutOnce(some, partition, &place, mark ?? place.mark) }
      space.wrote(bytes)
    } while !rest.isEmpty
  }

  private func carryOutOnce(
    _ operations: [EtcdOperation], _ partition: PartitionID, _ place: inout EtcdPlace, _ mark: MarkForm
  ) throws(EtcdStoreError) {
    var mark = mark
    mark.step = place.mark.step + 1
    mark.session = session
    let compares: [EtcdCompare] = [
      .modRevision(layout.epoch(partition), place.epochRevision), .modRevision(layout.mark(partition), place.markRevision),
    ]
    let deadline = MonotonicClock.milliseconds() + options.timeoutMs
    while true {
      var succeeded: Int64?
      try unlessUnknown(until: deadline) { () throws(EtcdError) in
        let outcome = try client.txn(compares, then: operations + [.put(layout.mark(partition), mark.bytes)])
        if outcome.succeeded { succeeded = outcome.revision }
      }
      if let revision = succeeded {
        (place.mark, place.markRevision) = (mark, revision)
      } else {
        // A lost answer shows in the step's number; else somebody else owns the partition, or the request is made again.
        let found = try readPlace(partition)
        guard found.epochRevision == place.epochRevision else { throw found.fenced }
        if found.markRevision == place.markRevision { continue }
        guard found.mark == mark else { throw found.fenced }
        (place.mark, place.markRevision) = (mark, found.markRevision)
      }
      let (now, revision) = (place.mark, place.markRevision)
      return places.withLock { places in
        places[partition]?.mark = now
        places[partition]?.markRevision = revision
      }
    }
  }

  // MARK: what the mark made needless

  private func removeDoomed(_ partition: PartitionID, _ place: inout EtcdPlace) throws(EtcdStoreError) {
    while true {
      let page = try etcd { () throws(EtcdError) in
        try client.range(
          layout.doomed(partition), layout.doomed(partition, upTo: place.mark.mark), limit: Limits.etcdOperations / 4, keysOnly: true)
      }
      guard !page.entries.isEmpty else { return }
      let named = page.entries.compactMap { layout.doomedRecord(partition, $0.key) }
      let (heads, _) = try etcd { () throws(EtcdError) in try client.get(named.map { layout.head(partition, $0.record) }) }
      var operations: [EtcdOperation] = page.entries.map { .delete($0.key) }
      // A record may be named twice, a transaction may not touch a key twice.
      var gone: Set<RecordKey> = []
      for (name, entry) in zip(named, heads) {
        guard let entry, !gone.contains(name.record) else { continue }
        let head = try form { () throws(ByteCodingError) in try HeadForm(entry.value) }
        guard head.isGone(at: place.mark.mark) else { continue }
        gone.insert(name.record)
        operations.append(.delete(layout.head(partition, name.record)))
        let parts = layout.parts(partition, name.record)
        if head.hasPacks { operations.append(.deleteRange(parts, parts.afterPrefix)) }
      }
      try carryOut(operations, partition, &place)
    }
  }

  /// Removes trimmed batches, some at a time, because etcd does nothing else meanwhile. What is left lies below what readers may ask.
  private func trim(_ partition: PartitionID, _ place: EtcdPlace) throws(EtcdStoreError) {
    let end = layout.batch(partition, place.mark.trimmed) + [0]
    while true {
      let page = try etcd { () throws(EtcdError) in
        try client.range(layout.batches(partition), end, limit: 1, keysOnly: true)
      }
      guard let first = page.entries.first, let oldest = layout.position(partition, ofBatch: first.key) else { break }
      let through = Position(min(place.mark.trimmed.raw, oldest.raw &+ Limits.etcdTrimBatches))
      // Deleting what nobody reads does no harm, however late it arrives.
      try etcd { () throws(EtcdError) in try client.delete(layout.batches(partition), layout.batch(partition, through) + [0]) }
    }
    sizes.withLock { $0[partition]?.trim(through: place.mark.trimmed) }
  }

  // MARK: reading

  package func heads(_ partition: PartitionID, after: RecordKey?, limit: Int) throws(StoreError) -> [StoredHead] {
    try guarded { () throws(EtcdStoreError) in
      try consistently { () throws(EtcdStoreError) in
        let place = try readPlace(partition)
        let end = layout.heads(partition).afterPrefix
        var next = after.map { layout.head(partition, $0) + [0] } ?? layout.heads(partition)
        var (found, parts): ([StoredHead], [RecordKey: [[UInt8]]]) = ([], [:])
        var packed: [(key: RecordKey, stamp: Position, packs: [PackForm])] = []
        while found.count < limit {
          let page = try etcd { () throws(EtcdError) in
            try client.range(next, end, limit: limit - found.count, revision: place.revision)
          }
          for entry in page.entries {
            guard let key = layout.record(partition, ofHead: entry.key) else { throw .store(.corrupt("a record's key in etcd is not hex")) }
            let head = try form { () throws(ByteCodingError) in try HeadForm(entry.value) }
            guard !head.isGone(at: place.mark.mark) else { continue }
            found.append(StoredHead(key: key, stamp: head.stamp, head: head.head))
            switch head.parts {
            case .inline(let bytes): parts[key] = bytes
            case .packs(let packs): packed.append((key, head.stamp, packs))
            }
          }
          guard page.more, let last = page.entries.last else { break }
          next = last.key + [0]
        }
        // Only its owner may rely on what it read before, and who reads all at one revision.
        guard place.session == session || options.readsOnly else { return found }
        try prefetch(packed, partition, place.revision, into: &parts)
        prefetched.withLock { $0[partition] = parts }
        return found
      }
    }
  }

  /// Reads the parts of a page's records that do not lie with their heads: they follow each other in the order of the records. What is
  /// past the bound is read when it is asked for.
  private func prefetch(
    _ packed: [(key: RecordKey, stamp: Position, packs: [PackForm])], _ partition: PartitionID, _ revision: Int64,
    into parts: inout [RecordKey: [[UInt8]]]
  ) throws(EtcdStoreError) {
    guard let first = packed.first, let last = packed.last, packed.count > 1 else { return }
    let page = try etcd { () throws(EtcdError) in
      try client.range(
        layout.parts(partition, first.key), layout.parts(partition, last.key).afterPrefix, limit: .max, revision: revision,
        maxBytes: Limits.etcdPrefetchBytes, firstRows: 16)
    }
    let values = Dictionary(page.entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    for record in packed {
      let names = record.packs.map { layout.pack(partition, record.key, at: record.stamp, first: $0.first) }
      guard names.allSatisfy({ values[$0] != nil }) else { continue }
      parts[record.key] = try assemble(record.packs, of: record.key, at: record.stamp, partition, values)
    }
  }

  package func parts(_ partition: PartitionID, _ key: RecordKey) throws(StoreError) -> [[UInt8]]? {
    try guarded { () throws(EtcdStoreError) in
      try consistently { () throws(EtcdStoreError) in
        if let parts = prefetched.withLock({ $0[partition]?.removeValue(forKey: key) }) { return parts }
        let (entries, revision) = try etcd { () throws(EtcdError) in
          try client.get([layout.head(partition, key), layout.mark(partition)])
        }
        guard let entry = entries[0] else { return nil }
        let head = try form { () throws(ByteCodingError) in try HeadForm(entry.value) }
        let mark = try entries[1].map { entry throws(EtcdStoreError) in
          try form { () throws(ByteCodingError) in try MarkForm(entry.value) }
        }
        guard !head.isGone(at: mark?.mark ?? .start) else { return nil }
        switch head.parts {
        case .inline(let parts): return parts
        case .packs(let packs): return try read(packs, of: key, at: head.stamp, partition, revision)
        }
      }
    }
  }

  private func read(
    _ packs: [PackForm], of key: RecordKey, at stamp: Position, _ partition: PartitionID, _ revision: Int64
  ) throws(EtcdStoreError) -> [[UInt8]] {
    let prefix = layout.parts(partition, key, at: stamp)
    let page = try etcd { () throws(EtcdError) in
      try client.range(prefix, prefix.afterPrefix, limit: .max, revision: revision, firstRows: 2)
    }
    let values = Dictionary(page.entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    return try assemble(packs, of: key, at: stamp, partition, values)
  }

  private func assemble(
    _ packs: [PackForm], of key: RecordKey, at stamp: Position, _ partition: PartitionID, _ values: [[UInt8]: [UInt8]]
  ) throws(EtcdStoreError) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    for pack in packs {
      guard let value = values[layout.pack(partition, key, at: stamp, first: pack.first)] else {
        throw .store(.corrupt("part \(pack.first) of record \(key) is missing in etcd"))
      }
      let stored = try form { () throws(ByteCodingError) in try PackForm.decode(value) }
      guard stored.count >= pack.count else { throw .store(.corrupt("part \(pack.first) of record \(key) is too short")) }
      parts += stored[..<pack.count]
    }
    return parts
  }
}

extension EtcdOperation {
  /// Bytes that it carries.
  fileprivate var byteCount: Int {
    switch self {
    case .put(let key, let value, _): key.count + value.count + 16
    case .get(let key), .delete(let key): key.count + 16
    case .deleteRange(let from, let to): from.count + to.count + 16
    }
  }
}
