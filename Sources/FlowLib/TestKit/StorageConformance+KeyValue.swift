import FlowCore
import FlowStorage
import FlowThreads
import Synchronization

private func put(_ pairs: [(String, [UInt8])], if compares: [KVCompare] = []) -> KVTransaction {
  KVTransaction(compares: compares, puts: pairs.map { (key: $0.0, value: $0.1) })
}

/// Collects what a watch tells.
private final class Seen: Sendable {
  let changes = Mutex<[String]>([])

  func add(_ revision: Revision, _ changes: [KVChange]) {
    let text = changes.map { "\($0.key)=\($0.value.map { "\($0)" } ?? "-")" }.joined(separator: " ")
    self.changes.withLock { $0.append("\(revision): \(text)") }
  }

  var all: [String] { changes.withLock { $0 } }
}

/// Commits and gives the revision; a conflict is a failure.
private func committed(_ store: any Store, _ transaction: KVTransaction) throws -> Revision {
  let outcome = try store.commit(transaction)
  guard case .committed(let revision) = outcome else { throw StorageConformance.Broken(description: "\(transaction) gave \(outcome)") }
  return revision
}

private func now(_ store: any Store) throws -> Revision { try store.range(from: "", to: nil, limit: 0).revision }

extension StorageConformance {
  static let keyValueChecks: [StorageConformance] = [
    StorageConformance("keys are ordered by their bytes and read in pages, also after reopening") { open in
      var store = try open()
      let keys = ["/a", "/a/b", "/a0", "/b", "/é", "/e\u{301}", "/z", "/𝄞"]
      let first = try committed(store, put(keys.map { ($0, Array($0.utf8)) }))
      for _ in 0..<2 {
        let sorted = keys.sorted { $0.precedesAsKey($1) }
        let page = try store.range(from: "", to: nil, limit: 3)
        try requireEqual(page.entries.map { Array($0.key.utf8) }, sorted[..<3].map { Array($0.utf8) }, "first page")
        try require(page.more && page.revision >= first, "first page says \(page.more) at \(page.revision)")
        let under = try store.range(prefix: "/a", limit: 9)
        try requireEqual(under.entries.map(\.key), ["/a", "/a/b", "/a0"], "keys under /a")
        try require(!under.more, "more than all")
        try requireEqual(try store.range(from: "/b", to: "/b", limit: 9).entries, [], "an empty range")
        try requireEqual(try store.range(from: "/z", to: "/a", limit: 9).entries, [], "a range the wrong way round")
        try requireEqual(try store.get("/a/b"), KVEntry(key: "/a/b", value: Array("/a/b".utf8), revision: first), "get")
        try requireEqual(try store.get("/none"), nil, "get of no key")
        store.close()
        store = try open()
      }
    },
    StorageConformance("a transaction is done whole when every compare holds, else not at all") { open in
      let store = try open()
      let first = try committed(store, put([("a", [1]), ("b", [1])], if: [.absent("a")]))
      try requireEqual(try store.commit(put([("a", [2])], if: [.absent("a")])), .conflict(.absent("a")), "absent")
      let stale = KVCompare.unchanged("b", since: Revision(0))
      try requireEqual(try store.commit(put([("a", [3])], if: [.exists("a"), stale])), .conflict(stale), "unchanged")
      try requireEqual(try store.get("a")?.value, [1], "value after conflicts")
      let both = KVTransaction(compares: [.unchanged("b", since: first)], puts: [("a", [4])], deletes: ["b", "none"])
      let second = try committed(store, both)
      try require(second > first, "revision \(second) is not above \(first)")
      try requireEqual(try store.range(from: "", to: nil, limit: 9).entries.map(\.key), ["a"], "keys left")
      try require(try committed(store, KVTransaction(deletes: ["none"])) >= second, "a transaction that changes nothing went back")
      try requireEqual(try store.get("a")?.revision, second, "revision of what nothing touched")
      try requireError("a key twice", isInvalid) { _ = try store.commit(KVTransaction(puts: [("a", [1])], deletes: ["a"])) }
      let large = [UInt8](repeating: 1, count: Limits.kvBytes)
      try requireError("a large value", isTooLarge) { _ = try store.commit(put([("a", large)])) }
      try requireError("an empty key", isTooLarge) { _ = try store.commit(put([("", [])])) }
      let many = (0...Limits.kvOperations).map { ("k\($0)", [UInt8]()) }
      try requireError("many operations", isTooLarge) { _ = try store.commit(put(many)) }
    },
    StorageConformance("a watch tells every change above its revision once and in order") { open in
      let store = try open()
      let start = try now(store)
      let (early, late, cancelled) = (Seen(), Seen(), Seen())
      let first = try store.watch(prefix: "d/", after: start) { early.add($0, $1) }
      let gone = try store.watch(prefix: "", after: start) { cancelled.add($0, $1) }
      gone.cancel()
      let a = try committed(store, put([("d/a", [1]), ("x", [9])]))
      _ = try store.commit(put([("x", [8])]))
      let b = try committed(store, KVTransaction(puts: [("d/b", [2])], deletes: ["d/a"]))
      let second = try store.watch(prefix: "d/", after: a) { late.add($0, $1) }
      let c = try committed(store, put([("d/c", [3])]))
      try waitUntil { early.all.count == 3 && late.all.count == 2 }
      try requireEqual(early.all, ["\(a): d/a=[1]", "\(b): d/b=[2] d/a=-", "\(c): d/c=[3]"], "watch from the start")
      try requireEqual(late.all, ["\(b): d/b=[2] d/a=-", "\(c): d/c=[3]"], "watch from the first commit")
      try requireEqual(cancelled.all, [], "cancelled watch")
      try requireError("a watch from the future", isInvalid) {
        _ = try store.watch(prefix: "", after: Revision(c.raw + 1_000_000)) { _, _ in }
      }
      first.cancel()
      second.cancel()
    },
    StorageConformance("a list and a watch from its revision leave no gap over a reopening") { open in
      var store = try open()
      var last = Revision.none
      for index in 0..<10 { last = try committed(store, put([("k\(index % 3)", [UInt8(index)])])) }
      store.close()
      store = try open()
      let page = try store.range(from: "", to: nil, limit: 10)
      try require(page.revision >= last, "revision \(page.revision) after reopening is below \(last)")
      let seen = Seen()
      let token = try store.watch(prefix: "", after: page.revision) { seen.add($0, $1) }
      let next = try committed(store, put([("k1", [99])]))
      try waitUntil { seen.all.count == 1 }
      try requireEqual(seen.all, ["\(next): k1=[99]"], "changes after the list")
      token.cancel()
    },
    StorageConformance("changes from long ago are all told, or said to be no longer kept") { open in
      let store = try open()
      let start = try now(store)
      for index in 0..<20 {
        _ = try store.commit(put([("big", [UInt8](repeating: UInt8(index), count: Limits.kvBytes / 2))]))
      }
      let count = Mutex(0)
      do {
        let token = try store.watch(prefix: "", after: start) { _, _ in count.withLock { $0 += 1 } }
        try waitUntil { count.withLock { $0 } == 20 }
        token.cancel()
        try requireEqual(count.withLock { $0 }, 20, "changes told")
      } catch StoreError.compacted {
        return
      }
    },
    StorageConformance("a handler may commit") { open in
      let store = try open()
      let seen = Seen()
      let values = Mutex<[[UInt8]]>([])
      let token = try store.watch(prefix: "a", after: try now(store)) { [weak store] revision, changes in
        seen.add(revision, changes)
        let told = values.withLock { values in
          values += changes.compactMap(\.value)
          return values.count
        }
        guard told < 3 else { return }
        do { _ = try store?.commit(KVTransaction(puts: [("a", [UInt8(told)])])) } catch { seen.add(.none, []) }
      }
      _ = try store.commit(put([("a", [0])]))
      try waitUntil { seen.all.count == 3 }
      try requireEqual(values.withLock { $0 }, [[0], [1], [2]], "changes")
      token.cancel()
    },
  ]
}

/// A watch may tell on another thread: gives it the processor until the condition holds, at most so many times.
private func waitUntil(_ condition: () -> Bool) throws {
  let deadline = MonotonicClock.milliseconds() + 20_000
  while MonotonicClock.milliseconds() < deadline {
    if condition() { return }
    yieldThread()
  }
}
