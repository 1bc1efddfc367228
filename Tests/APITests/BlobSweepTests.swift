import FlowCore
import FlowEngine
import FlowSQLite
import FlowServer
import FlowStorage
import Foundation
import Testing

private let partition = PartitionID(1)
private let minute: Int64 = 60_000

@Suite("the sweep of blobs", .serialized)
struct BlobSweepTests {
  enum Kind: CaseIterable { case memory, sqlite }

  private let scratch: ScratchFolder
  private let clock = ShiftedClock()

  init() throws { scratch = try ScratchFolder() }

  private func opener(_ kind: Kind) -> () throws -> any Store {
    switch kind {
    case .memory:
      let disk = MemoryDisk()
      return { [clock] in MemoryStore(disk, clock: { clock.now }) }
    case .sqlite: return { [clock, scratch] in try SQLiteStore(scratch.path + "/data", reserveBytes: 0, clock: { clock.now }) }
    }
  }

  private func large(_ letter: String) -> JSON { .string(String(repeating: letter, count: 300 << 10)) }

  private func all(_ store: any Store) throws -> Set<BlobHash> {
    Set(try store.blobs(olderThan: Instant(milliseconds: .max), after: nil, limit: 1_000))
  }

  /// Until nothing has to be replayed.
  private func checkpointed(_ bench: NodeBench, _ store: any Store) throws -> Bool {
    try NodeBench.until {
      clock.advance(ms: 5_001)
      _ = bench.server.stateHash
      let standing = try store.standing(partition)
      return standing.mark == standing.last
    }
  }

  @Test("keeps what live instances, models, the journal and records name, and what is young", arguments: Kind.allCases, [false, true])
  func sweeps(kind: Kind, keepsJournal: Bool) throws {
    let open = opener(kind)
    let store = try open()
    let bench = try NodeBench(store, clock: clock, keepsJournal: keepsJournal)
    let (waiting, straight) = (try bench.applyWaiting(), try bench.applyStraight())
    _ = try bench.create(waiting, large("a"))
    _ = try bench.create(straight, large("b"))
    let orphan = try store.putBlob([1, 2, 3])
    let (live, finished) = (BlobHash(of: large("a").bytes), BlobHash(of: large("b").bytes))
    let before = try all(store)
    #expect(before.count == 7 && before.isSuperset(of: [live, finished, orphan]))

    clock.advance(ms: 30 * minute)
    bench.server.sweepBlobs()
    #expect(try all(store) == before)

    let young = try store.putBlob([4])
    clock.advance(ms: 31 * minute)
    #expect(try checkpointed(bench, store))
    bench.server.sweepBlobs()

    // The journal that is kept still names the body of the instance that ended.
    #expect(try all(store) == before.subtracting(keepsJournal ? [orphan] : [orphan, finished]).union([young]))
    try recovers(bench, open)
  }

  /// Everything that recovery needs is there.
  private func recovers(_ bench: NodeBench, _ open: () throws -> any Store) throws {
    let hash = try #require(bench.server.stateHash?.hash)
    bench.server.stop()
    let again = try open()
    #expect(try Server.image(of: again).recoveredHash == hash)
    again.close()
  }

  @Test("goes by itself, and leaves a blob that was put again")
  func byItself() throws {
    let store = try opener(.memory)()
    let bench = try NodeBench(store, clock: clock)
    let (orphan, again) = (try store.putBlob([1]), try store.putBlob([2]))
    clock.advance(ms: 59 * minute)
    _ = try store.putBlob([2])

    clock.advance(ms: 2 * minute)
    #expect(
      try NodeBench.until {
        clock.advance(ms: 1)
        return try store.blob(orphan) == nil
      })

    #expect(try store.blob(again) == [2])
    bench.stop()
  }
}
