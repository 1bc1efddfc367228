import FlowSQLite
import FlowStorage

/// Finished instances are nowhere but here, so that a backup of the store takes the view along.
extension View {
  /// The name of the view's file in a data directory.
  package static let fileName = "view.db"

  /// What a backup copies of the view at a path.
  package static func backupPart(_ path: String) -> BackupPart { BackupPart(path, prefix: "view_", tables: ViewSchema.tableNames) }

  /// Makes the view of a backup, at a path where there is none.
  ///
  /// - Returns: false when the backup has none that this release can read; then the view begins anew with what still lives.
  package static func restore(fromBackup backup: String, to path: String) throws(StoreError) -> Bool {
    let part = backupPart(path)
    let (found, supported) = (try part.format(in: backup), Int(ViewSchema.format))
    if let found, found > supported { throw .tooNew(found: found, supported: supported) }
    guard found == supported else { return false }
    guard fileSize(at: path) == nil else { throw .unavailable("\(path) exists") }
    let made = try ViewSchema.open(path)
    made.reader.close()
    made.writer.close()
    try part.restore(from: backup)
    return true
  }
}
