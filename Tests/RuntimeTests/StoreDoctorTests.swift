import FlowCore
import FlowTestKit
import Synchronization
import Testing

@testable import FlowEngine
@testable import FlowRuntime
@testable import FlowStorage

/// Damage of one kind, and the checker that has to find it.
struct PlantedDamage: Sendable, CustomTestStringConvertible {
  let checker: String
  let plant: @Sendable (inout MemoryDisk.Contents, inout MemoryPartition) throws -> Void

  var testDescription: String { checker }
}

@Suite struct StoreDoctorTests {
  private let diamond: ExecutableProcess

  init() throws {
    let builder = ProcessBuilder("Diamond").start().parallel("fork").service("a").service("b").parallel("join").end()
      .flow("start -> fork -> a -> join -> end").flow("fork -> b -> join")
    diamond = try #require(compile(builder.process, in: builder.definitions).process)
  }

  /// The disk after some work; instances wait at `a`. The whole journal is kept.
  private func worked() throws -> MemoryDisk {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { $0.elementID == "a" ? nil : .success($0.body) })
    try bench.start()
    let key = try bench.deploy(diamond)
    for index in 0..<5 { _ = try bench.create(key, ["n": .int(Int64(index))], requestID: "r\(index)") }
    // Half of each instance is done when only one job is left in each.
    while bench.partition.look({ state, _ in state.instances.values.allSatisfy { $0.waiting.count == 1 } })?.value != true {}
    let copy = disk.snapshot()
    bench.partition.stop()
    return copy
  }

  /// The same with a record for everything, beside the whole journal.
  private func checkpointed() throws -> MemoryDisk {
    let disk = try worked()
    let store = MemoryStore(disk)
    let id = PartitionID(1)
    let exam = StoreExam(store, id, load, standing: try store.standing(id))
    let (state, last) = (try exam.recovered().state, exam.standing.last)
    let records = state.records.map { Record(key: RecordKey(kind: 1, $0.key.raw), stamp: last, head: [], parts: [RecordCodec.encode($0)]) }
    _ = try store.claim(id, epoch: Epoch(99))
    try store.write(CheckpointStep(records: records, mark: last, trim: .start), partition: id, epoch: Epoch(99))
    return disk
  }

  private var load: @Sendable (Deployment) throws(StoreError) -> ExecutableProcess {
    { [diamond] deployment throws(StoreError) in
      guard deployment.id == diamond.deploymentID else { throw .corrupt("no model") }
      return diamond
    }
  }

  private func findings(
    _ disk: MemoryDisk, load other: (@Sendable (Deployment) throws(StoreError) -> ExecutableProcess)? = nil
  ) throws -> [String: [StoreFinding]] {
    var results: [StoreCheckResult] = []
    try examine(MemoryStore(disk), partition: PartitionID(1), load: other ?? load) { results.append($0) }
    #expect(results.map(\.checker.name) == StoreChecker.all.map(\.name))
    return Dictionary(uniqueKeysWithValues: results.filter { !$0.findings.isEmpty }.map { ($0.checker.name, $0.findings) })
  }

  @Test("a store that is as it was written is clean, and every checker looked at it")
  func clean() throws {
    for disk in [MemoryDisk(), try worked(), try checkpointed()] {
      var results: [StoreCheckResult] = []

      try examine(MemoryStore(disk), partition: PartitionID(1), load: load) { results.append($0) }

      #expect(results.allSatisfy { $0.verdict == .findings([]) }, "\(results.map { ($0.checker.name, $0.verdict) })")
    }
    #expect(Set(StoreChecker.all.map(\.name)).count == StoreChecker.all.count)
  }

  @Test("after an orderly stop the journal is trimmed, which is no damage")
  func stopped() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try bench.start()
    _ = try bench.create(try bench.deploy(diamond), [1])
    bench.partition.stop()

    #expect(try findings(disk).isEmpty)
  }

  static let damages: [PlantedDamage] = [
    PlantedDamage(checker: "standing") { _, own in own.standing.mark = Position(own.standing.last.raw + 5) },
    PlantedDamage(checker: "journal-decodes") { _, own in own.batches[2] = [0xFF] },
    PlantedDamage(checker: "journal-decodes") { _, own in
      own.batches[own.batches.count - 1] = EventBatchWriter(now: Instant(milliseconds: -5)).bytes
    },
    PlantedDamage(checker: "records-decode") { _, own in own.records[own.keys[1]]?.parts = [[9, 9]] },
    PlantedDamage(checker: "records-decode") { _, own in
      let other = own.records[own.keys[2]]?.parts ?? []
      own.records[own.keys[1]]?.parts = other
    },
    PlantedDamage(checker: "record-stamps") { _, own in own.records[own.keys[1]]?.stamp = Position(own.standing.last.raw + 1) },
    PlantedDamage(checker: "counter") { _, own in own.lose { if case .counter = $0 { true } else { false } } },
    PlantedDamage(checker: "counter") { _, own in
      own.change { record in
        guard case .counter(let key, _, let now) = record else { return nil }
        return .counter(key, next: key.next, now: now)
      }
    },
    PlantedDamage(checker: "blobs") { contents, _ in
      contents.blobs[BlobHash(of: [1, 2, 3])] = (bytes: [1, 2, 4], at: Instant(milliseconds: 0))
    },
    PlantedDamage(checker: "blobs-named") { contents, _ in
      let entry: JSON = ["file": .string(BlobHash(of: [7]).description)]
      _ = contents.apply(KVTransaction(puts: [("deployments/x/model", entry.bytes)]))
    },
    PlantedDamage(checker: "elements") { _, own in
      own.change { record in
        guard case .instance(var instance) = record, let activity = instance.activitiesInOrder.first else { return nil }
        instance.activities[activity.id] = Activity(
          id: activity.id, element: ElementIndex(99), scope: activity.scope, payload: activity.payload, job: activity.job)
        return .instance(instance)
      }
    },
    PlantedDamage(checker: "tokens") { _, own in
      own.change { record in
        guard case .instance(var instance) = record, let activity = instance.activitiesInOrder.first else { return nil }
        instance.activities[activity.id]?.job = nil
        return .instance(instance)
      }
    },
    PlantedDamage(checker: "tokens") { _, own in
      own.change { record in
        guard case .instance(var instance) = record else { return nil }
        instance.state = .completed
        return .instance(instance)
      }
    },
    PlantedDamage(checker: "jobs") { _, own in
      var first: Key?
      own.change { record in
        guard case .instance(var instance) = record, let activity = instance.activitiesInOrder.first else { return nil }
        first = first ?? activity.job
        instance.activities[activity.id]?.job = first
        return .instance(instance)
      }
    },
    PlantedDamage(checker: "deployments") { _, own in
      let known = own.decoded.compactMap { record -> Deployment? in if case .deployment(let found) = record { found } else { nil } }
      let old = try #require(known.first)
      let deploy = Deploy(
        id: old.id, processID: old.processID, version: 2, digest: "", resourceName: "", isStopped: false, needsNothing: true)
      let twin = Deployment(key: Key(raw: old.key.raw + 1_000), deploy, .running, at: Instant(milliseconds: 1))
      let bytes = RecordCodec.encode(.deployment(twin))
      try own.put(Record(key: RecordKey(kind: 1, twin.key.raw), stamp: own.standing.last, head: [], parts: [bytes]))
      own.change { record in
        guard case .counter(let key, _, let now) = record else { return nil }
        return .counter(key, next: Key(raw: twin.key.raw + 1), now: now)
      }
    },
    PlantedDamage(checker: "replay") { _, own in
      own.change { record in
        guard case .instance(var instance) = record else { return nil }
        instance.nextActivity += 7
        return .instance(instance)
      }
    },
  ]

  @Test("planted damage is found by the checker of that name", arguments: damages)
  func planted(damage: PlantedDamage) throws {
    let disk = try checkpointed()
    try disk.contents.withLock { contents in
      var own = try #require(contents.partitions[PartitionID(1)])
      try damage.plant(&contents, &own)
      contents.partitions[PartitionID(1)] = own
    }

    let found = try findings(disk)

    #expect(found[damage.checker] != nil, "\(found)")
  }

  @Test("instances without their deployment are found, and nothing is put together from them")
  func lostDeployment() throws {
    let disk = try checkpointed()
    disk.contents.withLock { contents in
      contents.partitions[PartitionID(1)]?.lose { if case .deployment = $0 { true } else { false } }
      // The journal's share is trimmed, so that the record is all there was.
      contents.partitions[PartitionID(1)].map { own in
        var own = own
        own.moveMark(to: own.standing.last, trim: own.standing.last)
        contents.partitions[PartitionID(1)] = own
      }
    }

    #expect(try findings(disk)["references"]?.count == 5)
  }

  @Test("a journal that begins above the mark has a gap")
  func gap() throws {
    let disk = try worked()
    disk.contents.withLock { contents in
      contents.partitions[PartitionID(1)]?.first = 2
      contents.partitions[PartitionID(1)]?.trimmed = Position(2)
    }

    #expect(try findings(disk)["journal-gaps"] == [StoreFinding("1", "it is missing: the journal begins after 2")])
  }

  @Test("events of an instance that nothing created are found by recovery")
  func lostCreation() throws {
    let disk = try worked()
    try disk.contents.withLock { contents in
      let batches = try #require(contents.partitions[PartitionID(1)]?.batches)
      for (index, bytes) in batches.enumerated() {
        let batch = try EventCodec.decode(bytes)
        guard batch.events.contains(where: { if case .instance(_, .created) = $0 { true } else { false } }) else { continue }
        contents.partitions[PartitionID(1)]?.batches[index] = EventBatchWriter(now: batch.now).bytes
        return
      }
    }

    #expect(try findings(disk)["recovery"]?.count == 1)
  }

  @Test("a model that is missing is found")
  func lostModel() throws {
    let found = try findings(try checkpointed()) { _ throws(StoreError) in throw .corrupt("the model is missing") }

    #expect(found["models"]?.map(\.what) == ["the model is missing"])
  }
}

extension MemoryPartition {
  fileprivate var decoded: [StateRecord] {
    keys.compactMap { key in
      guard let parts = records[key]?.parts else { return nil }
      return try? RecordCodec.decode(parts.flatMap { $0 })
    }
  }

  /// Writes anew what the closure changes.
  fileprivate mutating func change(_ body: (StateRecord) -> StateRecord?) {
    for (key, record) in zip(keys, decoded) {
      if let changed = body(record) { records[key]?.parts = [RecordCodec.encode(changed)] }
    }
  }

  fileprivate mutating func lose(_ isLost: (StateRecord) -> Bool) {
    for (key, record) in zip(keys, decoded) where isLost(record) { records[key] = nil }
    keys.removeAll { records[$0] == nil }
  }
}
