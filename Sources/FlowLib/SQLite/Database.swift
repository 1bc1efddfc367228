import CSQLite
import FlowStorage

/// One connection to one SQLite file. Every name of the C library stays in this file and in `Statement.swift`.
// Safety: opened without SQLite's own mutex; every use is inside the lock or on the thread of its one owner.
package final class Database: @unchecked Sendable {
  package enum Access { case create, readWrite, readOnly }

  /// Nil when closed.
  private var handle: OpaquePointer?
  private var statements: [String: Statement] = [:]
  package let path: String
  /// Frames in the write-ahead log after the last commit, for who counts them.
  package private(set) var frames = 0

  package init(_ path: String, _ access: Access = .create) throws(StoreError) {
    var opened: OpaquePointer?
    let rc = sqlite3_open_v2(path, &opened, access.flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let opened else { throw .unavailable("no memory to open \(path)") }
    guard rc == SQLITE_OK else {
      defer { sqlite3_close_v2(opened) }
      throw StoreError.sqlite(sqlite3_extended_errcode(opened), String(cString: sqlite3_errmsg(opened)), "open \(path)")
    }
    handle = opened
    self.path = path
    sqlite3_extended_result_codes(handle, 1)
    flow_defensive(handle)
  }

  deinit { close() }

  /// Ends use; later calls throw `closed`. The last connection to a file folds its log.
  package func close() {
    statements = [:]
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Closing will not fold: after a failed sync nothing more is written, what is in the log stays for recovery.
  package func abandon() { flow_no_fold_on_close(handle) }

  private func open() throws(StoreError) -> OpaquePointer {
    guard let handle else { throw .closed }
    return handle
  }

  /// Runs one or more statements without results.
  package func execute(_ sql: String) throws(StoreError) {
    try check(sqlite3_exec(try open(), sql, nil, nil, nil), doing: sql)
  }

  /// The prepared statement of this text, made once a connection; reset and without bindings.
  package func statement(_ sql: String) throws(StoreError) -> Statement {
    if let known = statements[sql] {
      known.reset()
      return known
    }
    var prepared: OpaquePointer?
    try check(sqlite3_prepare_v3(try open(), sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil), doing: sql)
    guard let prepared else { throw .invalid("no statement in \(sql)") }
    let statement = Statement(prepared, of: self, sql)
    statements[sql] = statement
    return statement
  }

  /// All or nothing: commits when the body returns, else rolls back and passes its error on.
  package func transaction<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T {
    try atomic("BEGIN IMMEDIATE", body)
  }

  /// Reads of one moment.
  package func snapshot<T>(_ body: () throws(StoreError) -> T) throws(StoreError) -> T { try atomic("BEGIN", body) }

  private func atomic<T>(_ begin: String, _ body: () throws(StoreError) -> T) throws(StoreError) -> T {
    try statement(begin).run()
    do throws(StoreError) {
      let result = try body()
      try statement("COMMIT").run()
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  private func rollBack() {
    // SQLite may have rolled back by itself, and the error that is on its way says more than one from here.
    if let handle, sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
  }

  package func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try statement(sql)
    defer { statement.reset() }
    return try statement.step() ? statement.integer(0) : nil
  }

  package enum Fold { case passive, restart, truncate }

  /// Moves the write-ahead log into the file.
  /// - Returns: frames in the log, frames of it that are folded; nil when somebody is in the way.
  package func fold(_ how: Fold) throws(StoreError) -> (frames: Int, folded: Int)? {
    var (frames, folded): (Int32, Int32) = (0, 0)
    let rc = sqlite3_wal_checkpoint_v2(try open(), nil, how.mode, &frames, &folded)
    if rc & 0xFF == SQLITE_BUSY || rc & 0xFF == SQLITE_LOCKED { return nil }
    try check(rc, doing: "fold the log of \(path)")
    return (Int(frames), Int(folded))
  }

  /// Keeps `frames`. Takes the place of automatic folding.
  package func countFrames() throws(StoreError) {
    sqlite3_wal_hook(
      try open(),
      { context, _, _, frames in
        if let context { Unmanaged<Database>.fromOpaque(context).takeUnretainedValue().frames = Int(frames) }
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  package var changes: Int { handle.map { Int(sqlite3_changes64($0)) } ?? 0 }

  func check(_ rc: Int32, doing what: @autoclosure () -> String) throws(StoreError) {
    guard rc != SQLITE_OK else { return }
    throw StoreError.sqlite(rc, String(cString: sqlite3_errmsg(handle)), what())
  }
}

extension Database.Access {
  fileprivate var flags: Int32 {
    switch self {
    case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    case .readWrite: SQLITE_OPEN_READWRITE
    case .readOnly: SQLITE_OPEN_READONLY
    }
  }
}

extension Database.Fold {
  fileprivate var mode: Int32 {
    switch self {
    case .passive: SQLITE_CHECKPOINT_PASSIVE
    case .restart: SQLITE_CHECKPOINT_RESTART
    case .truncate: SQLITE_CHECKPOINT_TRUNCATE
    }
  }
}

extension StoreError {
  /// What a result code of SQLite means for the store.
  static func sqlite(_ rc: Int32, _ message: String, _ what: String) -> StoreError {
    let text = "\(message) (SQLite \(rc)) in \(what.prefix(120))"
    switch rc & 0xFF {
    case SQLITE_FULL: return .full(text)
    case SQLITE_IOERR: return .io(text)
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(text)
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_PROTOCOL:
      return .unavailable(text)
    // The rest are mistakes of ours: SQL that does not parse, a constraint, a wrong index.
    default: return .invalid(text)
    }
  }
}
