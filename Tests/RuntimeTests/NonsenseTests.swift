import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine
@testable import FlowRuntime
@testable import FlowStorage

/// A change of events that leaves each of them readable.
struct Nonsense: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let change: @Sendable (inout [Event]) throws -> Void

  init(_ what: String, _ change: @escaping @Sendable (inout [Event]) throws -> Void) {
    testDescription = what
    self.change = change
  }
}

@Suite("what can be read and makes no sense")
struct NonsenseTests {
  private let diamond: ExecutableProcess
  private let id = PartitionID(1)

  init() throws {
    let builder = ProcessBuilder("Diamond").start().parallel("fork").service("a").service("b").parallel("join").end()
      .flow("start -> fork -> a -> join -> end").flow("fork -> b -> join")
    diamond = try #require(compile(builder.process, in: builder.definitions).process)
  }

  private var load: @Sendable (Deployment) throws(StoreError) -> ExecutableProcess {
    { [diamond] _ throws(StoreError) in diamond }
  }

  /// Some instances that ended, and one that waits at `a`; the whole journal, and no record.
  private func worked() throws -> MemoryDisk {
    let disk = MemoryDisk()
    let bench = PartitionBench(
      MemoryStore(disk), processes: [diamond],
      answer: { $0.elementID == "a" && $0.body.json?["waits"] == true ? nil : .success($0.body) })
    try bench.start()
    let key = try bench.deploy(diamond)
    for index in 0..<3 { _ = try bench.create(key, ["n": .int(Int64(index))]) }
    _ = try bench.create(key, ["waits": true])
    while bench.partition.look({ state, _ in
      state.instances.count == 1 && state.instances.values.allSatisfy { $0.waiting.count == 1 }
    })?.value != true {}
    let copy = disk.snapshot()
    bench.partition.stop()
    return copy
  }

  private func own(_ disk: MemoryDisk) throws -> MemoryPartition { try #require(disk.contents.withLock { $0.partitions[id] }) }

  private func put(_ own: MemoryPartition, into disk: MemoryDisk) { disk.contents.withLock { $0.partitions[id] = own } }

  /// One event a batch, so that a change of one moves no other.
  private func rewrite(_ disk: MemoryDisk, _ change: (inout [Event]) throws -> Void) throws {
    var own = try own(disk)
    let batches = try own.batches.map { try EventCodec.decode($0) }
    var events = batches.flatMap(\.events)
    try change(&events)
    let now = try #require(batches.last).now
    own.batches = events.map { event in
      var writer = EventBatchWriter(now: now)
      writer.append(EncodedEvents([event]))
      return writer.bytes
    }
    own.standing.last = Position(UInt64(events.count))
    put(own, into: disk)
  }

  /// Reads the store in every way; what is wrong has to be said, and nothing may trap.
  private func look(_ disk: MemoryDisk) throws -> (found: [String: [StoreFinding]], error: StoreError?) {
    let store = MemoryStore(disk)
    var found: [String: [StoreFinding]] = [:]
    try examine(store, partition: id, load: load) { if !$0.findings.isEmpty { found[$0.checker.name] = $0.findings } }
    do throws(StoreError) {
      let read = try storedState(of: store, partition: id, load: load)
      _ = obligations(of: read.state, catalog: read.catalog)
      return (found, nil)
    } catch { return (found, error) }
  }

  private static func first(_ events: [Event], _ matches: (InstanceEvent) -> Bool) throws -> (index: Int, key: Key, change: InstanceEvent) {
    let index = try #require(events.firstIndex { if case .instance(_, let change) = $0 { matches(change) } else { false } })
    guard case .instance(let key, let change) = events[index] else { preconditionFailure("found by its case") }
    return (index, key, change)
  }

  static let nonsense: [Nonsense] = [
    Nonsense("an activity completes twice") { events in
      let found = try first(events) { if case .completed = $0 { true } else { false } }
      events.insert(events[found.index], at: found.index)
    },
    Nonsense("a token moves that is not there") { events in
      let found = try first(events) { if case .finished = $0 { true } else { false } }
      events.insert(.instance(found.key, .ended(ElementIndex(0))), at: found.index)
    },
    Nonsense("tokens leave through a flow that the model does not have") { events in
      let found = try first(events) { if case .passed = $0 { true } else { false } }
      events[found.index] = .instance(found.key, .passed(ElementIndex(0), flows: [FlowIndex(99)]))
    },
    Nonsense("a token is at an element that the model does not have") { events in
      let found = try first(events) { if case .passed = $0 { true } else { false } }
      events[found.index] = .instance(found.key, .passed(ElementIndex(99), flows: []))
    },
    Nonsense("a join takes one token twice") { events in
      let found = try first(events) { if case .joined = $0 { true } else { false } }
      guard case .joined(let element, let scope, let incoming, let flows) = found.change, let flow = incoming.first else { return }
      events[found.index] = .instance(found.key, .joined(element, scope: scope, incoming: [flow, flow], flows: flows))
    },
    Nonsense("a join takes no token") { events in
      let found = try first(events) { if case .joined = $0 { true } else { false } }
      guard case .joined(let element, let scope, _, let flows) = found.change else { return }
      events[found.index] = .instance(found.key, .joined(element, scope: scope, incoming: [], flows: flows))
    },
    Nonsense("a join takes tokens that do not wait") { events in
      let found = try first(events) { if case .arrived = $0 { true } else { false } }
      events.remove(at: found.index)
    },
    Nonsense("an activity has the highest number there is") { events in
      let found = try first(events) { if case .activated = $0 { true } else { false } }
      guard case .activated(_, let element, let activated) = found.change else { return }
      events[found.index] = .instance(found.key, .activated(ActivityID(.max), element, activated))
    },
    Nonsense("an activity has the number of another") { events in
      let found = try first(events) { if case .activated = $0 { true } else { false } }
      guard case .activated(_, let element, let activated) = found.change else { return }
      events[found.index] = .instance(found.key, .activated(.process, element, activated))
    },
    Nonsense("an error is caught at an activity that is not there") { events in
      let found = try first(events) { if case .completed = $0 { true } else { false } }
      events.insert(
        .instance(found.key, .caught(ActivityID(77), boundary: ElementIndex(0), code: "X", flows: [])), at: found.index)
    },
    Nonsense("an instance is created twice") { events in
      let found = try first(events) { if case .created = $0 { true } else { false } }
      events.insert(events[found.index], at: found.index)
    },
    Nonsense("an instance belongs to no deployment") { events in
      let found = try first(events) { if case .created = $0 { true } else { false } }
      guard case .created(let old) = found.change else { return }
      let created = InstanceCreated(
        id: old.id, deployment: Key(raw: 1 << 40), start: old.start, payload: old.payload, metadata: [], isStopped: false, at: old.at)
      events[found.index] = .instance(found.key, .created(created))
    },
  ]

  @Test("events that do not fit the state are a finding of recovery, never a trap", arguments: nonsense)
  func events(nonsense: Nonsense) throws {
    let disk = try worked()
    try rewrite(disk) { _ in }
    #expect(try look(disk).found.isEmpty)

    try rewrite(disk, nonsense.change)

    let (found, error) = try look(disk)
    #expect(found["recovery"]?.count == 1, "\(found)")
    guard case .corrupt = error else {
      Issue.record("read as if nothing were wrong: \(String(describing: error))")
      return
    }
  }

  @Test("events in any order, left out or doubled, are read to an end", arguments: 0..<8)
  func shuffled(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let whole = try worked()
    for _ in 0..<60 {
      let disk = whole.snapshot()
      try rewrite(disk) { events in
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let (from, to) = (Int.random(in: events.indices, using: &random), Int.random(in: events.indices, using: &random))
          switch Int.random(in: 0..<3, using: &random) {
          case 0: events.swapAt(from, to)
          case 1: events.remove(at: from)
          case _: events.insert(events[from], at: to)
          }
        }
      }
      _ = try look(disk)
    }
  }

  @Test("bytes that are other bytes are read to an end, in journal and records", arguments: 0..<8)
  func flipped(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let whole = try worked()
    let (state, _, standing) = try storedState(of: MemoryStore(whole), partition: id, load: load)
    let records = state.records.map {
      Record(key: RecordKey(kind: 1, $0.key.raw), stamp: standing.last, head: [], parts: [RecordCodec.encode($0)])
    }
    for round in 0..<150 {
      let disk = whole.snapshot()
      if round % 2 == 1 {
        let store = MemoryStore(disk)
        _ = try store.claim(id, epoch: Epoch(99))
        try store.write(CheckpointStep(records: records, mark: standing.last, trim: .start), partition: id, epoch: Epoch(99))
      }
      var own = try own(disk)
      for _ in 0..<Int.random(in: 1...2, using: &random) { flip(&own, inRecords: round % 2 == 1, &random) }
      put(own, into: disk)
      _ = try look(disk)
    }
  }

  private func flip(_ own: inout MemoryPartition, inRecords: Bool, _ random: inout SplitMix) {
    func changed(_ bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      // Small numbers stay small more often than not, and make the nonsense that can be read.
      bytes[Int.random(in: bytes.indices, using: &random)] = UInt8(Bool.random(using: &random) ? random.next() % 16 : random.next() % 256)
      return bytes
    }
    guard inRecords else {
      let index = Int.random(in: own.batches.indices, using: &random)
      own.batches[index] = changed(own.batches[index])
      return
    }
    let key = own.keys[Int.random(in: own.keys.indices, using: &random)]
    if let parts = own.records[key]?.parts, let first = parts.first { own.records[key]?.parts = [changed(first)] + parts.dropFirst() }
  }

  @Test("a record whose numbers lead nowhere can not be read")
  func records() throws {
    let (state, _, _) = try storedState(of: MemoryStore(try worked()), partition: id, load: load)
    let sound = try #require(state.instances.values.first)
    let activity = try #require(sound.activitiesInOrder.first)
    func isRefused(_ change: (inout Instance) -> Void) -> Bool {
      var instance = sound
      change(&instance)
      do {
        _ = try RecordCodec.decode(RecordCodec.encode(.instance(instance)))
        return false
      } catch { return true }
    }

    #expect(!isRefused { _ in })
    #expect(isRefused { $0.nextActivity = activity.id.raw })
    #expect(isRefused { $0.nextActivity = .max })
    #expect(isRefused { $0.payloads.next = 1 })
    #expect(isRefused { $0.payloads.next = .max })
    #expect(
      isRefused {
        $0.activities[activity.id] = Activity(
          id: activity.id, element: activity.element, scope: activity.id, payload: activity.payload, job: activity.job)
      })
    #expect(
      isRefused { instance in
        instance.waiting = instance.waiting.map {
          WaitingToken(element: $0.element, flow: $0.flow, scope: ActivityID(55), payload: $0.payload)
        }
      })
  }
}
