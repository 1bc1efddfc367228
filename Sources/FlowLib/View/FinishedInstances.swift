import FlowCore
import FlowSQLite
import FlowStorage

/// Where finished instances lie: in the file of an embedded store's view, or in an archive. Moves them from one to the other.
package enum FinishedInstances {
  case file(String)
  /// Of a partition that was claimed with the epoch, when it is to be written.
  case archive(any Archive, PartitionID, Epoch, mark: Position)

  /// - Returns: how many instances were copied into a place where none are yet.
  package func copy(to target: FinishedInstances) throws(StoreError) -> Int {
    var count = 0
    let put = try target.writer()
    try read { instances throws(StoreError) in
      try put(instances)
      count += instances.count { $0.content != nil }
    }
    return count
  }

  // MARK: reading

  /// From new to old, in chunks.
  private func read(_ take: ([ArchivedInstance]) throws(StoreError) -> Void) throws(StoreError) {
    switch self {
    case .file(let path):
      guard fileSize(at: path) != nil else { return }
      try FinishedInstances.read(path, take)
    case .archive(let archive, let partition, _, _):
      var reading = ArchiveReading()
      for segment in try archive.segments(partition).reversed() {
        guard let bytes = try archive.read(segment, of: partition) else { continue }
        try take(reading.next(bytes))
      }
    }
  }

  private static func read(_ path: String, _ take: ([ArchivedInstance]) throws(StoreError) -> Void) throws(StoreError) {
    let connections = try ViewSchema.open(path)
    defer {
      connections.reader.close()
      connections.writer.close()
    }
    try connections.reader.use { (database) throws(StoreError) in
      let rows = try database.statement(
        "SELECT \(ViewReader.columns), seq, dropped, history FROM instance WHERE ended IS NOT NULL ORDER BY seq DESC")
      defer { rows.reset() }
      var (chunk, bytes): ([ArchivedInstance], Int) = ([], 0)
      while try rows.step() {
        let row = try ViewReader.row(rows)
        let content = ArchivedInstance.Content(row: row, history: rows.bytes(15), dropped: Int(rows.integer(14)))
        chunk.append(ArchivedInstance(id: row.id, content: content))
        bytes += row.approximateBytes + content.history.count
        guard bytes >= Limits.archiveChunkBytes else { continue }
        try take(chunk)
        (chunk, bytes) = ([], 0)
      }
      if !chunk.isEmpty { try take(chunk) }
    }
  }

  // MARK: writing

  private func writer() throws(StoreError) -> ([ArchivedInstance]) throws(StoreError) -> Void {
    switch self {
    case .file(let path):
      let view = try View(path, retention: ViewRetention(ageMs: .max, bytes: .max))
      return { instances throws(StoreError) in _ = try view.restore(instances[...]) }
    case .archive(let archive, let partition, let epoch, let mark):
      // Segments are numbered in order, and the newest comes first.
      var number: UInt64 = 1 << 32
      return { instances throws(StoreError) in
        let bytes = ArchiveCodec.encode(instances.reversed())
        let segment = ArchiveSegment(number: number, through: mark, bytes: bytes.count, at: wallClock())
        try archive.add(segment, bytes, replacing: [], to: partition, epoch: epoch)
        number -= 1
      }
    }
  }
}
