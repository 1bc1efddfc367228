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
      let prefix = layout.segmentPieces(partition, segment.number)
      let count = EtcdStore.pieces(segment.bytes)
      let page = try etcd { () throws(EtcdError) in try client.range(prefix, prefix.afterPrefix, limit: count, firstRows: 2) }
      let bytes = page.entries.flatMap(\.value)
      return bytes.count == segment.bytes ? bytes : nil
    }
  }

  package func add(
    _ segment: ArchiveSegment, _ bytes: [UInt8], replacing replaced: [ArchiveSegment], to partition: PartitionID, epoch: Epoch
  ) throws(StoreError) {
    try guarded(.owed) { () throws(EtcdStoreError) in
      let pieces = stride(from: 0, to: bytes.count, by: Limits.etcdBlobPieceBytes).enumerated().map { index, start in
        let end = min(start + Limits.etcdBlobPieceBytes, bytes.count)
        return EtcdOperation.put(layout.segmentPiece(partition, segment.number, index), Array(bytes[start..<end]))
      }
      // A segment is seen when its entry is there, and that comes with the last piece.
      for piece in pieces.dropLast() { try carryOut([piece], partition, epoch) }
      let form = SegmentForm(through: segment.through, bytes: segment.bytes, at: segment.at)
      let entry = EtcdOperation.put(layout.segment(partition, segment.number), form.encoded)
      try carryOut(pieces.suffix(1) + [entry] + replaced.flatMap { removal($0, partition) }, partition, epoch)
      space.wrote(bytes.count)
    }
  }

  package func remove(_ segments: [ArchiveSegment], of partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try guarded(.owed) { () throws(EtcdStoreError) in
      var rest = segments[...]
      while !rest.isEmpty {
        try carryOut(rest.prefix(Limits.archiveJoined).flatMap { removal($0, partition) }, partition, epoch)
        rest = rest.dropFirst(Limits.archiveJoined)
      }
    }
  }

  private static func pieces(_ bytes: Int) -> Int { max(1, (bytes + Limits.etcdBlobPieceBytes - 1) / Limits.etcdBlobPieceBytes) }

  private func removal(_ segment: ArchiveSegment, _ partition: PartitionID) -> [EtcdOperation] {
    let pieces = layout.segmentPieces(partition, segment.number)
    return [.delete(layout.segment(partition, segment.number)), .deleteRange(pieces, pieces.afterPrefix)]
  }

  /// Fenced by the epoch alone: doing it twice does no harm, so that a lost answer is answered by doing it again.
  private func carryOut(_ operations: [EtcdOperation], _ partition: PartitionID, _ epoch: Epoch) throws(EtcdStoreError) {
    let place = try ownPlace(partition, epoch)
    let compare = EtcdCompare.modRevision(layout.epoch(partition), place.epochRevision)
    let deadline = MonotonicClock.milliseconds() + options.timeoutMs
    while true {
      var outcome: EtcdOutcome?
      try unlessUnknown(until: deadline) { () throws(EtcdError) in outcome = try client.txn([compare], then: operations) }
      guard let outcome else { continue }
      guard outcome.succeeded else { throw try readPlace(partition).fenced }
      return progress.saw(outcome.revision)
    }
  }
}
