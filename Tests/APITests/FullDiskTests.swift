import FlowCore
import FlowRuntime
import FlowSQLite
import FlowServer
import FlowStorage
import TestSupport
import Testing

@Suite("a node whose disk runs full", .serialized)
struct FullDiskTests {
  @Test("refuses new work in clear words, ends what it accepted, heals, and loses nothing", .enabled(if: SmallDisk.mounts))
  func fullAndHealed() throws {
    let disk = try #require(try SmallDisk(megabytes: 96))
    func open() throws -> SQLiteStore { try SQLiteStore(disk.path + "/data", reserveBytes: 16 << 20) }
    let store = try open()
    let bench = try NodeBench(store, viewPath: disk.path + "/data/view.db")
    let key = try bench.applyWaiting()
    var accepted = 0
    for _ in 0..<100 {
      _ = try bench.create(key, .string(String(repeating: "x", count: 2_000)))
      accepted += 1
    }

    try disk.occupy(leaving: 3 << 20)
    var refused: Refusal?
    for _ in 0..<500 where refused == nil {
      do throws(Refusal) {
        _ = try bench.create(key)
        accepted += 1
      } catch { refused = error }
    }
    #expect(refused?.description.contains("no new work is accepted") == true)
    #expect(refused?.description.contains("MiB free at") == true)
    #expect(bench.server.readOnlyReason != nil)

    bench.releaseService()
    #expect(NodeBench.until { bench.completed == accepted })
    #expect(bench.server.readOnlyReason != nil)

    try disk.release()
    #expect(NodeBench.until { bench.server.readOnlyReason == nil })
    _ = try bench.create(key)
    accepted += 1
    #expect(NodeBench.until { bench.completed == accepted })
    bench.stop()
    let again = try NodeBench(try open(), viewPath: disk.path + "/data/view.db")
    #expect(NodeBench.until { again.completed == accepted })
    #expect(again.rows == accepted && bench.fatal.value == nil)
    again.stop()
  }
}

@Suite("readers whose file can not be written")
struct ViewFailureTests {
  @Test("what they missed comes as soon as they can write again, without anything new happening")
  func heals() throws {
    let scratch = try ScratchFolder()
    let viewPath = scratch.path + "/view.db"
    let bench = try NodeBench(MemoryStore(), viewPath: viewPath)
    let key = try bench.applyStraight()
    for _ in 0..<5 { _ = try bench.create(key) }
    #expect(bench.completed == 5)

    // Somebody else holds the file's lock: every write of the view fails.
    let other = try Database(viewPath, .readWrite)
    // The view's thread may be writing what it was told just now.
    #expect(NodeBench.until { (try? other.execute("BEGIN IMMEDIATE")) != nil })
    for _ in 0..<20 { _ = try bench.create(key) }
    let failure = #expect(throws: Status.self) { try bench.server.eachInstance { _ in true } }
    #expect(failure?.message.contains("because") == true)
    #expect(bench.server.viewPosition < bench.server.position)
    try other.execute("ROLLBACK")

    #expect(NodeBench.until { bench.server.viewPosition == bench.server.position })
    #expect(bench.completed == 25 && bench.rows == 25)
    bench.stop()
  }
}
