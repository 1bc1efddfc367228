import FlowStorage
import Synchronization

/// A connection behind a lock, for what is not hot enough for a thread of its own.
package final class Connection: Sendable {
  private let database: Database
  private let lock = Mutex(())

  package init(_ database: Database) { self.database = database }

  package func use<T: Sendable>(_ body: (Database) throws(StoreError) -> T) throws(StoreError) -> T {
    try lock.locked { (_) throws(StoreError) -> T in try body(database) }
  }

  /// - Parameter failed: the device failed; see `Database.abandon`.
  package func close(failed: Bool = false) {
    lock.withLock { _ in
      if failed { database.abandon() }
      database.close()
    }
  }
}

/// 64 bits over stored bytes, so that a flipped bit is an error and not a wrong state; SQLite's pages carry none.
///
/// - Parameter seed: the row's place, so that bytes of another row do not pass either.
func checksum(_ bytes: [UInt8], seed: UInt64) -> Int64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
  func mix(_ word: UInt64) {
    hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
    hash ^= hash >> 29
  }
  bytes.withUnsafeBytes { raw in
    let words = raw.count / 8
    for index in 0..<words { mix(raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)) }
    for index in (words * 8)..<raw.count { mix(UInt64(raw[index])) }
  }
  mix(UInt64(bytes.count))
  return Int64(bitPattern: hash)
}

extension Database {
  /// The settings of a file that must survive a power cut.
  func makeDurable(pageBytes: Int) throws(StoreError) {
    try execute("PRAGMA page_size=\(pageBytes)")
    try execute("PRAGMA journal_mode=WAL")
    // Some systems' shared libraries default to less; FULL syncs the log at every commit.
    try execute("PRAGMA synchronous=FULL")
    try execute("PRAGMA locking_mode=NORMAL")
  }

  /// Makes a new file's tables, or says that the file is not ours. One transaction: a file is made whole or not at all.
  func install(_ schema: String, format: Int) throws(StoreError) {
    let found = Int(try integer("PRAGMA user_version") ?? 0)
    guard found <= format else { throw .tooNew(found: found, supported: format) }
    guard found == 0 else {
      if try integer("PRAGMA application_id") != applicationID { throw .corrupt("\(path) is not a file of this store") }
      return
    }
    try transaction { () throws(StoreError) in
      try execute("CREATE TABLE IF NOT EXISTS identity(id BLOB NOT NULL)")
      try execute(schema)
      try execute("PRAGMA application_id=\(applicationID)")
      try execute("PRAGMA user_version=\(format)")
    }
  }
}

extension Database {
  func identity() throws(StoreError) -> [UInt8]? {
    let row = try statement("SELECT id FROM identity")
    defer { row.reset() }
    return try row.step() ? row.bytes(0) : nil
  }

  func setIdentity(_ bytes: [UInt8]) throws(StoreError) {
    try transaction { () throws(StoreError) in
      try execute("DELETE FROM identity")
      try statement("INSERT INTO identity VALUES (?)").bind(1, bytes).run()
    }
  }
}

/// "REXF"
let applicationID: Int64 = 0x5245_5846
