import FlowCore
import FlowSQLite
import FlowStorage
import Foundation
import Synchronization
import Testing

private let partition = PartitionID(1)

@Suite("the SQLite store")
struct SQLiteStoreTests {
  @Test("a second store on the same directory is refused and says who has it")
  func lock() throws {
    let scratch = Scratch()
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)

    let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(scratch.path, reserveBytes: 0) }

    guard case .locked(let owner) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(owner.contains("pid \(getpid())"))
    #expect(owner.contains("since 20"))
    store.close()
    #expect(throws: Never.self) { try SQLiteStore(scratch.path, reserveBytes: 0).close() }
  }

  @Test("data of a newer format is refused and not touched")
  func tooNew() throws {
    let scratch = Scratch()
    try SQLiteStore(scratch.path, reserveBytes: 0).close()
    try Data("rexflow store 2\n".utf8).write(to: URL(fileURLWithPath: scratch.path + "/format"))
    let before = try snapshot(scratch.path)

    #expect(throws: StoreError.tooNew(found: 2, supported: 1)) { _ = try SQLiteStore(scratch.path, reserveBytes: 0) }

    #expect(try snapshot(scratch.path) == before)
  }

  @Test("a file of a newer format is refused and not touched")
  func newerFile() throws {
    let scratch = Scratch()
    try SQLiteStore(scratch.path, reserveBytes: 0).close()
    try patch(scratch.path + "/records.db", at: 63, with: [9])
    let before = try snapshot(scratch.path)

    #expect(throws: StoreError.tooNew(found: 9, supported: 1)) { _ = try SQLiteStore(scratch.path, reserveBytes: 0) }

    #expect(try snapshot(scratch.path) == before)
  }

  @Test("a missing, emptied or foreign file is damage, not a new store", arguments: ["journal.db", "records.db"], 0..<3)
  func missing(_ name: String, _ how: Int) throws {
    let scratch = Scratch()
    try SQLiteStore(scratch.path, reserveBytes: 0).close()
    let file = URL(fileURLWithPath: scratch.path + "/" + name)
    if how == 0 { try FileManager.default.removeItem(at: file) } else { try Data(how == 1 ? [] : [1, 2, 3]).write(to: file) }

    let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(scratch.path, reserveBytes: 0) }

    #expect(isCorrupt(error))
  }

  @Test("a store whose making was cut short is made to its end", arguments: [[], ["journal.db"], ["journal.db", "records.db"]])
  func halfMade(_ missing: [String]) throws {
    let scratch = Scratch()
    try SQLiteStore(scratch.path, reserveBytes: 0).close()
    for name in ["format"] + missing { try FileManager.default.removeItem(atPath: scratch.path + "/" + name) }
    // SQLite makes a file before it writes its first page.
    for name in missing { try Data().write(to: URL(fileURLWithPath: scratch.path + "/" + name)) }

    try fill(scratch.path, batches: 3, mark: 1)

    #expect(try SQLiteStore(scratch.path, reserveBytes: 0).standing(partition).last == Position(3))
  }

  @Test("a journal of another store is found out")
  func swapped() throws {
    let (scratch, other) = (Scratch(), Scratch())
    try fill(scratch.path, batches: 30, mark: 3)
    try fill(other.path, batches: 30, mark: 20)
    for name in ["journal.db"] {
      try FileManager.default.removeItem(atPath: scratch.path + "/" + name)
      try FileManager.default.copyItem(atPath: other.path + "/" + name, toPath: scratch.path + "/" + name)
    }

    let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(scratch.path, reserveBytes: 0) }

    #expect(isCorrupt(error))
  }

  @Test("a flipped bit in a batch is an error, never another batch")
  func bitRot() throws {
    let scratch = Scratch()
    try fill(scratch.path, batches: 3, mark: 0)
    let file = scratch.path + "/journal.db"
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    let at = try #require(data.range(of: Data("batch number 2".utf8))).lowerBound
    try patch(file, at: at + 13, with: [UInt8(ascii: "7")])
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)

    let error = #expect(throws: StoreError.self) { _ = try store.journal(partition, after: .start, maxBytes: .max) }

    #expect(isCorrupt(error))
    #expect(try store.journal(partition, after: .start, maxBytes: 1).map(\.position) == [Position(1)])
  }

  @Test("a page full of rubbish is an error")
  func rubbish() throws {
    let scratch = Scratch()
    try fill(scratch.path, batches: 200, mark: 0)
    try patch(scratch.path + "/journal.db", at: 4096 * 2, with: [UInt8](repeating: 0xA5, count: 4096 * 3))

    let error = #expect(throws: StoreError.self) {
      let store = try SQLiteStore(scratch.path, reserveBytes: 0)
      _ = try store.journal(partition, after: .start, maxBytes: .max)
    }

    #expect(isCorrupt(error))
  }

  @Test("what was appended is there after a stop without close, with the log unfolded")
  func unclean() throws {
    let (scratch, copy) = (Scratch(), Scratch())
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    _ = try store.claim(partition, epoch: Epoch(1))
    for index in UInt64(0)..<50 {
      _ = try store.append([UInt8](repeating: 3, count: 5000), to: partition, after: Position(index), epoch: Epoch(1))
    }
    // The files as a kill at this moment would leave them.
    try FileManager.default.copyItem(atPath: scratch.path, toPath: copy.path)

    let again = try SQLiteStore(copy.path, reserveBytes: 0)

    #expect(try again.standing(partition).last == Position(50))
    #expect(try again.journal(partition, after: .start, maxBytes: .max).count == 50)
  }

  @Test("a log cut anywhere leaves whole batches from the first on")
  func tornLog() throws {
    let scratch = Scratch()
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    _ = try store.claim(partition, epoch: Epoch(1))
    for index in UInt64(0)..<20 {
      _ = try store.append([UInt8](repeating: UInt8(index), count: 3000), to: partition, after: Position(index), epoch: Epoch(1))
    }
    // Behind what was written lie zeros for what comes.
    let log = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/journal.db-wal"))
    let size = (log.lastIndex { $0 != 0 } ?? 0) + 1
    var ends: Set<UInt64> = []

    for cut in stride(from: size, to: size - 40_000, by: -1733) {
      let copy = Scratch()
      try FileManager.default.copyItem(atPath: scratch.path, toPath: copy.path)
      truncate(copy.path + "/journal.db-wal", off_t(cut))
      let again = try SQLiteStore(copy.path, reserveBytes: 0)
      let found = try again.journal(partition, after: .start, maxBytes: .max)
      #expect(found.map(\.bytes) == found.indices.map { [UInt8](repeating: UInt8($0), count: 3000) })
      #expect(try again.standing(partition).last.raw == UInt64(found.count))
      ends.insert(UInt64(found.count))
    }

    #expect(ends.count > 3)
  }

  @Test("the log is there before it is written, and not much more of it")
  func roomAhead() throws {
    let scratch = Scratch()
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    _ = try store.claim(partition, epoch: Epoch(1))

    for index in UInt64(0)..<200 {
      _ = try store.append([UInt8](repeating: 1, count: 10_000), to: partition, after: Position(index), epoch: Epoch(1))
      guard index % 50 == 7 else { continue }
      let log = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/journal.db-wal"))
      let used = (log.lastIndex { $0 != 0 } ?? 0) + 1
      #expect(log.count > used && log.count - used < 3 << 20)
    }
  }

  @Test("the journal's size follows what is kept, not what was written")
  func trimming() throws {
    let scratch = Scratch()
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    _ = try store.claim(partition, epoch: Epoch(1))
    let batch = [UInt8](repeating: 9, count: 20_000)

    for index in UInt64(0)..<1500 {
      _ = try store.append(batch, to: partition, after: Position(index), epoch: Epoch(1))
      if index % 100 == 99 { try store.write(CheckpointStep(mark: Position(index)), partition: partition, epoch: Epoch(1)) }
    }

    store.close()
    let size = try FileManager.default.attributesOfItem(atPath: scratch.path + "/journal.db")[.size] as? Int ?? 0
    #expect(size < 12 << 20)
  }
}

@Suite("backup and restore")
struct BackupTests {
  @Test("restore brings back the state of one position while work goes on")
  func backup() throws {
    let (scratch, target, file) = (Scratch(), Scratch(), Scratch())
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    _ = try store.claim(partition, epoch: Epoch(4))
    for index in UInt64(0)..<40 { _ = try store.append(Array("b\(index)".utf8), to: partition, after: Position(index), epoch: Epoch(4)) }
    let record = Record(key: RecordKey(kind: 1, 7), stamp: Position(20), head: [1, 2], parts: [[3], [4]])
    try store.write(CheckpointStep(records: [record], mark: Position(20)), partition: partition, epoch: Epoch(4))
    _ = try store.commit(KVTransaction(puts: [(key: "/d", value: [5])]))
    let blob = try store.putBlob([1, 2, 3])

    let stop = Atomic(false)
    let appended = Mutex<UInt64>(40)
    let writer = Thread {
      while !stop.load(ordering: .acquiring) {
        appended.withLock { last in
          guard let next = try? store.append(Array("b\(last)".utf8), to: partition, after: Position(last), epoch: Epoch(4)) else { return }
          last = next.raw
        }
      }
    }
    writer.start()
    let acknowledged = appended.withLock { $0 }
    try store.backup(to: file.path)
    stop.store(true, ordering: .releasing)
    try SQLiteStore.restore(file.path, to: target.path)
    let restored = try SQLiteStore(target.path, reserveBytes: 0)

    let standing = try restored.standing(partition)
    #expect(standing.last.raw >= acknowledged && standing.mark == Position(20) && standing.epoch == Epoch(4))
    let found = try restored.journal(partition, after: Position(20), maxBytes: .max)
    #expect(found.map(\.bytes) == (20..<standing.last.raw).map { Array("b\($0)".utf8) })
    #expect(try restored.heads(partition, after: nil, limit: 9) == [StoredHead(key: record.key, stamp: record.stamp, head: record.head)])
    #expect(try restored.parts(partition, record.key) == [[3], [4]])
    #expect(try restored.get("/d") == KVEntry(key: "/d", value: [5], revision: Revision(1)))
    #expect(try restored.blob(blob) == [1, 2, 3])
    #expect(try restored.append([1], to: partition, after: standing.last, epoch: Epoch(4)) == standing.last.next)
    #expect(try restored.commit(KVTransaction(puts: [(key: "/e", value: [])])) == .committed(Revision(2)))
  }

  @Test("a restore that ends anywhere leaves what no store opens, and what a second restore makes whole", arguments: RestoreStep.allCases)
  func interrupted(after step: RestoreStep) throws {
    let (scratch, target, file) = (Scratch(), Scratch(), Scratch())
    try fill(scratch.path, batches: 3, mark: 1)
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    let blob = try store.putBlob([1, 2, 3])
    try store.backup(to: file.path)

    #expect(throws: StoreError.unavailable("killed")) {
      try SQLiteStore.restore(
        file.path, to: target.path,
        reached: { (reached) throws(StoreError) in if reached == step { throw .unavailable("killed") } })
    }
    let error = #expect(throws: StoreError.self) { try SQLiteStore(target.path, reserveBytes: 0) }
    #expect(isCorrupt(error) && error?.description.contains("restore into it again") == true)
    try SQLiteStore.restore(file.path, to: target.path)

    let restored = try SQLiteStore(target.path, reserveBytes: 0)
    #expect(try restored.standing(partition) == store.standing(partition))
    #expect(try restored.blob(blob) == [1, 2, 3])
    #expect(try !FileManager.default.contentsOfDirectory(atPath: target.path).contains("restoring"))
    #expect(throws: StoreError.self) { try SQLiteStore.restore(file.path, to: target.path) }
  }

  @Test("a restore that ends while it marks the directory can be done again")
  func interruptedWhileMarking() throws {
    let (scratch, target, file) = (Scratch(), Scratch(), Scratch())
    try fill(scratch.path, batches: 3, mark: 1)
    try SQLiteStore(scratch.path, reserveBytes: 0).backup(to: file.path)
    try FileManager.default.createDirectory(atPath: target.path, withIntermediateDirectories: true)
    for name in ["lock", "restoring.new"] { #expect(FileManager.default.createFile(atPath: target.path + "/" + name, contents: nil)) }

    try SQLiteStore.restore(file.path, to: target.path)

    #expect(try SQLiteStore(target.path, reserveBytes: 0).standing(partition).last == Position(3))
  }

  @Test("what else belongs into the directory is part of all or nothing")
  func moreInterrupted() throws {
    let (scratch, target, file) = (Scratch(), Scratch(), Scratch())
    try fill(scratch.path, batches: 3, mark: 1)
    try SQLiteStore(scratch.path, reserveBytes: 0).backup(to: file.path)

    #expect(throws: StoreError.self) {
      try SQLiteStore.restore(file.path, to: target.path, and: { () throws(StoreError) in throw .full("injected") })
    }

    #expect(isCorrupt(#expect(throws: StoreError.self) { try SQLiteStore(target.path, reserveBytes: 0) }))
  }

  @Test("restore refuses a directory that holds something, and a file that is no backup")
  func refused() throws {
    let (scratch, target, file) = (Scratch(), Scratch(), Scratch())
    try fill(scratch.path, batches: 3, mark: 1)
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    try store.backup(to: file.path)

    #expect(throws: StoreError.self) { try store.backup(to: file.path) }
    #expect(throws: StoreError.self) { try SQLiteStore.restore(file.path, to: scratch.path) }
    #expect(throws: StoreError.self) { try SQLiteStore.restore(scratch.path + "/journal.db", to: target.path) }
    #expect(throws: StoreError.self) { try SQLiteStore.restore(scratch.path + "/nothing", to: target.path) }
    #expect(!FileManager.default.fileExists(atPath: target.path))
  }
}

func fill(_ path: String, batches: UInt64, mark: UInt64) throws {
  let store = try SQLiteStore(path, reserveBytes: 0)
  _ = try store.claim(partition, epoch: Epoch(1))
  for index in 0..<batches {
    _ = try store.append(Array("batch number \(index + 1)".utf8), to: partition, after: Position(index), epoch: Epoch(1))
  }
  if mark > 0 { try store.write(CheckpointStep(mark: Position(mark)), partition: partition, epoch: Epoch(1)) }
  store.close()
}

private func isCorrupt(_ error: StoreError?) -> Bool { if case .corrupt = error { true } else { false } }

private func snapshot(_ path: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "blobs" {
    files[name] = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
  }
  return files
}

private func patch(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
  let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  try handle.seek(toOffset: UInt64(offset))
  try handle.write(contentsOf: Data(bytes))
  try handle.close()
}

@Suite("a device that fails", .serialized)
struct FailingDeviceTests {
  @Test("ends the store for good and keeps what was acknowledged")
  func fails() throws {
    let (scratch, copy) = (Scratch(), Scratch())
    let store = try SQLiteStore(scratch.path, reserveBytes: 0)
    _ = try store.claim(partition, epoch: Epoch(1))
    _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1))
    let seen = Mutex<[StoreCondition]>([])
    store.observeCondition { condition in seen.withLock { $0.append(condition) } }

    // The log's descriptors now refuse every write, as a dying disk does.
    for descriptor in try descriptors(of: scratch.path + "/journal.db-wal") {
      let refusing = open("/dev/null", O_RDONLY)
      dup2(refusing, descriptor)
      close(refusing)
    }
    let first = #expect(throws: StoreError.self) { _ = try store.append([2], to: partition, after: Position(1), epoch: Epoch(1)) }
    let second = #expect(throws: StoreError.self) { _ = try store.standing(partition) }

    #expect(isIO(first) && isIO(second))
    guard case .failed = store.condition else {
      Issue.record("\(store.condition)")
      return
    }
    #expect(seen.withLock { $0 } == [store.condition])
    try FileManager.default.copyItem(atPath: scratch.path, toPath: copy.path)
    #expect(try SQLiteStore(copy.path, reserveBytes: 0).journal(partition, after: .start, maxBytes: .max).map(\.bytes) == [[1]])
  }

  private func descriptors(of path: String) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }.filter {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
    }
  }

  private func isIO(_ error: StoreError?) -> Bool { if case .io = error { true } else { false } }
}
