import FlowCore
import FlowStorage
import FlowThreads

/// What finished, as values of etcd: a segment's entry, and its bytes in pieces.
extension EtcdStore: Archive {
  package func segments(_ partition: PartitionID) throws(StoreError) -> [ArchiveSegment] {
    try guarded { () throws(EtcdStoreError) in
      let prefix = layout.segments(partition)
      let page = try etcd { () throws(EtcdError) in try client.range(prefix, prefix.afterPrefix, limit: .max, firstRows: 1000) }
      return try page.entries.map { entry throws(EtcdStoreError) in
        guard let number = layout.segment(partition, entry.key) else { throw .store(.corrupt("a segment's key in etcd is not a number")) }
        let form: SegmentForm = try form { () throws(ByteCodingError) in try SegmentForm(entry.value) }
        return ArchiveSegment(number: number, through: form.through, bytes: form.bytes, at: form.at)
      }
    }
  }

  package func read(_ segment: ArchiveSegment, of partition: PartitionID) throws(StoreError) -> [UInt8]? {
    try guarded { () throws(EtcdStoreError) in
      guard let form = try segmentForm(partition, segment.number) else { return nil }
      let prefix = layout.segmentPieces(partition, segment.number, attempt: form.attempt)
      let page = try etcd { () throws(EtcdError) in try client.range(prefix, prefix.afterPrefix, limit: .max, firstRows: 2) }
      let bytes = page.entries.flatMap(\.value)
      return bytes.count == segment.bytes ? bytes : nil
    }
  }

  private func segmentForm(_ partition: PartitionID, _ number: UInt64) throws(EtcdStoreError) -> SegmentForm? {
    let entry = try etcd { () throws(EtcdError) in try client.get(layout.segment(partition, number)) }
    return try entry.map { entry throws(EtcdStoreError) in try form { () throws(ByteCodingError) in try SegmentForm(entry.value) } }
  }

  package func add(
    _ segment: ArchiveSegment, _ bytes: [UInt8], replacing replaced: [ArchiveSegment], to partition: PartitionID, epoch: Epoch
  ) throws(StoreError) {
    try guarded(.owed) { () throws(EtcdStoreError) in
      var generator = SystemRandomNumberGenerator()
      let form = SegmentForm(segment, attempt: generator.next())
      let pieces = stride(from: 0, to: bytes.count, by: Limits.etcdBlobPieceBytes).enumerated().map { index, start in
        let end = min(start + Limits.etcdBlobPieceBytes, bytes.count)
        return EtcdOperation.put(
          layout.segmentPiece(partition, segment.number, attempt: form.attempt, index), Array(bytes[start..<end]))
      }
      // A segment is seen when its entry is there, and that comes with the last piece. Pieces of a try that failed go with the segment.
      for piece in pieces.dropLast() { _ = try carryOut([piece], partition, epoch) }
      let key = layout.segment(partition, segment.number)
      let operations = pieces.suffix(1) + [.put(key, form.encoded)] + replaced.flatMap { removal($0, partition) }
      if try !carryOut(operations, partition, epoch, unless: key) { try check(segment, bytes, partition) }
      space.wrote(bytes.count)
    }
  }

  /// What is there under the number must be what was to be added: by a try whose answer was lost.
  private func check(_ segment: ArchiveSegment, _ bytes: [UInt8], _ partition: PartitionID) throws(EtcdStoreError) {
    let found = try segmentForm(partition, segment.number)
    let isSame = found.map { SegmentForm(segment, attempt: $0.attempt) == $0 } ?? false
    guard isSame else { throw .store(.invalid("segment \(segment.number) is another one")) }
  }

  package func remove(_ segments: [ArchiveSegment], of partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try guarded(.owed) { () throws(EtcdStoreError) in
      var rest = segments[...]
      while !rest.isEmpty {
        _ = try carryOut(rest.prefix(Limits.archiveJoined).flatMap { removal($0, partition) }, partition, epoch)
        rest = rest.dropFirst(Limits.archiveJoined)
      }
    }
  }

  private func removal(_ segment: ArchiveSegment, _ partition: PartitionID) -> [EtcdOperation] {
    let pieces = layout.segmentPieces(partition, segment.number)
    return [.delete(layout.segment(partition, segment.number)), .deleteRange(pieces, pieces.afterPrefix)]
  }

  /// Fenced by the epoch. Doing it twice does no harm, so that a lost answer is answered by doing it again.
  ///
  /// - Parameter key: must not be there.
  /// - Returns: false when it is.
  private func carryOut(
    _ operations: [EtcdOperation], _ partition: PartitionID, _ epoch: Epoch, unless key: [UInt8]? = nil
  ) throws(EtcdStoreError) -> Bool {
    let place = try ownPlace(partition, epoch)
    var compares = [EtcdCompare.modRevision(layout.epoch(partition), place.epochRevision)]
    if let key { compares.append(.modRevision(key, 0)) }
    let deadline = MonotonicClock.milliseconds() + options.timeoutMs
    while true {
      var outcome: EtcdOutcome?
      try unlessUnknown(until: deadline) { () throws(EtcdError) in outcome = try client.txn(compares, then: operations) }
      guard let outcome else { continue }
      progress.saw(outcome.revision)
      guard !outcome.succeeded else { return true }
      let now = try readPlace(partition)
      guard key != nil, now.epochRevision == place.epochRevision else { throw now.fenced }
      return false
    }
  }
}
