import FlowSQLite
import FlowStorage

/// The view's file. Whatever it holds can be made again, so a file that can not be used is thrown away.
enum ViewSchema {
  static let format: Int64 = 1

  /// Two connections to one file, or one of them for both ends of a view in memory.
  static func open(_ path: String) throws(StoreError) -> (writer: Connection, reader: Connection, wasReset: Bool) {
    guard path != ":memory:" else {
      let connection = Connection(try prepared(path))
      return (connection, connection, false)
    }
    do throws(StoreError) {
      return (Connection(try prepared(path)), Connection(try Database(path, .readWrite)), false)
    } catch {
      switch error {
      case .corrupt, .tooNew, .invalid: break
      case .fenced, .full, .io, .locked, .tooLarge, .trimmed, .compacted, .closed, .unavailable, .unknown: throw error
      }
      for suffix in ["", "-wal", "-shm"] { try removeFile(path + suffix) }
      return (Connection(try prepared(path)), Connection(try Database(path, .readWrite)), true)
    }
  }

  private static func prepared(_ path: String) throws(StoreError) -> Database {
    let database = try Database(path)
    try database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=0")
    try database.countFrames()
    let found = try database.integer("PRAGMA user_version") ?? 0
    guard found == 0 || found == format else { throw .tooNew(found: Int(found), supported: Int(format)) }
    try database.execute(tables)
    try database.execute("PRAGMA user_version=\(format)")
    return database
  }

  static let tableNames = ["applied", "counter", "deployment", "instance", "metadata", "count"]

  /// `seq` rises with creation: newest first is its order. Most instances are completed when they are first written, so that the
  /// index by state leaves those out. `unarchived` names what ended or went since it was last told to the archive, and above
  /// `gap` the archive holds what is not here yet. `history` is the last column: a list never reads it.
  private static let tables = """
    CREATE TABLE IF NOT EXISTS applied(partition INTEGER PRIMARY KEY, position INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS deployment(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS instance(
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, deployment INTEGER NOT NULL, state INTEGER NOT NULL,
      created INTEGER NOT NULL, ended INTEGER, content_type TEXT, end_event TEXT, error_code TEXT, error_message TEXT,
      failed_element TEXT, metadata TEXT, active TEXT, result BLOB, dropped INTEGER NOT NULL, history BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS instance_deployment ON instance(deployment, seq);
    CREATE INDEX IF NOT EXISTS instance_state ON instance(state, seq) WHERE state <> 2;
    CREATE INDEX IF NOT EXISTS instance_ended ON instance(ended) WHERE ended IS NOT NULL;
    CREATE TABLE IF NOT EXISTS metadata(name TEXT, value TEXT, seq INTEGER, PRIMARY KEY(name, value, seq)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS metadata_seq ON metadata(seq);
    CREATE TABLE IF NOT EXISTS count(deployment INTEGER, state INTEGER, n INTEGER NOT NULL, PRIMARY KEY(deployment, state)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS unarchived(id TEXT PRIMARY KEY, flush INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS gap(partition INTEGER PRIMARY KEY, position INTEGER NOT NULL, begun INTEGER NOT NULL);
    """
}
