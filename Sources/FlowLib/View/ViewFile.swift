import FlowSQLite
import FlowStorage

/// A view's file, read without a view: as it is at one moment, and never changed.
package struct ViewFile {
  private let database: Database
  /// Up to where it reflects each partition.
  package let positions: [PartitionID: Position]

  /// - Returns: nil when there is no such file.
  /// - Throws: `tooNew`, or `corrupt` for a file that is no view's.
  package init?(_ path: String) throws(StoreError) {
    guard fileSize(at: path) != nil else { return nil }
    database = try Database(path, .readOnly)
    let format = Int(try database.integer("PRAGMA user_version") ?? 0)
    guard format <= ViewSchema.format else { throw .tooNew(found: format, supported: Int(ViewSchema.format)) }
    guard format == ViewSchema.format else { throw .corrupt("\(path) is no view of this store") }
    positions = try ViewReader(database: database).positions()
  }

  /// Every row, in the order of the ids, until `take` has enough.
  package func eachRow(_ take: (InstanceRow) throws(StoreError) -> Bool) throws(StoreError) {
    let found = try database.statement("SELECT \(ViewReader.columns) FROM instance ORDER BY instance.id")
    defer { found.reset() }
    while try found.step() {
      guard try take(ViewReader.row(found)) else { return }
    }
  }
}
