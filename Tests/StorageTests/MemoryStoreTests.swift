import FlowStorage
import Testing

private let partition = PartitionID(1)

@Suite("the store in memory")
struct MemoryStoreTests {
  @Test("an injected failure after the write leaves the batch and fails the store")
  func failsAfter() throws {
    let disk = MemoryDisk()
    let store = MemoryStore(disk)
    _ = try store.claim(partition, epoch: Epoch(1))
    disk.injectFaults { _, position in position == Position(1) ? .failsAfter : nil }

    #expect(throws: StoreError.self) { _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1)) }

    #expect(throws: StoreError.self) { _ = try store.standing(partition) }
    #expect(try MemoryStore(disk).standing(partition).last == Position(1))
  }

  @Test("a snapshot of the disk does not see what comes after")
  func snapshot() throws {
    let disk = MemoryDisk()
    let store = MemoryStore(disk)
    _ = try store.claim(partition, epoch: Epoch(1))
    _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1))

    let copy = disk.snapshot()
    _ = try store.append([2], to: partition, after: Position(1), epoch: Epoch(1))

    #expect(try MemoryStore(copy).journal(partition, after: .start, maxBytes: .max).map(\.bytes) == [[1]])
  }

  @Test("read-only refuses new work and takes what is owed")
  func readOnly() throws {
    let store = MemoryStore()
    _ = try store.claim(partition, epoch: Epoch(1))
    store.setCondition(.readOnly(reason: "test"))

    #expect(throws: StoreError.full("test")) { _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1)) }
    #expect(try store.append([1], to: partition, after: .start, epoch: Epoch(1), urgency: .owed) == Position(1))
  }
}
