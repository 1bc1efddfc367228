import FlowCore
import FlowEngine
import FlowTestKit
import Testing

@testable import FlowRuntime
@testable import FlowStorage

@Suite struct StoreCopyTests {
  private let straight: ExecutableProcess
  private let id = PartitionID(1)

  init() throws {
    let builder = ProcessBuilder("Straight").start().service("calc").end().flow("start -> calc -> end")
    straight = try #require(compile(builder.process, in: builder.definitions).process)
  }

  private func worked(body: JSON = [1], stops: Bool) throws -> MemoryDisk {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [straight], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(straight)
    for index in 0..<5 { _ = try bench.create(key, body, requestID: "r\(index)") }
    if stops { bench.partition.stop() }
    let copy = disk.snapshot()
    if !stops { bench.partition.stop() }
    return copy
  }

  private func image(_ store: MemoryStore) throws -> StoreImage {
    try StoreImage(of: store, partition: id) { [straight] _ throws(StoreError) in straight }
  }

  @Test("a copy recovers the same state and is clean, with a whole journal and with a trimmed one", arguments: [true, false])
  func copies(stops: Bool) throws {
    let source = MemoryStore(try worked(stops: stops))
    _ = try source.commit(KVTransaction(puts: [("a", [1]), ("b/c", [2])]))
    let blob = try source.putBlob([1, 2, 3])
    let target = MemoryStore()

    let progress = try StoreCopy.run(from: source, to: target, partition: id) { _ in }

    #expect(try target.get(StoreMigration.markerKey) != nil)
    try StoreCopy.finish(target)
    let (was, now) = (try image(source), try image(target))
    #expect(was.recoveredHash == now.recoveredHash && was.liveInstances == 5)
    #expect((now.replayedHash == nil) == (was.replayedHash == nil))
    #expect(try target.get("b/c")?.value == [2] && target.get(StoreMigration.markerKey) == nil && target.blob(blob) == [1, 2, 3])
    #expect(progress.blobs == 1 && progress.entries == 2)
    #expect(try target.standing(id).epoch > source.standing(id).epoch)
    var results: [StoreCheckResult] = []
    try examine(target, partition: id, load: { [straight] _ throws(StoreError) in straight }) { results.append($0) }
    #expect(results.flatMap(\.findings).isEmpty)
  }

  @Test("records larger than a step are copied in pieces")
  func largeRecords() throws {
    let source = MemoryStore(try worked(stops: true))
    let epoch = try source.standing(id).epoch
    let (key, last) = (RecordKey(kind: 9, 1), try source.standing(id).last)
    let parts = (0..<40).map { [UInt8](repeating: UInt8($0), count: Limits.recordPartBytes) }
    for first in stride(from: 0, to: 40, by: 10) {
      let piece = Record(
        key: key, stamp: last, head: [7], parts: Array(parts[first..<first + 10]), firstPart: first, isLast: first == 30)
      try source.write(CheckpointStep(records: [piece]), partition: id, epoch: epoch)
    }
    let target = MemoryStore()

    _ = try StoreCopy.run(from: source, to: target, partition: id) { _ in }

    #expect(try target.parts(id, key) == parts)
    #expect(try target.heads(id, after: nil, limit: 100).contains { $0.key == key && $0.head == [7] })
  }

  @Test("a target that holds anything is refused")
  func refusesWhatIsNotEmpty() throws {
    let source = MemoryStore(try worked(stops: true))
    let target = MemoryStore()
    _ = try target.putBlob([1])

    #expect(throws: StoreError.invalid("the target is not empty")) {
      try StoreCopy.run(from: source, to: target, partition: id) { _ in }
    }
  }
}
