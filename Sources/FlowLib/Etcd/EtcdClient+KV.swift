import FlowCore
import FlowRPC

/// A key with its value and the revisions that made and wrote it.
package struct EtcdEntry: Sendable, Equatable {
  package var key: [UInt8]
  package var value: [UInt8]
  package var createRevision: Int64
  package var modRevision: Int64

  init(_ entry: Mvccpb.KeyValue) {
    key = entry.key
    value = entry.value
    createRevision = entry.createRevision
    modRevision = entry.modRevision
  }
}

/// Entries in order of their keys, as they all were at `revision`.
package struct EtcdPage: Sendable, Equatable {
  package var entries: [EtcdEntry]
  package var revision: Int64
  package var more: Bool
}

/// What must hold for a transaction's first list to be carried out.
package enum EtcdCompare: Sendable, Equatable {
  /// The revision that wrote the key last; 0: it is not there.
  case modRevision([UInt8], Int64)
  case exists([UInt8])
  case createRevision([UInt8], Int64)

  var message: Etcdserverpb.Compare {
    switch self {
    case .modRevision(let key, let revision):
      Etcdserverpb.Compare(result: .equal, target: .mod, key: key, targetUnion: .modRevision(revision))
    case .exists(let key): Etcdserverpb.Compare(result: .greater, target: .mod, key: key, targetUnion: .modRevision(0))
    case .createRevision(let key, let revision):
      Etcdserverpb.Compare(result: .equal, target: .create, key: key, targetUnion: .createRevision(revision))
    }
  }
}

package enum EtcdOperation: Sendable, Equatable {
  case get([UInt8])
  case put([UInt8], [UInt8], lease: Int64 = 0)
  case delete([UInt8])
  /// All keys from the first up to the second, which is not included.
  case deleteRange([UInt8], [UInt8])

  var message: Etcdserverpb.RequestOp {
    switch self {
    case .get(let key): Etcdserverpb.RequestOp(request: .requestRange(Etcdserverpb.RangeRequest(key: key)))
    case .put(let key, let value, let lease):
      Etcdserverpb.RequestOp(request: .requestPut(Etcdserverpb.PutRequest(key: key, value: value, lease: lease)))
    case .delete(let key): Etcdserverpb.RequestOp(request: .requestDeleteRange(Etcdserverpb.DeleteRangeRequest(key: key)))
    case .deleteRange(let key, let end):
      Etcdserverpb.RequestOp(request: .requestDeleteRange(Etcdserverpb.DeleteRangeRequest(key: key, rangeEnd: end)))
    }
  }
}

package struct EtcdOutcome: Sendable {
  /// Whether all compares held.
  package var succeeded: Bool
  package var revision: Int64
  /// For each `get` of the list that was carried out, in order, the entry or nil.
  package var entries: [EtcdEntry?]
}

extension EtcdClient {
  /// One linearizable transaction. A list is limited to `Limits.etcdOperations`.
  ///
  /// - Parameter isRead: nothing is written, whatever the compares say, so that it may be asked again.
  package func txn(
    _ compares: [EtcdCompare] = [], then: [EtcdOperation], else otherwise: [EtcdOperation] = [], isRead: Bool = false,
    timeoutMs: Int64? = nil
  ) throws(EtcdError) -> EtcdOutcome {
    if !isRead { try checkWrites() }
    let request = Etcdserverpb.TxnRequest(
      compare: compares.map(\.message), success: then.map(\.message), failure: otherwise.map(\.message))
    let reply = try call(Etcdserverpb.KVMethods.txn, request, isRead ? .read : .write, timeoutMs: timeoutMs)
    let entries: [EtcdEntry?] = reply.responses.compactMap { response -> EtcdEntry?? in
      guard case .responseRange(let range) = response.response else { return nil }
      return .some(range.kvs.first.map { EtcdEntry($0) })
    }
    return EtcdOutcome(succeeded: reply.succeeded, revision: reply.header?.revision ?? 0, entries: entries)
  }

  /// Several keys as they are at one moment.
  package func get(_ keys: [[UInt8]], timeoutMs: Int64? = nil) throws(EtcdError) -> (entries: [EtcdEntry?], revision: Int64) {
    guard pinnedRevision == 0 else { return (try keys.map { key throws(EtcdError) in try get(key) }, pinnedRevision) }
    let outcome = try txn(then: keys.map { .get($0) }, isRead: true, timeoutMs: timeoutMs)
    guard outcome.entries.count == keys.count else {
      throw .refused(Status(.internal, "etcd answered \(outcome.entries.count) of \(keys.count) keys"))
    }
    return (outcome.entries, outcome.revision)
  }

  package func get(_ key: [UInt8]) throws(EtcdError) -> EtcdEntry? {
    try call(Etcdserverpb.KVMethods.range, Etcdserverpb.RangeRequest(key: key, revision: pinnedRevision), .read).kvs.first.map {
      EtcdEntry($0)
    }
  }

  /// Entries with `from <= key < to`, at most `limit`, all as they were at one revision however many requests that takes.
  ///
  /// etcd does not bound an answer's bytes, our channel does: rows are asked for in such numbers that answers stay near 1 MiB.
  package func range(
    _ from: [UInt8], _ to: [UInt8], limit: Int, revision: Int64 = 0, keysOnly: Bool = false, maxBytes: Int = .max, firstRows: Int = 64
  ) throws(EtcdError) -> EtcdPage {
    let revision = revision == 0 ? pinnedRevision : revision
    var page = EtcdPage(entries: [], revision: revision, more: false)
    guard limit > 0 else {
      let reply = try rangeOnce(from, to, rows: 1, revision: revision, keysOnly: true)
      return EtcdPage(entries: [], revision: reply.header?.revision ?? 0, more: !reply.kvs.isEmpty)
    }
    var (next, rows, bytes) = (from, keysOnly ? 1000 : firstRows, 0)
    while true {
      let reply: Etcdserverpb.RangeResponse
      do throws(EtcdError) {
        reply = try rangeOnce(next, to, rows: min(rows, limit - page.entries.count), revision: page.revision, keysOnly: keysOnly)
      } catch .tooLarge(let why) {
        guard rows > 1 else { throw .tooLarge(why) }
        rows = max(1, rows / 8)
        continue
      }
      if page.revision == 0 { page.revision = reply.header?.revision ?? 0 }
      let found = reply.kvs.reduce(0) { $0 + $1.key.count + $1.value.count }
      page.entries += reply.kvs.map { EtcdEntry($0) }
      page.more = reply.more
      bytes += found
      guard reply.more, let last = page.entries.last, page.entries.count < limit, bytes < maxBytes else { return page }
      next = last.key + [0]
      rows = EtcdClient.rows(after: rows, bytes: found)
    }
  }

  private static func rows(after rows: Int, bytes: Int) -> Int {
    if bytes < 256 << 10 { return min(rows * 4, 4096) }
    return bytes > 1 << 20 ? max(1, rows / 2) : rows
  }

  private func rangeOnce(
    _ from: [UInt8], _ to: [UInt8], rows: Int, revision: Int64, keysOnly: Bool
  ) throws(EtcdError) -> Etcdserverpb.RangeResponse {
    let request = Etcdserverpb.RangeRequest(key: from, rangeEnd: to, limit: Int64(rows), revision: revision, keysOnly: keysOnly)
    return try call(Etcdserverpb.KVMethods.range, request, .read)
  }

  /// Writes one key whatever is there. Repeating it does no harm, so an unknown outcome is tried again.
  package func put(_ key: [UInt8], _ value: [UInt8], lease: Int64 = 0) throws(EtcdError) -> Int64 {
    try checkWrites()
    let request = Etcdserverpb.PutRequest(key: key, value: value, lease: lease)
    return try call(Etcdserverpb.KVMethods.put, request, .read).header?.revision ?? 0
  }

  /// Removes keys whatever is there; as `put`.
  package func delete(_ from: [UInt8], _ to: [UInt8] = []) throws(EtcdError) {
    try checkWrites()
    _ = try call(Etcdserverpb.KVMethods.deleteRange, Etcdserverpb.DeleteRangeRequest(key: from, rangeEnd: to), .read)
  }

  /// Forgets the history below a revision; one that was forgotten already is fine.
  package func compact(_ revision: Int64) throws(EtcdError) {
    try checkWrites()
    do throws(EtcdError) {
      _ = try call(Etcdserverpb.KVMethods.compact, Etcdserverpb.CompactionRequest(revision: revision), .read)
    } catch .compacted {
      return
    }
  }

  /// The store's revision now.
  package func revision(timeoutMs: Int64? = nil) throws(EtcdError) -> Int64 {
    let request = Etcdserverpb.RangeRequest(key: [0], limit: 1, countOnly: true)
    return try call(Etcdserverpb.KVMethods.range, request, .read, timeoutMs: timeoutMs).header?.revision ?? 0
  }
}
