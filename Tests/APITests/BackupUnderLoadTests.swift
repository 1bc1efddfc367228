import FlowCore
import FlowEngine
import FlowSQLite
import FlowServer
import FlowStorage
import FlowView
import Foundation
import Synchronization
import Testing

private let partition = PartitionID(1)

@Suite("backups under load", .serialized)
struct BackupUnderLoadTests {
  @Test("each holds state, journal and finished instances of one moment", arguments: [true, false])
  func underLoad(keepsJournal: Bool) throws {
    let scratch = try ScratchFolder()
    let (data, clock) = (scratch.path + "/data", ShiftedClock())
    let store = try SQLiteStore(data, reserveBytes: 0)
    let bench = try NodeBench(store, viewPath: data + "/view.db", clock: clock, keepsJournal: keepsJournal)
    let load = Load(bench, clock, store, try bench.applyStraight(), try bench.applyWaiting())
    var copies: [(path: String, before: Int, after: Int)] = []

    load.start()
    for index in 0..<6 {
      let soFar = load.acknowledged
      #expect(NodeBench.until { load.acknowledged > soFar + 150 })
      let (path, before) = ("\(scratch.path)/copy-\(index)", load.acknowledged)
      try store.backup(to: path, with: View.backupPart(data + "/view.db"))
      copies.append((path, before, load.sent))
    }
    load.stop()
    bench.stop()

    for copy in copies {
      let target = copy.path + "-restored"
      try SQLiteStore.restore(copy.path, to: target)
      #expect(try View.restore(fromBackup: copy.path, to: target + "/view.db"))
      let last = try check(target, keepsJournal: keepsJournal)
      let restored = try NodeBench(try SQLiteStore(target, reserveBytes: 0), viewPath: target + "/view.db")
      #expect(NodeBench.until { restored.server.position >= last })
      let rows = restored.rows
      #expect(rows >= copy.before && rows <= copy.after)
      if keepsJournal { #expect(rows == (try created(in: target))) }
      #expect(restored.completed > 0)
      restored.stop()
    }
  }

  /// The state read in both ways, and where the view stands.
  private func check(_ target: String, keepsJournal: Bool) throws -> Position {
    let store = try SQLiteStore(target, reserveBytes: 0)
    let image = try Server.image(of: store)
    let standing = try store.standing(partition)
    store.close()
    if keepsJournal { #expect(image.replayedHash == image.recoveredHash) }
    let view = try View(target + "/view.db")
    let applied = view.applied(partition)
    view.close()
    #expect(!view.wasReset && applied >= standing.mark && applied <= standing.last)
    return standing.last
  }

  private func created(in target: String) throws -> Int {
    let copy = target + "-copy"
    try FileManager.default.copyItem(atPath: target, toPath: copy)
    let store = try SQLiteStore(copy, reserveBytes: 0)
    defer { store.close() }
    return try store.journal(partition, after: .start, maxBytes: .max).reduce(0) { count, batch in
      count + (try EventCodec.decode(batch.bytes).events.count { if case .instance(_, .created) = $0 { true } else { false } })
    }
  }

  @Test("a backup without a view is restored without one, and says so")
  func withoutView() throws {
    let scratch = try ScratchFolder()
    let store = try SQLiteStore(scratch.path + "/data", reserveBytes: 0)
    try store.backup(to: scratch.path + "/copy")

    #expect(try !View.restore(fromBackup: scratch.path + "/copy", to: scratch.path + "/view.db"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/view.db"))
    #expect(throws: StoreError.self) {
      try store.backup(to: scratch.path + "/other", with: View.backupPart(scratch.path + "/none.db"))
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/other"))
    store.close()
  }
}

/// Creates instances one after the other from a thread of its own; some of them wait for their service.
private final class Load: Sendable {
  private let bench: NodeBench
  private let clock: ShiftedClock
  private let store: SQLiteStore
  private let keys: (straight: Key, waiting: Key)
  private let sentCount = Atomic(0)
  private let acknowledgedCount = Atomic(0)
  private let stopping = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  init(_ bench: NodeBench, _ clock: ShiftedClock, _ store: SQLiteStore, _ straight: Key, _ waiting: Key) {
    self.bench = bench
    self.clock = clock
    self.store = store
    keys = (straight, waiting)
  }

  var sent: Int { sentCount.load(ordering: .sequentiallyConsistent) }
  var acknowledged: Int { acknowledgedCount.load(ordering: .sequentiallyConsistent) }

  func start() { Thread { [self] in run() }.start() }

  private func run() {
    while !stopping.load(ordering: .sequentiallyConsistent) {
      let number = sentCount.add(1, ordering: .sequentiallyConsistent).newValue
      do {
        _ = try bench.create(number % 50 == 0 ? keys.waiting : keys.straight, .int(Int64(number)))
        acknowledgedCount.add(1, ordering: .sequentiallyConsistent)
        if number % 100 == 0 { try checkpoint() }
      } catch { Issue.record("refused: \(error)") }
    }
    ended.signal()
  }

  /// A round begins, and goes on in the breath that this takes until the mark has moved.
  private func checkpoint() throws {
    let mark = try store.mark(partition)
    clock.advance(ms: 6_000)
    #expect(try NodeBench.until { try store.mark(partition) > mark })
  }

  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    ended.wait()
  }
}
