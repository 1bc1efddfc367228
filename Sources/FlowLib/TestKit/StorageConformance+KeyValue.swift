import FlowCore
import FlowStorage
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

extension StorageConformance {
  static let keyValueChecks: [StorageConformance] = [
    StorageConformance("keys are ordered by their bytes and read in pages, also after reopening") { open in
      var store = try open()
      let keys = ["/a", "/a/b", "/a0", "/b", "/é", "/e\u{301}", "/z", "/𝄞"]
      try requireEqual(try store.commit(put(keys.map { ($0, Array($0.utf8)) })), .committed(Revision(1)), "commit")
      for _ in 0..<2 {
        let sorted = keys.sorted { $0.precedesAsKey($1) }
        let page = try store.range(from: "", to: nil, limit: 3)
        try requireEqual(page.entries.map { Array($0.key.utf8) }, sorted[..<3].map { Array($0.utf8) }, "first page")
        try require(page.more && page.revision == Revision(1), "first page says \(page.more) at \(page.revision)")
        let under = try store.range(prefix: "/a", limit: 9)
        try requireEqual(under.entries.map(\.key), ["/a", "/a/b", "/a0"], "keys under /a")
        try require(!under.more, "more than all")
        try requireEqual(try store.range(from: "/b", to: "/b", limit: 9).entries, [], "an empty range")
        try requireEqual(try store.range(from: "/z", to: "/a", limit: 9).entries, [], "a range the wrong way round")
        try requireEqual(try store.get("/a/b"), KVEntry(key: "/a/b", value: Array("/a/b".utf8), revision: Revision(1)), "get")
        try requireEqual(try store.get("/none"), nil, "get of no key")
        store.close()
        store = try open()
      }
    },
    StorageConformance("a transaction is done whole when every compare holds, else not at all") { open in
      let store = try open()
      try requireEqual(try store.commit(put([("a", [1]), ("b", [1])], if: [.absent("a")])), .committed(Revision(1)), "first")
      try requireEqual(try store.commit(put([("a", [2])], if: [.absent("a")])), .conflict(.absent("a")), "absent")
      let stale = KVCompare.unchanged("b", since: Revision(0))
      try requireEqual(try store.commit(put([("a", [3])], if: [.exists("a"), stale])), .conflict(stale), "unchanged")
      try requireEqual(try store.get("a")?.value, [1], "value after conflicts")
      let both = KVTransaction(compares: [.unchanged("b", since: Revision(1))], puts: [("a", [4])], deletes: ["b", "none"])
      try requireEqual(try store.commit(both), .committed(Revision(2)), "put and delete")
      try requireEqual(try store.range(from: "", to: nil, limit: 9).entries.map(\.key), ["a"], "keys left")
      try requireEqual(try store.commit(KVTransaction(deletes: ["none"])), .committed(Revision(2)), "a transaction that changes nothing")
      try requireError("a key twice", isInvalid) { _ = try store.commit(KVTransaction(puts: [("a", [1])], deletes: ["a"])) }
      let large = [UInt8](repeating: 1, count: Limits.kvBytes)
      try requireError("a large value", isTooLarge) { _ = try store.commit(put([("a", large)])) }
      try requireError("an empty key", isTooLarge) { _ = try store.commit(put([("", [])])) }
      let many = (0...Limits.kvOperations).map { ("k\($0)", [UInt8]()) }
      try requireError("many operations", isTooLarge) { _ = try store.commit(put(many)) }
    },
    StorageConformance("a watch tells every change above its revision once and in order") { open in
      let store = try open()
      let (early, late, cancelled) = (Seen(), Seen(), Seen())
      let first = try store.watch(prefix: "d/", after: .none) { early.add($0, $1) }
      let gone = try store.watch(prefix: "", after: .none) { cancelled.add($0, $1) }
      gone.cancel()
      _ = try store.commit(put([("d/a", [1]), ("x", [9])]))
      _ = try store.commit(put([("x", [8])]))
      _ = try store.commit(KVTransaction(puts: [("d/b", [2])], deletes: ["d/a"]))
      let second = try store.watch(prefix: "d/", after: Revision(1)) { late.add($0, $1) }
      _ = try store.commit(put([("d/c", [3])]))
      try waitUntil { early.all.count == 3 && late.all.count == 2 }
      try requireEqual(early.all, ["1: d/a=[1]", "3: d/b=[2] d/a=-", "4: d/c=[3]"], "watch from the start")
      try requireEqual(late.all, ["3: d/b=[2] d/a=-", "4: d/c=[3]"], "watch from revision 1")
      try requireEqual(cancelled.all, [], "cancelled watch")
      try requireError("a watch from the future", isInvalid) { _ = try store.watch(prefix: "", after: Revision(99)) { _, _ in } }
      first.cancel()
      second.cancel()
    },
    StorageConformance("a list and a watch from its revision leave no gap over a reopening") { open in
      var store = try open()
      for index in 0..<10 { _ = try store.commit(put([("k\(index % 3)", [UInt8(index)])])) }
      store.close()
      store = try open()
      let page = try store.range(from: "", to: nil, limit: 10)
      try requireEqual(page.revision, Revision(10), "revision after reopening")
      let seen = Seen()
      let token = try store.watch(prefix: "", after: page.revision) { seen.add($0, $1) }
      _ = try store.commit(put([("k1", [99])]))
      try waitUntil { seen.all.count == 1 }
      try requireEqual(seen.all, ["11: k1=[99]"], "changes after the list")
      token.cancel()
    },
    StorageConformance("changes that are no longer kept are said to be so") { open in
      let store = try open()
      for index in 0..<20 {
        _ = try store.commit(put([("big", [UInt8](repeating: UInt8(index), count: Limits.kvBytes / 2))]))
      }
      try requireError("a watch from long ago", { if case .compacted = $0 { true } else { false } }) {
        _ = try store.watch(prefix: "", after: Revision(1)) { _, _ in }
      }
    },
    StorageConformance("a handler may commit") { open in
      let store = try open()
      let seen = Seen()
      let token = try store.watch(prefix: "a", after: .none) { [weak store] revision, changes in
        seen.add(revision, changes)
        guard revision < Revision(3) else { return }
        do { _ = try store?.commit(KVTransaction(puts: [("a", [UInt8(revision.raw)])])) } catch { seen.add(.none, []) }
      }
      _ = try store.commit(put([("a", [0])]))
      try waitUntil { seen.all.count == 3 }
      try requireEqual(seen.all, ["1: a=[0]", "2: a=[1]", "3: a=[2]"], "changes")
      token.cancel()
    },
  ]
}

/// A watch may tell on another thread: gives it the processor until the condition holds, at most so many times.
private func waitUntil(_ condition: () -> Bool) throws {
  for _ in 0..<1_000_000 {
    if condition() { return }
    yieldThread()
  }
}
