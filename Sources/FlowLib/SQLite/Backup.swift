import FlowCore
import FlowStorage
import Glibc

/// A backup is one SQLite file with the tables of `journal.db` and `records.db` and a table of blobs, so that `sqlite3` can look inside.
///
/// Both files' snapshots are pinned while nothing is appended, written or committed (microseconds), then copied beside the running
/// work: the pair is of one moment, and restore is the state at the last position in it. Blobs are written before the batch that names
/// them and are not swept meanwhile, so that copying them last misses none.
extension SQLiteStore {
  package func backup(to path: String) throws(StoreError) { try backup(to: path, with: nil) }

  /// - Parameter part: what readers keep, which is in no file of the store.
  package func backup(to path: String, with part: BackupPart?) throws(StoreError) {
    try guarded { () throws(StoreError) in
      do throws(StoreError) {
        try writeBackup(to: path, with: part)
      } catch {
        switch error {
        // The backup's own disk, which says nothing about the store's.
        case .io(let why), .full(let why): throw .unavailable("the backup to \(path) failed: \(why)")
        case .fenced, .corrupt, .tooNew, .locked, .tooLarge, .trimmed, .compacted, .invalid, .closed, .unavailable, .unknown: throw error
        }
      }
    }
  }

  private func writeBackup(to path: String, with part: BackupPart?) throws(StoreError) {
    guard fileSize(at: path) == nil else { throw .unavailable("\(path) exists; a backup goes to a new file") }
    blobFolder.backupBegins()
    defer { blobFolder.backupEnds() }
    let temporary = path + ".part"
    unlink(temporary)
    defer { unlink(temporary) }
    try copy(to: temporary, with: part)
    try syncFile(temporary)
    guard rename(temporary, path) == 0 else { throw systemError("rename \(temporary)") }
    try syncDirectory(parent(of: path))
  }

  private func copy(to temporary: String, with part: BackupPart?) throws(StoreError) {
    let target = try Database(temporary)
    // The file is thrown away when this does not come to its end, so it needs no journal of its own.
    try target.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
    try target.execute("ATTACH \(quoted(directory.file("journal.db"))) AS j; ATTACH \(quoted(directory.file("records.db"))) AS r")
    if let part { try part.attach(to: target) }
    try pin(target, part)
    for table in journalTables { try target.execute("CREATE TABLE main.\(table) AS SELECT * FROM j.\(table)") }
    for table in recordTables { try target.execute("CREATE TABLE main.\(table) AS SELECT * FROM r.\(table)") }
    if let part { try part.copy(in: target) }
    try copyBlobs(target)
    try target.execute("PRAGMA main.user_version=\(backupFormat); PRAGMA main.application_id=\(backupID); COMMIT")
  }

  /// Begins to read all files as they are at one moment.
  ///
  /// What readers keep has a position V of its own, and must fit the store's: mark <= V <= last. Both hold at any moment at which nothing
  /// is appended and no checkpoint step is written, so that all three are pinned inside both locks:
  /// - A checkpoint step is written only when V has reached the position of the state it holds, and V never falls. So the mark and every
  ///   record's stamp are <= V, and each event above V is still in the journal and is not skipped in its replay.
  /// - Readers are given a batch only after its append has returned. So V <= last.
  /// Copying one after the other would need to be repeated: stamps and mark move on past a V that was copied before.
  private func pin(_ target: Database, _ part: BackupPart?) throws(StoreError) {
    try recordFile.write { (_) throws(StoreError) in
      try journalFile.paused { () throws(StoreError) in
        try target.execute("BEGIN")
        _ = try target.integer("SELECT count(*) FROM j.owner")
        _ = try target.integer("SELECT count(*) FROM r.mark")
        if part != nil { _ = try target.integer("SELECT count(*) FROM \(BackupPart.schema).sqlite_schema") }
      }
    }
  }

  private func copyBlobs(_ target: Database) throws(StoreError) {
    try target.execute("CREATE TABLE main.blob(hash BLOB PRIMARY KEY, bytes BLOB NOT NULL)")
    var last: BlobHash?
    while true {
      let page = try blobFolder.list(olderThan: Instant(milliseconds: .max), after: last, limit: 1000)
      for hash in page {
        guard let bytes = try blobFolder.get(hash) else { continue }
        try target.statement("INSERT INTO main.blob VALUES (?, ?)").bind(1, hash.bytes).bind(2, bytes).run()
      }
      guard let end = page.last else { return }
      last = end
    }
  }

  /// Makes a store from a backup in a directory that holds none and nothing else, or what an interrupted restore left.
  ///
  /// All or nothing: until everything is in and synced no store opens there, whenever this process ends.
  /// - Parameters:
  ///   - more: restores what else belongs into the directory.
  ///   - reached: told after each step; for tests that end there.
  package static func restore(
    _ path: String, to directory: String, reached: (RestoreStep) throws(StoreError) -> Void = { _ in },
    and more: () throws(StoreError) -> Void = {}
  ) throws(StoreError) {
    let source = try openBackup(path)
    let place = try DataDirectory(restoringInto: directory)
    defer { place.unlock() }
    try reached(.marked)
    let store = try SQLiteStore(place, reserveBytes: 0)
    defer { store.close() }
    try reached(.made)
    try store.fill(from: source, path, reached)
    try more()
    try reached(.filled)
    try place.restored()
  }

  /// Whether `restore` takes the directory: it is empty, or not there, or holds what an unfinished restore left.
  package static func takesRestore(_ directory: String) throws(StoreError) -> Bool { try DataDirectory.takesRestore(directory) }

  private static func openBackup(_ path: String) throws(StoreError) -> Database {
    guard (fileSize(at: path) ?? 0) > 0 else { throw .unavailable("\(path) is missing or empty") }
    let source = try Database(path, .readOnly)
    guard try source.integer("PRAGMA application_id") == backupID else { throw .corrupt("\(path) is not a backup of a store") }
    let found = Int(try source.integer("PRAGMA user_version") ?? 0)
    guard found <= backupFormat else { throw .tooNew(found: found, supported: Int(backupFormat)) }
    let check = try source.statement("PRAGMA quick_check(1)")
    guard try check.step(), check.text(0) == "ok" else { throw .corrupt("\(path) is damaged: \(check.text(0))") }
    check.reset()
    return source
  }

  private func fill(
    from source: Database, _ path: String, _ reached: (RestoreStep) throws(StoreError) -> Void
  ) throws(StoreError) {
    let rows = try source.statement("SELECT hash, bytes FROM blob")
    while try rows.step() {
      let hash = try blobFolder.put(rows.bytes(1))
      guard hash.bytes == rows.bytes(0) else { throw .corrupt("blob \(hash) of \(path) does not have the bytes that were written") }
    }
    try reached(.blobs)
    try SQLiteStore.insert(journalTables, into: directory.file("journal.db"), from: path)
    try reached(.journal)
    try SQLiteStore.insert(recordTables, into: directory.file("records.db"), from: path)
  }

  private static func insert(_ tables: [String], into file: String, from backup: String) throws(StoreError) {
    try copyRows(tables.map { (from: $0, to: $0) }, into: file, from: backup)
  }
}

/// What a restore has done so far.
package enum RestoreStep: Sendable, CaseIterable { case marked, made, blobs, journal, filled }

/// Another file whose rows go into a backup, as they are at the moment of the store's.
package struct BackupPart: Sendable {
  package let path: String
  /// What its tables are called by in the backup, before their own name: `view_`.
  package let prefix: String
  package let tables: [String]

  fileprivate static let schema = "part"

  package init(_ path: String, prefix: String, tables: [String]) {
    self.path = path
    self.prefix = prefix
    self.tables = tables
  }

  fileprivate func attach(to target: Database) throws(StoreError) {
    // Attaching makes a file that is not there.
    guard fileSize(at: path) != nil else { throw .unavailable("\(path) is missing") }
    try target.execute("ATTACH \(quoted(path)) AS \(BackupPart.schema)")
  }

  fileprivate func copy(in target: Database) throws(StoreError) {
    for table in tables { try target.execute("CREATE TABLE main.\(prefix)\(table) AS SELECT * FROM \(BackupPart.schema).\(table)") }
    let format = try target.integer("PRAGMA \(BackupPart.schema).user_version") ?? 0
    try target.execute("CREATE TABLE main.\(prefix)format AS SELECT \(format) AS format")
  }

  /// The format of this part in a backup; nil when it holds none.
  package func format(in backup: String) throws(StoreError) -> Int? {
    let source = try Database(backup, .readOnly)
    guard try source.integer("SELECT count(*) FROM sqlite_schema WHERE name = '\(prefix)format'") == 1 else { return nil }
    return Int(try source.integer("SELECT format FROM \(prefix)format") ?? 0)
  }

  /// Puts the rows back into the part's file, which has its tables already.
  package func restore(from backup: String) throws(StoreError) {
    try copyRows(tables.map { (from: prefix + $0, to: $0) }, into: path, from: backup)
  }
}

private func copyRows(_ tables: [(from: String, to: String)], into file: String, from backup: String) throws(StoreError) {
  let target = try Database(file, .readWrite)
  try target.execute("PRAGMA synchronous=FULL; ATTACH \(quoted(backup)) AS b")
  try target.transaction { () throws(StoreError) in
    for table in tables { try target.execute("INSERT OR REPLACE INTO main.\(table.to) SELECT * FROM b.\(table.from)") }
  }
  _ = try target.fold(.truncate)
}

private let journalTables = ["owner", "batch"]
private let recordTables = ["mark", "record", "part", "unfinished", "kv", "counter"]
/// 2 says that readers' rows may be in it: releases that read 1 would leave finished instances out without a word.
private let backupFormat: Int64 = 2
/// "REXB"
private let backupID: Int64 = 0x5245_5842

private func quoted(_ path: String) -> String {
  "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
}

private func syncFile(_ path: String) throws(StoreError) {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw systemError("open \(path)") }
  defer { close(descriptor) }
  guard fsync(descriptor) == 0 else { throw .io("sync \(path): \(String(cString: strerror(errno)))") }
}
