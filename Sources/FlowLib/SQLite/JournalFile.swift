import FlowCore
import FlowStorage
import Synchronization

/// `journal.db`: one row a batch. One connection appends, one folds the log on the keeper's thread, one reads.
///
/// The commit never folds: `wal_autocheckpoint=0`. Old rows are removed inside appends, a bounded handful at a time, so that
/// removing costs no sync of its own and its pages are taken by the batches that follow.
final class JournalFile: Sendable {
  private struct Line {
    var epoch = Epoch.none
    var last = Position.start
    /// Batches up to here are removed.
    var trimmed = Position.start
    /// Batches up to here may be removed.
    var trim = Position.start
  }

  private struct State {
    var lines: [PartitionID: Line] = [:]
    /// About how many bytes the log holds that are not folded.
    var debt = 0
    var appends: UInt64 = 0
    var space: LogSpace
  }

  private let writer: Database
  private let folder: Database
  private let reader: Connection
  private let state: Mutex<State>
  private let wantsFold: @Sendable () -> Void

  /// - Parameter marks: the records' marks; a partition's journal may be empty because all of it was removed.
  init(_ path: String, marks: [PartitionID: Position], wantsFold: @escaping @Sendable () -> Void) throws(StoreError) {
    writer = try Database(path)
    try writer.makeDurable(pageBytes: 4096)
    try writer.install(JournalFile.schema, format: DataDirectory.format)
    try writer.execute("PRAGMA wal_autocheckpoint=0")
    try writer.countFrames()
    folder = try Database(path, .readWrite)
    try folder.execute("PRAGMA synchronous=FULL")
    reader = Connection(try Database(path, .readWrite))
    state = Mutex(State(lines: try JournalFile.lines(writer, marks), space: LogSpace(path + "-wal")))
    self.wantsFold = wantsFold
  }

  private static let schema = """
    CREATE TABLE IF NOT EXISTS owner(partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS batch(id INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, bytes BLOB NOT NULL);
    """

  private static func lines(_ database: Database, _ marks: [PartitionID: Position]) throws(StoreError) -> [PartitionID: Line] {
    var lines: [PartitionID: Line] = [:]
    let owners = try database.statement("SELECT partition, epoch FROM owner")
    while try owners.step() {
      lines[PartitionID(UInt16(truncatingIfNeeded: owners.integer(0)))] = Line(epoch: Epoch(UInt64(bitPattern: owners.integer(1))))
    }
    for (partition, mark) in marks where lines[partition] == nil || mark > .start {
      lines[partition, default: Line()].last = mark
    }
    for partition in lines.keys.sorted() {
      let mark = marks[partition] ?? .start
      let ends = try database.statement("SELECT min(id), max(id) FROM batch WHERE id > ? AND id <= ?")
      try ends.bind(1, rowID(partition, .start)).bind(2, rowID(partition, Position(positionMask)))
      let found = try ends.step() && !ends.isNull(0)
      lines[partition]?.last = found ? max(mark, position(ends.integer(1))) : mark
      lines[partition]?.trimmed = found ? Position(position(ends.integer(0)).raw - 1) : mark
      lines[partition]?.trim = .start
      guard !found || (lines[partition]?.trimmed ?? .start) <= mark else {
        throw .corrupt("the journal of partition \(partition) begins after its mark \(mark): the files are not of one store")
      }
    }
    return lines
  }

  func identity() throws(StoreError) -> [UInt8]? { try reader.use { (database) throws(StoreError) in try database.identity() } }

  func setIdentity(_ bytes: [UInt8]) throws(StoreError) {
    try state.locked { (_) throws(StoreError) in try writer.setIdentity(bytes) }
  }

  // MARK: Owner's calls

  func place(_ partition: PartitionID) -> (epoch: Epoch, last: Position) {
    state.withLock { ($0.lines[partition]?.epoch ?? .none, $0.lines[partition]?.last ?? .start) }
  }

  func claim(_ partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try state.locked { (state) throws(StoreError) in
      let line = state.lines[partition] ?? Line()
      guard epoch >= line.epoch, epoch > .none else { throw .fenced(epoch: line.epoch, last: line.last) }
      guard partition.raw <= partitionMax else { throw .invalid("partition \(partition) is above \(partitionMax)") }
      if epoch > line.epoch {
        try writer.statement("INSERT INTO owner VALUES (?, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch")
          .bind(1, Int64(partition.raw)).bind(2, Int64(bitPattern: epoch.raw)).run()
      }
      state.lines[partition, default: Line()].epoch = epoch
    }
  }

  func append(_ batch: [UInt8], to partition: PartitionID, after: Position, epoch: Epoch) throws(StoreError) {
    let fold = try state.locked { (state) throws(StoreError) -> Bool in
      guard var line = state.lines[partition], line.epoch == epoch, line.last == after, epoch > .none else {
        let line = state.lines[partition] ?? Line()
        throw .fenced(epoch: line.epoch, last: line.last)
      }
      guard after.raw < positionMask else { throw .invalid("position \(after) is the last one there is") }
      let row = rowID(partition, after.next)
      state.space.reserve(behind: writer.frames, batchBytes: batch.count)
      if line.trim.raw >= line.trimmed.raw + UInt64(trimRows) {
        // Several rows change: one transaction. Memory moves only when it is committed.
        line.trimmed = try writer.transaction { () throws(StoreError) in
          try insert(batch, row)
          return try removeSome(partition, line)
        }
      } else {
        try insert(batch, row)
      }
      line.last = after.next
      state.lines[partition] = line
      state.debt += batch.count + 2 * 4096
      state.appends &+= 1
      return state.debt > foldBytes
    }
    if fold { wantsFold() }
  }

  private func insert(_ batch: [UInt8], _ row: Int64) throws(StoreError) {
    try writer.statement("INSERT INTO batch VALUES (?, ?, ?)")
      .bind(1, row).bind(2, checksum(batch, seed: UInt64(bitPattern: row))).bind(3, batch).run()
  }

  /// Removes the oldest rows that may go, as many as one commit can bear.
  private func removeSome(_ partition: PartitionID, _ line: Line) throws(StoreError) -> Position {
    let (first, last) = (rowID(partition, line.trimmed.next), rowID(partition, line.trim))
    let rows = try writer.statement("SELECT id, length(bytes) FROM batch WHERE id >= ? AND id <= ? ORDER BY id LIMIT \(trimRows)")
    try rows.bind(1, first).bind(2, last)
    var (end, bytes) = (line.trimmed, Int64(0))
    while bytes < trimBytes, try rows.step() {
      end = position(rows.integer(0))
      bytes += rows.integer(1)
    }
    rows.reset()
    guard end > line.trimmed else { return line.trim }
    try writer.statement("DELETE FROM batch WHERE id >= ? AND id <= ?").bind(1, first).bind(2, rowID(partition, end)).run()
    return end
  }

  /// Lets batches up to `position` go; appends and the keeper remove them.
  func allowTrim(_ partition: PartitionID, through position: Position) {
    state.withLock { state in
      guard let line = state.lines[partition], position > line.trim else { return }
      state.lines[partition]?.trim = max(line.trim, min(position, line.last))
    }
    wantsFold()
  }

  // MARK: Readers

  func batches(_ partition: PartitionID, after: Position, maxBytes: Int) throws(StoreError) -> [StoredBatch] {
    let line = state.withLock { $0.lines[partition] } ?? Line()
    // Rows that may go are gone for readers, so that what they see does not hang on the keeper's pace.
    let oldest = max(line.trimmed, line.trim)
    guard after >= oldest else { throw .trimmed(oldest: oldest) }
    guard after < line.last else { return [] }
    do throws(StoreError) {
      return try read(partition, after, line.last, maxBytes)
    } catch {
      // What was asked for may have been removed while it was read.
      let now = state.withLock { $0.lines[partition]?.trim } ?? .start
      throw after < now ? .trimmed(oldest: now) : error
    }
  }

  private func read(_ partition: PartitionID, _ after: Position, _ last: Position, _ maxBytes: Int) throws(StoreError) -> [StoredBatch] {
    try reader.use { (database) throws(StoreError) in
      let rows = try database.statement("SELECT id, checksum, bytes, length(bytes) FROM batch WHERE id > ? AND id <= ? ORDER BY id")
      defer { rows.reset() }
      try rows.bind(1, rowID(partition, after)).bind(2, rowID(partition, last))
      var (found, bytes, expected): ([StoredBatch], Int, Position) = ([], 0, after.next)
      while try rows.step() {
        bytes += Int(rows.integer(3))
        guard found.isEmpty || bytes <= maxBytes else { return found }
        found.append(try JournalFile.read(rows, expected))
        expected = expected.next
      }
      guard expected == last.next else { throw .corrupt("batch \(expected) of partition \(partition) is missing") }
      return found
    }
  }

  func close(failed: Bool) {
    state.withLock { _ in
      for database in [folder, writer] {
        if failed { database.abandon() }
        database.close()
      }
    }
    reader.close(failed: failed)
  }

  private static func read(_ row: Statement, _ expected: Position) throws(StoreError) -> StoredBatch {
    let (id, bytes) = (row.integer(0), row.bytes(2))
    guard position(id) == expected else { throw .corrupt("batch \(expected) is missing in the journal") }
    guard checksum(bytes, seed: UInt64(bitPattern: id)) == row.integer(1) else {
      throw .corrupt("batch \(expected) of partition \(id >> positionBits) does not have the bytes that were written")
    }
    return StoredBatch(position: expected, bytes: bytes)
  }

  /// Bytes of rows, without free pages, and what is in the log.
  func usedBytes() throws(StoreError) -> Int {
    try reader.use { (database) throws(StoreError) in
      let pages = try database.integer("PRAGMA page_count") ?? 0
      let free = try database.integer("PRAGMA freelist_count") ?? 0
      return Int(pages - free) * 4096
    }
  }

  // MARK: The keeper's calls

  /// Moves the log into the file beside the appends; only when it has grown large, a short moment without appends starts it over.
  func fold() throws(StoreError) {
    guard state.withLock({ $0.debt }) > 0, let (frames, _) = try folder.fold(.passive) else { return }
    state.withLock { $0.debt = 0 }
    guard frames > logFrames else { return }
    try state.locked { (state) throws(StoreError) in
      let isLarge = frames > 4 * logFrames
      if isLarge { state.space.forget() }
      _ = try folder.fold(isLarge ? .truncate : .restart)
    }
  }

  /// Removes rows when no append does; true when there is more to do.
  func trimWhenIdle(_ seen: inout UInt64) throws(StoreError) -> Bool {
    let before = seen
    let (more, appends) = try state.locked { (state) throws(StoreError) -> (Bool, UInt64) in
      guard state.appends == before else { return (false, state.appends) }
      guard let partition = state.lines.keys.sorted().first(where: { state.lines[$0].map { $0.trim > $0.trimmed } ?? false }),
        let line = state.lines[partition]
      else { return (false, state.appends) }
      let end = try writer.transaction { () throws(StoreError) in try removeSome(partition, line) }
      state.lines[partition]?.trimmed = end
      state.debt += 4096
      return (true, state.appends)
    }
    seen = appends
    return more
  }

  /// Runs the body while nothing is appended or claimed.
  func paused<T: Sendable>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
    try state.locked { (_) throws(StoreError) -> T in try body() }
  }
}

private let positionBits: Int64 = 50
private let positionMask: UInt64 = (1 << 50) - 1
private let partitionMax: UInt16 = (1 << 13) - 1
/// Rows and bytes that one append removes at most: what keeps its cost the same however much may go.
private let trimRows = 64
private let trimBytes: Int64 = 256 << 10
/// Unfolded bytes at which the keeper is woken, and frames at which the log starts over (32 MiB).
private let foldBytes = 4 << 20
private let logFrames = 8192

/// Partition in the top 13 bits, position below: one partition's batches lie together and in order.
private func rowID(_ partition: PartitionID, _ position: Position) -> Int64 {
  Int64(partition.raw) << positionBits | Int64(min(position.raw, positionMask))
}

private func position(_ row: Int64) -> Position { Position(UInt64(bitPattern: row) & positionMask) }
