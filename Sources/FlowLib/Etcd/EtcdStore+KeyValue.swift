import FlowCore
import FlowStorage
import FlowThreads
import Synchronization

/// What this store knows of its node's transaction key.
struct EtcdTransactions: Sendable {
  /// The revision that wrote it last; nil when it was not read.
  var revision: Int64?
  var count: UInt64 = 0

  /// What no other transaction writes.
  func number(_ session: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(session)
    writer.varint(count)
    return writer.bytes
  }
}

extension EtcdStore {
  package func get(_ key: String) throws(StoreError) -> KVEntry? {
    try guarded { () throws(EtcdStoreError) in
      try etcd { () throws(EtcdError) in try client.get(layout.value(key)) }.map { entry throws(EtcdStoreError) in try kvEntry(entry) }
    }
  }

  package func range(from: String, to: String?, limit: Int) throws(StoreError) -> KVPage {
    try guarded { () throws(EtcdStoreError) in
      let (start, end) = (layout.value(from), to.map { layout.value($0) } ?? layout.values.afterPrefix)
      guard start.lexicographicallyPrecedes(end) else {
        return KVPage(entries: [], revision: Revision(UInt64(try etcd { () throws(EtcdError) in try client.revision() })), more: false)
      }
      let page = try etcd { () throws(EtcdError) in try client.range(start, end, limit: max(0, limit)) }
      return KVPage(
        entries: try page.entries.map { entry throws(EtcdStoreError) in try kvEntry(entry) }, revision: Revision(UInt64(page.revision)),
        more: page.more)
    }
  }

  private func kvEntry(_ entry: EtcdEntry) throws(EtcdStoreError) -> KVEntry {
    KVEntry(key: try name(entry.key), value: entry.value, revision: Revision(UInt64(entry.modRevision)))
  }

  private func name(_ key: [UInt8]) throws(EtcdStoreError) -> String {
    guard let name = String(validating: key.dropFirst(layout.values.count), as: UTF8.self) else {
      throw .store(.corrupt("a key in etcd is not UTF-8"))
    }
    return name
  }

  // MARK: commit

  package func commit(_ transaction: KVTransaction, urgency: Urgency) throws(StoreError) -> KVOutcome {
    try transaction.check()
    return try guarded(urgency) { () throws(EtcdStoreError) in
      let outcome: Result<KVOutcome, EtcdStoreError> = transactions.withLock { own in
        do throws(EtcdStoreError) { return .success(try commit(transaction, &own)) } catch { return .failure(error) }
      }
      space.wrote(transaction.puts.reduce(0) { $0 + $1.value.count })
      return try outcome.get()
    }
  }

  /// Every transaction writes a number of its own to the node's key, which it compares: that tells whether one whose answer was lost is
  /// in, and lets none through late.
  private func commit(_ transaction: KVTransaction, _ own: inout EtcdTransactions) throws(EtcdStoreError) -> KVOutcome {
    let marker = layout.transaction(options.node)
    own.count += 1
    let number = own.number(session)
    let deadline = MonotonicClock.milliseconds() + options.timeoutMs
    var isUncertain = false
    while true {
      let known: Int64
      if let revision = own.revision { known = revision } else { known = try readMarker(marker)?.modRevision ?? 0 }
      own.revision = nil
      var outcome: EtcdOutcome?
      do throws(EtcdError) {
        outcome = try send(transaction, marker, known, number)
      } catch {
        if isUncertain, case .unreachable(let why) = error { throw .etcd(.outcomeUnknown(why)) }
        guard case .outcomeUnknown = error, MonotonicClock.milliseconds() < deadline else { throw .etcd(error) }
        isUncertain = true
      }
      if let outcome, outcome.succeeded {
        own.revision = outcome.revision
        progress.saw(outcome.revision)
        return .committed(Revision(UInt64(outcome.revision)))
      }
      let found = if let outcome { outcome.entries.last ?? nil } else { try readMarker(marker) }
      let revision = found?.modRevision ?? 0
      if let found, found.value == number {
        own.revision = revision
        return .committed(Revision(UInt64(revision)))
      }
      // Somebody else has this node's name: whether ours was in before is not to be seen any more.
      if isUncertain, revision != known { throw .etcd(.outcomeUnknown("another process commits as node \(options.node)")) }
      own.revision = revision
      if let outcome, let failed = transaction.firstFailed(outcome.entries) { return .conflict(failed) }
    }
  }

  private func send(
    _ transaction: KVTransaction, _ marker: [UInt8], _ known: Int64, _ number: [UInt8]
  ) throws(EtcdError) -> EtcdOutcome {
    try client.txn(
      transaction.compares.map { $0.etcd(layout) } + [.modRevision(marker, known)],
      then: transaction.operations(layout) + [.put(marker, number)],
      else: transaction.compares.map { .get(layout.value($0.key)) } + [.get(marker)])
  }

  private func readMarker(_ key: [UInt8]) throws(EtcdStoreError) -> EtcdEntry? {
    try etcd { () throws(EtcdError) in try client.get(key) }
  }

  // MARK: watch

  package func watch(
    prefix: String, after: Revision, _ handler: @escaping @Sendable (Revision, [KVChange]) -> Void
  ) throws(StoreError) -> WatchToken {
    try guarded { () throws(EtcdStoreError) in
      let start = layout.value(prefix)
      let now = try etcd { () throws(EtcdError) in try client.revision() }
      guard let revision = Int64(exactly: after.raw), revision <= now else {
        throw .store(.invalid("watch after \(after), the store is at \(now)"))
      }
      let known = try keys(start, at: revision, now: now)
      let skip = layout.values.count
      let watcher = EtcdWatcher(client, from: start, to: start.afterPrefix, after: revision, known: known) { revision, changes in
        let mine = changes.map { KVChange(key: String(decoding: $0.key.dropFirst(skip), as: UTF8.self), value: $0.value) }
        handler(Revision(UInt64(revision)), mine)
      }
      let id = watchers.withLock { watchers in
        let id = (watchers.keys.max() ?? 0) + 1
        watchers[id] = watcher
        return id
      }
      return WatchToken { [weak self] in
        watcher.cancel()
        _ = self?.watchers.withLock { $0.removeValue(forKey: id) }
      }
    }
  }

  /// The keys that were there at a revision; fails when its history was compacted, so that changes above it may be forgotten.
  private func keys(_ start: [UInt8], at revision: Int64, now: Int64) throws(EtcdStoreError) -> Set<[UInt8]> {
    do throws(EtcdError) {
      let page = try client.range(start, start.afterPrefix, limit: .max, revision: max(1, revision), keysOnly: true)
      return revision == 0 ? [] : Set(page.entries.map(\.key))
    } catch .compacted {
      throw .store(.compacted(oldest: Revision(UInt64(now))))
    } catch { throw .etcd(error) }
  }
}

extension KVCompare {
  fileprivate var key: String {
    switch self {
    case .absent(let key), .exists(let key), .unchanged(let key, _): key
    }
  }

  fileprivate func etcd(_ layout: EtcdLayout) -> EtcdCompare {
    switch self {
    case .absent(let key): .modRevision(layout.value(key), 0)
    case .exists(let key): .exists(layout.value(key))
    case .unchanged(let key, let since): .modRevision(layout.value(key), since == .none ? -1 : Int64(clamping: since.raw))
    }
  }

  fileprivate func holds(_ entry: EtcdEntry?) -> Bool {
    switch self {
    case .absent: entry == nil
    case .exists: entry != nil
    case .unchanged(_, let since): entry.map { UInt64($0.modRevision) == since.raw } ?? false
    }
  }
}

extension KVTransaction {
  fileprivate func operations(_ layout: EtcdLayout) -> [EtcdOperation] {
    puts.map { .put(layout.value($0.key), $0.value) } + deletes.map { .delete(layout.value($0)) }
  }

  /// - Parameter entries: one for each compare, and perhaps more.
  fileprivate func firstFailed(_ entries: [EtcdEntry?]) -> KVCompare? {
    zip(compares, entries).first { !$0.holds($1) }?.0
  }
}
