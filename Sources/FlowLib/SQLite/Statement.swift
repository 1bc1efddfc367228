import CSQLite
import FlowStorage

/// A prepared statement: bind from 1, step, read columns from 0. Belongs to its connection's owner.
package final class Statement {
  private let handle: OpaquePointer
  private unowned let database: Database
  private let sql: String

  init(_ handle: OpaquePointer, of database: Database, _ sql: String) {
    self.handle = handle
    self.database = database
    self.sql = sql
  }

  deinit { sqlite3_finalize(handle) }

  package func reset() {
    // The result repeats the error of the last step, which was thrown there.
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// True when there is a row.
  package func step() throws(StoreError) -> Bool {
    let rc = sqlite3_step(handle)
    switch rc {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let error = StoreError.sqlite(rc, String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))), sql)
      reset()
      throw error
    }
  }

  /// Steps to the end, results unread.
  package func run() throws(StoreError) {
    while try step() {}
    reset()
  }

  // MARK: Bind

  @discardableResult package func bind(_ index: Int32, _ value: Int64?) throws(StoreError) -> Statement {
    try database.check(value.map { sqlite3_bind_int64(handle, index, $0) } ?? sqlite3_bind_null(handle, index), doing: sql)
    return self
  }

  @discardableResult package func bind(_ index: Int32, text: String?) throws(StoreError) -> Statement {
    guard var text else {
      try database.check(sqlite3_bind_null(handle, index), doing: sql)
      return self
    }
    let rc = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { flow_bind_text(handle, index, $0.baseAddress ?? emptyText, UInt64($0.count)) }
    }
    try database.check(rc, doing: sql)
    return self
  }

  @discardableResult package func bind(_ index: Int32, _ value: [UInt8]?) throws(StoreError) -> Statement {
    guard let value else {
      try database.check(sqlite3_bind_null(handle, index), doing: sql)
      return self
    }
    let rc = value.withUnsafeBytes { flow_bind_blob(handle, index, $0.baseAddress, UInt64($0.count)) }
    try database.check(rc, doing: sql)
    return self
  }

  // MARK: Columns

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  package func bytes(_ column: Int32) -> [UInt8] {
    let count = Int(sqlite3_column_bytes(handle, column))
    guard count > 0, let start = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  package func text(_ column: Int32) -> String {
    guard let start = sqlite3_column_text(handle, column) else { return "" }
    return String(decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
  }

  package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
  package func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }
}

// Safety: points to a static empty string, never written.
private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = StaticString("").utf8Start.withMemoryRebound(
  to: CChar.self, capacity: 1
) { $0 }
