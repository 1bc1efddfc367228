import FlowCore
import FlowStorage

/// `records.db`: checkpointed records, the marks, and the key-value part. One connection writes, one reads beside it.
final class RecordFile: Sendable {
  private let writer: Connection
  private let reader: Connection

  init(_ path: String) throws(StoreError) {
    let database = try Database(path)
    try database.makeDurable(pageBytes: 4096)
    try database.install(RecordFile.schema, format: DataDirectory.format)
    writer = Connection(database)
    reader = Connection(try Database(path, .readWrite))
  }

  /// A part belongs to the record whose stamp it has; parts of an unfinished piecewise write have a stamp that no record has yet.
  private static let schema = """
    CREATE TABLE IF NOT EXISTS mark(partition INTEGER PRIMARY KEY, position INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS record(
      partition INTEGER, key BLOB, stamp INTEGER NOT NULL, doomed INTEGER, checksum INTEGER NOT NULL, head BLOB NOT NULL,
      PRIMARY KEY(partition, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS record_doomed ON record(partition, doomed) WHERE doomed IS NOT NULL;
    CREATE TABLE IF NOT EXISTS part(
      partition INTEGER, key BLOB, stamp INTEGER, number INTEGER, checksum INTEGER NOT NULL, bytes BLOB NOT NULL,
      PRIMARY KEY(partition, key, stamp, number)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS unfinished(
      partition INTEGER, key BLOB, stamp INTEGER, PRIMARY KEY(partition, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS kv(key BLOB PRIMARY KEY, revision INTEGER NOT NULL, value BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT OR IGNORE INTO counter VALUES ('revision', 0);
    """

  func write<T: Sendable>(_ body: (Database) throws(StoreError) -> T) throws(StoreError) -> T { try writer.use(body) }
  func read<T: Sendable>(_ body: (Database) throws(StoreError) -> T) throws(StoreError) -> T { try reader.use(body) }

  func close(failed: Bool) {
    reader.close(failed: failed)
    writer.close(failed: failed)
  }

  func marks() throws(StoreError) -> [PartitionID: Position] {
    try read { (database) throws(StoreError) in
      var marks: [PartitionID: Position] = [:]
      let rows = try database.statement("SELECT partition, position FROM mark")
      while try rows.step() {
        marks[PartitionID(UInt16(truncatingIfNeeded: rows.integer(0)))] = Position(UInt64(bitPattern: rows.integer(1)))
      }
      return marks
    }
  }

  func heads(_ partition: PartitionID, after: RecordKey?, limit: Int, mark: Position) throws(StoreError) -> [StoredHead] {
    try read { (database) throws(StoreError) in
      let rows = try database.statement(
        """
        SELECT key, stamp, head, checksum FROM record
        WHERE partition = ? AND key > ? AND (doomed IS NULL OR doomed > ?) ORDER BY key LIMIT ?
        """)
      defer { rows.reset() }
      // NULL is below every blob in SQLite's order, but compares as unknown: an absent key is the negative number, which is below too.
      try rows.bind(1, Int64(partition.raw)).bind(3, mark.sqlite).bind(4, Int64(limit))
      if let after { try rows.bind(2, after.bytes) } else { try rows.bind(2, -1) }
      var found: [StoredHead] = []
      while try rows.step() {
        let head = StoredHead(key: RecordKey(rows.bytes(0)), stamp: Position(UInt64(bitPattern: rows.integer(1))), head: rows.bytes(2))
        guard checksum(head.head, seed: head.stamp.raw) == rows.integer(3) else {
          throw .corrupt("the head of record \(head.key) does not have the bytes that were written")
        }
        found.append(head)
      }
      return found
    }
  }

  func parts(_ partition: PartitionID, _ key: RecordKey, mark: Position) throws(StoreError) -> [[UInt8]]? {
    try read { (database) throws(StoreError) in
      let rows = try database.statement(
        """
        SELECT record.stamp, part.number, part.checksum, part.bytes FROM record
        LEFT JOIN part ON part.partition = record.partition AND part.key = record.key AND part.stamp = record.stamp
        WHERE record.partition = ? AND record.key = ? AND (doomed IS NULL OR doomed > ?) ORDER BY part.number
        """)
      defer { rows.reset() }
      try rows.bind(1, Int64(partition.raw)).bind(2, key.bytes).bind(3, mark.sqlite)
      var parts: [[UInt8]]?
      while try rows.step() {
        guard !rows.isNull(1) else { return [] }
        let bytes = rows.bytes(3)
        let sound = rows.integer(1) == parts?.count ?? 0 && rows.integer(2) == checksum(bytes, seed: UInt64(bitPattern: rows.integer(0)))
        guard sound else { throw .corrupt("part \(rows.integer(1)) of record \(key) does not have the bytes that were written") }
        parts = (parts ?? []) + [bytes]
      }
      return parts
    }
  }
}

extension Position {
  var sqlite: Int64 { Int64(bitPattern: raw) }
}
