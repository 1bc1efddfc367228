import FlowCore
import FlowEngine
import FlowSQLite
import FlowStorage

/// What an archive takes from a view, and gives to another.
extension View {
  struct Unarchived {
    /// Everything that ended up to here, and was not archived, is in `instances`, if that is all.
    var through = Position.start
    var instances: [ArchivedInstance] = []
    var isAll = true
    fileprivate var notes: [(id: String, flush: Int64)] = []
  }

  /// What ended and was not archived yet, of one moment, until a chunk is full.
  func unarchived(_ partition: PartitionID) throws(StoreError) -> Unarchived {
    try reader.use { (database) throws(StoreError) in
      try database.snapshot { () throws(StoreError) in
        var found = Unarchived()
        found.through = try ViewReader(database: database).positions()[partition] ?? .start
        let rows = try database.statement(
          """
          SELECT \(ViewReader.columns), instance.seq, dropped, history, unarchived.id, flush
          FROM unarchived LEFT JOIN instance ON instance.id = unarchived.id
          """)
        defer { rows.reset() }
        var bytes = 0
        while try rows.step() {
          guard bytes < Limits.archiveChunkBytes else {
            found.isAll = false
            break
          }
          var instance = ArchivedInstance(id: rows.text(16))
          if rows.optionalText(0) != nil {
            let row = try ViewReader.row(rows)
            instance.content = ArchivedInstance.Content(row: row, history: rows.bytes(15), dropped: Int(rows.integer(14)))
            bytes += row.approximateBytes
          }
          bytes += 64 + (instance.content?.history.count ?? 0)
          found.instances.append(instance)
          found.notes.append((instance.id, rows.integer(17)))
        }
        return found
      }
    }
  }

  /// Forgets what was noted, unless it was noted again since.
  func archived(_ told: Unarchived) throws(StoreError) {
    guard !told.notes.isEmpty else { return }
    try writer.use { (database) throws(StoreError) in
      try database.transaction { () throws(StoreError) in
        for note in told.notes {
          try database.statement("DELETE FROM unarchived WHERE id = ? AND flush = ?").bind(1, text: note.id).bind(2, note.flush).run()
        }
      }
    }
  }

  /// What the archive is to fill.
  package struct Gap: Equatable {
    /// All that ended behind it is to be read.
    package var after: Position
    /// Rises when the view begins again.
    fileprivate var begun: Int64
  }

  /// Nil when all of the archive is here.
  package func gap(_ partition: PartitionID) throws(StoreError) -> Gap? {
    try reader.use { (database) throws(StoreError) in
      let rows = try database.statement("SELECT position, begun FROM gap WHERE partition = ?").bind(1, Int64(partition.raw))
      defer { rows.reset() }
      return try rows.step() ? Gap(after: Position(UInt64(bitPattern: rows.integer(0))), begun: rows.integer(1)) : nil
    }
  }

  /// Says that it was filled. When the view has begun again meanwhile, it stays: what was not missing before may be now.
  package func close(_ gap: Gap, _ partition: PartitionID) throws(StoreError) {
    try writer.use { (database) throws(StoreError) in
      try database.statement("DELETE FROM gap WHERE partition = ? AND begun = ?").bind(1, Int64(partition.raw)).bind(2, gap.begun).run()
    }
  }

  /// Puts instances from the archive where they belong, unless they are here or too old.
  ///
  /// - Returns: false when the view holds as much as it may, so that nothing older needs to come.
  func restore(_ instances: ArraySlice<ArchivedInstance>) throws(StoreError) -> Bool {
    try writer.use { (database) throws(StoreError) in
      guard try ViewReader(database: database).bytes() <= retention.bytes else { return false }
      _ = try database.transaction { () throws(StoreError) in
        var flush = ViewWriter(database)
        return try flush.restore(instances, endedSince: clock() + -retention.ageMs)
      }
      return true
    }
  }
}
