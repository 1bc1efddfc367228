import FlowStorage

extension Database {
  func entry(_ key: String) throws(StoreError) -> KVEntry? {
    let row = try statement("SELECT revision, value FROM kv WHERE key = ?").bind(1, Array(key.utf8))
    defer { row.reset() }
    return try row.step() ? KVEntry(key: key, value: row.bytes(1), revision: Revision(UInt64(bitPattern: row.integer(0)))) : nil
  }

  func revision() throws(StoreError) -> Revision {
    Revision(UInt64(bitPattern: try integer("SELECT value FROM counter WHERE name = 'revision'") ?? 0))
  }

  /// Entries and revision of one moment.
  func page(from: String, to: String?, limit: Int) throws(StoreError) -> KVPage {
    try snapshot { () throws(StoreError) in
      let revision = try revision()
      var entries = try entries(from: from, to: to, limit: limit + 1)
      let more = entries.count > limit
      if more { entries.removeLast() }
      return KVPage(entries: entries, revision: revision, more: more)
    }
  }

  private func entries(from: String, to: String?, limit: Int) throws(StoreError) -> [KVEntry] {
    let upper = to == nil ? "" : "AND key < ?2"
    let rows = try statement("SELECT key, revision, value FROM kv WHERE key >= ?1 \(upper) ORDER BY key LIMIT ?3")
    defer { rows.reset() }
    try rows.bind(1, Array(from.utf8)).bind(3, Int64(limit))
    if let to { try rows.bind(2, Array(to.utf8)) }
    var found: [KVEntry] = []
    while try rows.step() {
      let key = String(decoding: rows.bytes(0), as: UTF8.self)
      found.append(KVEntry(key: key, value: rows.bytes(2), revision: Revision(UInt64(bitPattern: rows.integer(1)))))
    }
    return found
  }

  private func holds(_ compare: KVCompare) throws(StoreError) -> Bool {
    switch compare {
    case .absent(let key): try entry(key) == nil
    case .exists(let key): try entry(key) != nil
    case .unchanged(let key, let since): try entry(key)?.revision == since
    }
  }

  /// - Returns: the outcome, and what changed for watchers.
  func commit(_ transaction: KVTransaction) throws(StoreError) -> (KVOutcome, [KVChange]) {
    try self.transaction { () throws(StoreError) in
      for compare in transaction.compares {
        guard try holds(compare) else { return (.conflict(compare), []) }
      }
      let revision = try revision()
      var changes: [KVChange] = []
      for (key, value) in transaction.puts {
        try statement("INSERT INTO kv VALUES (?1, ?2, ?3) ON CONFLICT(key) DO UPDATE SET revision = ?2, value = ?3")
          .bind(1, Array(key.utf8)).bind(2, Int64(bitPattern: revision.next.raw)).bind(3, value).run()
        changes.append(KVChange(key: key, value: value))
      }
      for key in transaction.deletes {
        try statement("DELETE FROM kv WHERE key = ?").bind(1, Array(key.utf8)).run()
        if self.changes > 0 { changes.append(KVChange(key: key, value: nil)) }
      }
      guard !changes.isEmpty else { return (.committed(revision), []) }
      try statement("UPDATE counter SET value = ? WHERE name = 'revision'").bind(1, Int64(bitPattern: revision.next.raw)).run()
      return (.committed(revision.next), changes)
    }
  }
}
