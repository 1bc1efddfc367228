import FlowStorage

extension Database {
  /// One checkpoint step in one transaction.
  ///
  /// - Parameter mark: the mark before the step.
  func write(_ step: CheckpointStep, _ partition: PartitionID, mark old: Position) throws(StoreError) {
    try transaction { () throws(StoreError) in
      for record in step.records { try put(record, partition) }
      for deletion in step.deletions { try doom(deletion, partition, mark: old) }
      guard let mark = step.mark else { return }
      try statement("INSERT INTO mark VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position")
        .bind(1, Int64(partition.raw)).bind(2, mark.sqlite).run()
    }
  }

  private func put(_ record: Record, _ partition: PartitionID) throws(StoreError) {
    let old = try statement("SELECT max(stamp, coalesce(doomed, 0)) FROM record WHERE partition = ? AND key = ?")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes)
    let known = try old.step() ? old.integer(0) : -1
    old.reset()
    guard record.stamp.sqlite > known else { return }
    try begin(record, partition)
    let insert = "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)"
    for (index, bytes) in record.parts.enumerated() {
      try statement(insert)
        .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).bind(3, record.stamp.sqlite).bind(4, Int64(record.firstPart + index))
        .bind(5, checksum(bytes, seed: record.stamp.raw)).bind(6, bytes).run()
    }
    if record.isLast { try finish(record, partition) }
  }

  /// Clears what an earlier try of this piece left, and checks that the pieces before it are here.
  private func begin(_ record: Record, _ partition: PartitionID) throws(StoreError) {
    let count = try statement("SELECT count(*) FROM part WHERE partition = ? AND key = ? AND stamp = ? AND number < ?")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).bind(3, record.stamp.sqlite).bind(4, Int64(record.firstPart))
    let before = try count.step() ? count.integer(0) : 0
    count.reset()
    guard before == Int64(record.firstPart) else {
      throw .invalid("record \(record.key) goes on at part \(record.firstPart), which does not follow what came before")
    }
    try statement("DELETE FROM part WHERE partition = ? AND key = ? AND stamp = ? AND number >= ?")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).bind(3, record.stamp.sqlite).bind(4, Int64(record.firstPart)).run()
    guard !record.isLast else { return }
    try statement("INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?)")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).bind(3, record.stamp.sqlite).run()
  }

  /// The record has all its parts: readers see it from here on.
  private func finish(_ record: Record, _ partition: PartitionID) throws(StoreError) {
    try statement("INSERT OR REPLACE INTO record VALUES (?, ?, ?, NULL, ?, ?)")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).bind(3, record.stamp.sqlite)
      .bind(4, checksum(record.head, seed: record.stamp.raw)).bind(5, record.head).run()
    try statement("DELETE FROM part WHERE partition = ? AND key = ? AND stamp <> ?")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).bind(3, record.stamp.sqlite).run()
    try statement("DELETE FROM unfinished WHERE partition = ? AND key = ?")
      .bind(1, Int64(partition.raw)).bind(2, record.key.bytes).run()
  }

  private func doom(_ deletion: RecordDeletion, _ partition: PartitionID, mark: Position) throws(StoreError) {
    try statement(
      "UPDATE record SET doomed = max(coalesce(doomed, 0), ?3) WHERE partition = ?1 AND key = ?2 AND stamp < ?3"
    ).bind(1, Int64(partition.raw)).bind(2, deletion.key.bytes).bind(3, deletion.stamp.sqlite).run()
    // What replay no longer needs goes at once.
    if deletion.stamp <= mark, self.changes > 0 { try remove(deletion.key.bytes, partition) }
  }

  /// Removes one bounded handful of records that the mark has passed; false when none is left.
  func removeDoomed(_ partition: PartitionID, mark: Position) throws(StoreError) -> Bool {
    let rows = try statement("SELECT key FROM record WHERE partition = ? AND doomed <= ? LIMIT 64")
      .bind(1, Int64(partition.raw)).bind(2, mark.sqlite)
    var keys: [[UInt8]] = []
    while try rows.step() { keys.append(rows.bytes(0)) }
    rows.reset()
    guard !keys.isEmpty else { return false }
    try transaction { () throws(StoreError) in
      for key in keys { try remove(key, partition) }
    }
    return true
  }

  /// Drops the pieces of records that a crash left without their last one.
  func dropUnfinished(_ partition: PartitionID) throws(StoreError) {
    let rows = try statement("SELECT key, stamp FROM unfinished WHERE partition = ?").bind(1, Int64(partition.raw))
    var left: [(key: [UInt8], stamp: Int64)] = []
    while try rows.step() { left.append((rows.bytes(0), rows.integer(1))) }
    rows.reset()
    guard !left.isEmpty else { return }
    try transaction { () throws(StoreError) in
      for (key, stamp) in left {
        try statement("DELETE FROM part WHERE partition = ? AND key = ? AND stamp = ?")
          .bind(1, Int64(partition.raw)).bind(2, key).bind(3, stamp).run()
        try remove(key, from: "unfinished", partition)
      }
    }
  }

  private func remove(_ key: [UInt8], _ partition: PartitionID) throws(StoreError) {
    for table in ["record", "part", "unfinished"] { try remove(key, from: table, partition) }
  }

  private func remove(_ key: [UInt8], from table: String, _ partition: PartitionID) throws(StoreError) {
    try statement("DELETE FROM \(table) WHERE partition = ? AND key = ?").bind(1, Int64(partition.raw)).bind(2, key).run()
  }
}
