import FlowCore
import FlowStorage

extension StorageConformance {
  /// What every store must do that has an archive.
  package static let archiveChecks: [StorageConformance] = [
    StorageConformance("segments come back in order with their bytes, also after reopening") { open in
      var (store, archive) = try opened(open)
      let sizes = [0, 1, 1000, 1 << 20, (2 << 20) + 1]
      let segments = try sizes.enumerated().map { index, size in try add(archive, UInt64(index + 1), size) }
      for _ in 0..<2 {
        try requireEqual(try archive.segments(firstPartition), segments, "segments")
        try requireEqual(try archive.segments(secondPartition), [], "segments of another partition")
        for (segment, size) in zip(segments, sizes) {
          try requireEqual(try archive.read(segment, of: firstPartition)?.count, size, "bytes of \(segment.number)")
          let bytes = try archive.read(segment, of: firstPartition) ?? []
          try require(bytes == content(segment.number, size), "segment \(segment.number) comes back with other bytes")
        }
        store.close()
        (store, archive) = try opened(open)
      }
    },
    StorageConformance("a segment stands for those that it replaces") { open in
      let (_, archive) = try opened(open)
      let segments = try (1...3).map { try add(archive, UInt64($0), 100) }
      let joined = try add(archive, 4, 300, replacing: Array(segments[1...]))
      try requireEqual(try archive.segments(firstPartition), [segments[0], joined], "segments")
      try requireEqual(try archive.read(segments[1], of: firstPartition), nil, "a replaced segment")
      // The answer may have been lost.
      _ = try add(archive, 4, 300, replacing: Array(segments[1...]))
      try requireEqual(try archive.segments(firstPartition), [segments[0], joined], "segments after the same again")
    },
    StorageConformance("a segment is never replaced by another one of its number") { open in
      let (_, archive) = try opened(open)
      for size in [100, (2 << 20) + 1] {
        let number = try archive.segments(firstPartition).count + 1
        let segment = try add(archive, UInt64(number), size)
        try requireError("another one", isInvalid) { _ = try add(archive, UInt64(number), size + 1) }
        try requireEqual(try archive.segments(firstPartition).last, segment, "segments")
        try require(try archive.read(segment, of: firstPartition) == content(segment.number, size), "the first one's bytes are gone")
      }
    },
    StorageConformance("removed segments are gone, also many and some twice") { open in
      let (_, archive) = try opened(open)
      let segments = try (1...100).map { try add(archive, UInt64($0), 10) }
      try archive.remove(Array(segments[..<90]), of: firstPartition, epoch: Epoch(1))
      try archive.remove(Array(segments[80..<95]), of: firstPartition, epoch: Epoch(1))
      try requireEqual(try archive.segments(firstPartition), Array(segments[95...]), "segments")
      try requireEqual(try archive.read(segments[0], of: firstPartition), nil, "a removed segment")
    },
    StorageConformance("who was shut out neither adds nor removes segments") { open in
      let (store, archive) = try opened(open)
      let segment = try add(archive, 1, 10)
      _ = try store.claim(firstPartition, epoch: Epoch(2))
      try requireError("adding", isFenced) { _ = try add(archive, 2, 10) }
      try requireError("removing", isFenced) { try archive.remove([segment], of: firstPartition, epoch: Epoch(1)) }
      try requireEqual(try archive.segments(firstPartition), [segment], "segments")
    },
  ]

  private static func opened(_ open: Opener) throws -> (any Store, any Archive) {
    let store = try open()
    guard let archive = store as? any Archive else { throw Broken(description: "the store has no archive") }
    let epoch = max(Epoch(1), try store.standing(firstPartition).epoch)
    _ = try store.claim(firstPartition, epoch: epoch)
    return (store, archive)
  }

  private static func content(_ number: UInt64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: UInt64($0 / 7) &+ number) }
  }

  private static func add(
    _ archive: any Archive, _ number: UInt64, _ size: Int, replacing: [ArchiveSegment] = []
  ) throws -> ArchiveSegment {
    let segment = ArchiveSegment(
      number: number, through: Position(number * 10), bytes: size, at: Instant(milliseconds: Int64(number)))
    try archive.add(segment, content(number, size), replacing: replacing, to: firstPartition, epoch: Epoch(1))
    return segment
  }
}
