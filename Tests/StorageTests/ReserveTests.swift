import FlowCore
import FlowSQLite
import FlowStorage
import Foundation
import Synchronization
import TestSupport
import Testing

private let partition = PartitionID(1)

@Suite("a disk that runs full", .serialized)
struct ReserveTests {
  @Test("new work is refused before the disk is full, owed work goes on, and it heals when space returns", .enabled(if: SmallDisk.mounts))
  func fullAndHealed() throws {
    let disk = try #require(try SmallDisk(megabytes: 32))
    let store = try SQLiteStore(disk.path + "/data", reserveBytes: 8 << 20)
    _ = try store.claim(partition, epoch: Epoch(1))
    let seen = Mutex<[Bool]>([])
    store.observeCondition { condition in seen.withLock { $0.append(condition == .writable) } }
    var last = Position.start
    let batch = [UInt8](repeating: 1, count: 10_000)
    #expect(store.condition == .writable)
    last = try store.append(batch, to: partition, after: last, epoch: Epoch(1))

    try disk.occupy(leaving: 3 << 20)
    var refused: StoreError?
    for _ in 0..<400 where refused == nil {
      do { last = try store.append(batch, to: partition, after: last, epoch: Epoch(1)) } catch { refused = error }
    }

    guard case .full = refused else {
      Issue.record("\(String(describing: refused))")
      return
    }
    #expect(store.condition != .writable)
    #expect(throws: StoreError.self) { _ = try store.putBlob(batch) }
    for _ in 0..<300 { last = try store.append(batch, to: partition, after: last, epoch: Epoch(1), urgency: .owed) }
    #expect(try store.journal(partition, after: .start, maxBytes: .max).count == Int(last.raw))

    try disk.release()
    let deadline = Date().addingTimeInterval(10)
    // Who listens is told after the condition has changed.
    while store.condition != .writable || seen.withLock({ $0.count }) < 2, Date() < deadline { sched_yield() }
    #expect(store.condition == .writable)
    last = try store.append(batch, to: partition, after: last, epoch: Epoch(1))
    #expect(seen.withLock { $0 } == [false, true])
    store.close()
    #expect(try SQLiteStore(disk.path + "/data", reserveBytes: 8 << 20).standing(partition).last == last)
  }

  @Test("a disk that is really full loses nothing acknowledged and does not fail the store", .enabled(if: SmallDisk.mounts))
  func reallyFull() throws {
    let disk = try #require(try SmallDisk(megabytes: 16))
    let store = try SQLiteStore(disk.path + "/data", reserveBytes: 1 << 20)
    _ = try store.claim(partition, epoch: Epoch(1))
    try disk.occupy(leaving: 2 << 20)
    var last = Position.start
    var refused: StoreError?
    let batch = [UInt8](repeating: 1, count: 50_000)

    for _ in 0..<400 where refused == nil {
      do {
        last = try store.append(batch, to: partition, after: last, epoch: Epoch(1), urgency: .owed)
      } catch { refused = error }
    }

    guard case .full = refused else {
      Issue.record("\(String(describing: refused))")
      return
    }
    #expect(try store.standing(partition).last == last)
    #expect(try store.journal(partition, after: .start, maxBytes: .max).count == Int(last.raw))
    try disk.release()
    #expect(try store.append(batch, to: partition, after: last, epoch: Epoch(1), urgency: .owed) == last.next)
  }

  @Test("a store opens on a disk without room for its reserve and says so", .enabled(if: SmallDisk.mounts))
  func noRoom() throws {
    let disk = try #require(try SmallDisk(megabytes: 4))

    let store = try SQLiteStore(disk.path + "/data", reserveBytes: 8 << 20)

    guard case .readOnly(let reason) = store.condition else {
      Issue.record("\(store.condition)")
      return
    }
    #expect(reason.contains("reserve"))
  }
}
