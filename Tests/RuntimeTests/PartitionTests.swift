import FlowCore
import FlowEngine
import FlowStorage
import FlowTestKit
import Synchronization
import Testing

@testable import FlowRuntime

/// Readers that can be behind, and that write down what replay left out.
private final class SlowReader: PartitionObserver {
  let isSlow = Atomic(false)
  let leftOut = Mutex<[Position]>([])
  let deleted = Mutex<[InstanceID]>([])
  private let reached = Mutex(Position.start)

  func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog) {}
  func beginBatch(at position: Position) {}
  func willApply(_ event: Event, at position: Position, in state: PartitionState, catalog: Catalog) {
    if case .instance(_, .deleted(let id)) = event { deleted.withLock { $0.append(id) } }
  }
  func leavesOut(at position: Position) { leftOut.withLock { $0.append(position) } }
  func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool) {
    reached.withLock { $0 = position }
  }
  func rested() {}
  func settle(_ position: Position) {}
  func discarded() {}
  var settled: Position { isSlow.load(ordering: .acquiring) ? .start : reached.withLock { $0 } }
}

@Suite struct PartitionTests {
  private let straight: ExecutableProcess
  private let diamond: ExecutableProcess

  init() throws {
    func compiled(_ builder: ProcessBuilder) throws -> ExecutableProcess {
      try #require(compile(builder.process, in: builder.definitions).process)
    }
    straight = try compiled(ProcessBuilder("Straight").start().service("calc").end().flow("start -> calc -> end"))
    diamond = try compiled(
      ProcessBuilder("Diamond").start().parallel("fork").service("a").service("b").parallel("join").end()
        .flow("start -> fork -> a -> join -> end").flow("fork -> b -> join"))
  }

  @Test("commands are answered, jobs are performed, and instances end")
  func runs() throws {
    let bench = PartitionBench(MemoryStore(), processes: [straight])
    try bench.start()
    let key = try bench.deploy(straight)

    for _ in 0..<50 { _ = try bench.create(key, [1]) }
    try bench.goOn { bench.liveInstances == 0 }

    #expect(bench.partition.look { state, _ in state.instances.isEmpty }?.value == true)
    bench.partition.stop()
  }

  @Test("after a crash at any boundary the recovered state is the state before, with checkpoints and without", arguments: [0, 6_000])
  func recoversWhatWas(msPerCommand: Int64) throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(
      MemoryStore(disk), processes: [straight, diamond], answer: { $0.elementID == "a" ? nil : .success($0.body) })
    try bench.start()
    let keys = [try bench.deploy(straight), try bench.deploy(diamond)]

    for index in 0..<40 {
      bench.clock.advance(ms: msPerCommand)
      let id = try bench.create(keys[index % 2], ["n": .int(Int64(index))])
      if index % 6 == 5 { _ = try bench.partition.ask(.cancelInstance(id.key), lane: .internal) }
      let image = try bench.settledImage()
      let crashed = PartitionBench(MemoryStore(disk.snapshot()), processes: [straight, diamond], answer: { _ in nil })
      try crashed.start()
      #expect(crashed.image == image)
      crashed.partition.stop()
    }
    bench.partition.stop()
  }

  @Test("after an orderly stop nothing has to be replayed")
  func orderlyStop() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(diamond)
    for _ in 0..<200 { _ = try bench.create(key) }
    let image = bench.image
    bench.partition.stop()

    let standing = try MemoryStore(disk).standing(PartitionID(1))
    #expect(standing.mark == standing.last)
    let again = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try again.start()
    #expect(again.image == image)
    again.partition.stop()
  }

  @Test("a store without room refuses new work, goes on with old work, and takes new work again when there is room")
  func readOnly() throws {
    let store = MemoryStore()
    let bench = PartitionBench(store, processes: [diamond], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(diamond)
    let id = try bench.create(key)

    store.setCondition(.readOnly(reason: "disk full"))
    #expect(throws: Refusal.unavailable("no new work is accepted: disk full")) { try bench.create(key) }
    _ = try bench.partition.ask(.cancelInstance(id.key), lane: .internal)
    store.setCondition(.writable)
    _ = try bench.create(key)

    #expect(bench.partition.look { state, _ in state.instances.count }?.value == 1)
    bench.partition.stop()
  }

  @Test("a disk that is still full when the partition opens again is waited out, and what was owed goes on")
  func fullWhileOpening() throws {
    let disk = MemoryDisk()
    var refusal: Refusal?
    let calls = Atomic(0)
    let bench = PartitionBench(
      MemoryStore(disk), processes: [diamond],
      answer: { _ in
        calls.add(1, ordering: .relaxed)
        return nil
      })
    try bench.start()
    let key = try bench.deploy(diamond)
    let id = try bench.create(key)
    // What was told before a look is performed before it.
    _ = bench.image
    let called = calls.load(ordering: .relaxed)

    disk.injectFaults { _, _ in .full }
    disk.refuseClaims(3)
    #expect(throws: Refusal.self) { try bench.create(key) }
    #expect(throws: Refusal.self) { try bench.create(key) }
    disk.injectFaults(nil)
    // Each refused look lets the loop try once more.
    try bench.goOn {
      refusal = #expect(throws: Refusal.self) { try bench.create(key) }
      return disk.claimsToRefuse == 0
    }

    #expect(refusal?.description.contains("until the store takes it again") == true)
    _ = try bench.create(key)
    #expect(bench.partition.look { state, _ in state.instances[id.key] != nil && state.instances.count == 2 }?.value == true)
    #expect(calls.load(ordering: .relaxed) == called * 3)
    #expect(bench.failure == nil)
    bench.partition.stop()
  }

  @Test("past the bound on live bytes creates are refused in clear words, completions go on and make room")
  func liveBytes() throws {
    let jobs = Mutex<[ServiceJob]>([])
    let bench = PartitionBench(
      MemoryStore(), processes: [straight], liveBytesMax: 20_000,
      answer: { job in
        jobs.withLock { $0.append(job) }
        return nil
      })
    try bench.start()
    let key = try bench.deploy(straight)
    let body = JSON.string(String(repeating: "x", count: 4_000))
    let first = try bench.create(key, body, requestID: "r")
    for _ in 0..<2 { _ = try bench.create(key, body) }
    _ = bench.image
    #expect(bench.partition.liveBytes > 12_000)

    let refusal = #expect(throws: Refusal.self) { for _ in 0..<3 { _ = try bench.create(key, body) } }

    let why = if case .overloaded(let why)? = refusal { why } else { "not overloaded" }
    #expect(why.contains("of 20000 bytes") && why.contains("--live-bytes"))
    #expect(try bench.create(key, body, requestID: "r") == first)
    for job in jobs.withLock({ $0 }) {
      _ = try bench.partition.ask(.jobCompleted(job: job.job, instance: job.instance.key, response: job.body), lane: .completions)
    }
    _ = bench.image
    #expect(bench.partition.liveBytes == 0)
    _ = try bench.create(key, body)
    bench.partition.stop()
  }

  @Test("the running count of live bytes is the sum over what lives, before and after a recovery")
  func liveBytesAfterRecovery() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(
      MemoryStore(disk), processes: [diamond], answer: { $0.elementID == "a" ? .success(Payload(json: [1, 2, 3])) : nil })
    try bench.start()
    let key = try bench.deploy(diamond)
    for index in 0..<20 {
      let id = try bench.create(key, .string(String(repeating: "x", count: index * 100)))
      if index % 3 == 0 { _ = try bench.partition.ask(.cancelInstance(id.key), lane: .internal) }
    }
    func sums(_ bench: PartitionBench) -> (Int, Int)? {
      bench.partition.look { state, _ in
        (
          state.liveBytes,
          state.instances.values.reduce(0) { $0 + $1.payloads.entries.values.reduce(1 << 10) { $0 + $1.payload.bytes.count } }
        )
      }?.value
    }
    _ = try bench.settledImage()
    let before = try #require(sums(bench))
    bench.partition.stop()

    let again = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try again.start()
    let after = try #require(sums(again))
    again.partition.stop()
    #expect(before.0 == before.1 && before.0 > 0)
    #expect(after.0 == after.1 && after.0 == before.0)
  }

  @Test("a store that can not be reached is waited out: what was refused left no trace, and what was owed goes on")
  func unreachable() throws {
    let disk = MemoryDisk()
    let calls = Mutex<[Key: Int]>([:])
    let bench = PartitionBench(
      MemoryStore(disk), processes: [diamond], epoch: Epoch(7),
      answer: { job in
        calls.withLock { $0[job.instance.key, default: 0] += 1 }
        return nil
      })
    try bench.start()
    let key = try bench.deploy(diamond)
    let id = try bench.create(key)
    let image = bench.image
    let last = try MemoryStore(disk).standing(PartitionID(1)).last

    disk.injectFaults { _, _ in .unreachable }
    disk.refuseClaims(1 << 20, .unavailable("etcd is away"))
    #expect(throws: Refusal.self) { try bench.create(key) }
    #expect(throws: Refusal.unavailable("nothing is accepted until the store takes it again: \(StoreError.unavailable("etcd is away"))")) {
      try bench.create(key)
    }
    #expect(bench.partition.waitingReason?.contains("etcd is away") == true)
    #expect(bench.image == nil)
    disk.injectFaults(nil)
    disk.refuseClaims(0)
    try bench.goOn { bench.partition.waitingReason == nil }

    #expect(bench.image == image)
    #expect(try MemoryStore(disk).standing(PartitionID(1)) == Standing(epoch: Epoch(7), last: last))
    // Nothing was called for the instance that was refused.
    #expect(calls.withLock { Set($0.keys) } == [id.key])
    #expect(bench.failure == nil)
    bench.partition.stop()
  }

  @Test("a batch whose answer was lost is read again: refused to its caller, there once, and called for only then")
  func answerLost() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], epoch: Epoch(7), answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(diamond)

    disk.injectFaults { _, _ in .answerLost }
    #expect(throws: Refusal.self) { try bench.create(key, requestID: "r") }
    disk.injectFaults(nil)
    let id = try bench.create(key, requestID: "r")

    #expect(bench.partition.look { state, _ in state.instances.keys.sorted() }?.value == [id.key])
    bench.partition.stop()
  }

  @Test("a leader of an earlier election is refused, throws its memory away and waits, and never writes")
  func staleLeader() throws {
    let disk = MemoryDisk()
    let old = PartitionBench(MemoryStore(disk), processes: [diamond], epoch: Epoch(7), answer: { _ in nil })
    try old.start()
    let key = try old.deploy(diamond)
    let new = PartitionBench(MemoryStore(disk), processes: [diamond], epoch: Epoch(9), answer: { _ in nil })
    try new.start()
    let image = new.image

    #expect(throws: Refusal.self) { try old.create(key) }
    #expect(throws: Refusal.self) { try old.create(key) }

    #expect(old.partition.waitingReason?.contains("epoch 9") == true)
    #expect(old.image == nil)
    #expect(old.failure == nil)
    #expect(new.image == image)
    old.partition.stop()
    new.partition.stop()
  }

  @Test("readers hear what replay leaves out: an instance that ended before its record was written")
  func leftOut() throws {
    let disk = MemoryDisk()
    let reader = SlowReader()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], observer: reader, answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(diamond)
    let instance = try bench.create(key)
    // The round begins, and waits for the reader; the instance that it is about ends meanwhile.
    reader.isSlow.store(true, ordering: .releasing)
    bench.clock.advance(ms: 6_000)
    for _ in 0..<3 { _ = bench.image }
    _ = try bench.partition.ask(.cancelInstance(instance.key), lane: .internal)
    reader.isSlow.store(false, ordering: .releasing)
    try bench.goOn { try MemoryStore(disk).standing(PartitionID(1)).mark > .start }
    let standing = try MemoryStore(disk).standing(PartitionID(1))

    let next = SlowReader()
    let other = PartitionBench(MemoryStore(disk.snapshot()), processes: [diamond], observer: next, answer: { _ in nil })
    try other.start()

    #expect(standing.mark < standing.last)
    #expect(next.leftOut.withLock { $0.last } == standing.last)
    #expect(reader.leftOut.withLock { $0.isEmpty })
    other.partition.stop()
    bench.partition.stop()
  }

  @Test("a checkpoint whose step was lost moves no mark past what it did not write")
  func lostStep() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(diamond)
    for _ in 0..<200 { _ = try bench.create(key) }
    let mark = try MemoryStore(disk).standing(PartitionID(1)).mark

    disk.loseSteps(1)
    bench.clock.advance(ms: 6_000)
    try bench.goOn { disk.stepsToLose == 0 }
    bench.clock.advance(ms: 6_000)
    try bench.goOn { try MemoryStore(disk).standing(PartitionID(1)).mark > mark }
    let crashed = PartitionBench(MemoryStore(disk.snapshot()), processes: [diamond], answer: { _ in nil })
    try crashed.start()

    // Named, because the images are too long to be shown.
    let isSame = crashed.image == bench.image
    #expect(isSame)
    crashed.partition.stop()
    bench.partition.stop()
  }

  @Test("what a checkpoint step wrote that was not answered does not come back when it has ended")
  func unansweredStep() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try bench.start()
    let instance = try bench.create(try bench.deploy(diamond))
    let mark = try MemoryStore(disk).standing(PartitionID(1)).mark

    disk.loseStepAnswers(1)
    bench.clock.advance(ms: 6_000)
    try bench.goOn { disk.stepAnswersToLose == 0 }
    _ = try bench.partition.ask(.cancelInstance(instance.key), lane: .internal)
    bench.clock.advance(ms: 6_000)
    try bench.goOn { try MemoryStore(disk).standing(PartitionID(1)).mark > mark }
    let crashed = PartitionBench(MemoryStore(disk.snapshot()), processes: [diamond], answer: { _ in nil })
    try crashed.start()

    let isSame = crashed.image == bench.image
    #expect(isSame)
    #expect(crashed.partition.look { state, _ in state.instances.count }?.value == 0)
    crashed.partition.stop()
    bench.partition.stop()
  }

  /// The image after a crash, and after another one when a checkpoint has moved the mark.
  private func crashTwice(_ disk: MemoryDisk) throws -> (first: [[UInt8]]?, second: [[UInt8]]?) {
    let disk = disk.snapshot()
    let mark = try MemoryStore(disk).standing(PartitionID(1)).mark
    let crashed = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try crashed.start()
    let first = crashed.image
    crashed.clock.advance(ms: 20 * 60_000)
    // There is nothing to write where the last checkpoint came after everything.
    try crashed.goOn {
      let standing = try MemoryStore(disk).standing(PartitionID(1))
      return standing.mark > mark || standing.last == mark
    }
    let again = PartitionBench(MemoryStore(disk.snapshot()), processes: [diamond], answer: { _ in nil })
    try again.start()
    defer {
      again.partition.stop()
      crashed.partition.stop()
    }
    return (first, again.image)
  }

  @Test("answered requests that were evicted before a crash do not come back after the next")
  func evictedAndCrashed() throws {
    let disk = MemoryDisk()
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(diamond)
    _ = try bench.create(key, requestID: "old")
    bench.clock.advance(ms: 6_000)
    try bench.goOn { try MemoryStore(disk).standing(PartitionID(1)).mark > .start }
    bench.clock.advance(ms: Limits.answeredRequestMs + 1_000)
    _ = try bench.create(key, requestID: "new")

    let (first, second) = try crashTwice(disk)

    let isSame = [first == bench.image, second == first]
    #expect(isSame == [true, true])
    bench.partition.stop()
  }

  @Test("a STOPPED instance that was deleted before its record was written does not keep the partition from starting")
  func deletedWithoutRecord() throws {
    let (disk, reader) = (MemoryDisk(), SlowReader())
    let bench = PartitionBench(MemoryStore(disk), processes: [diamond], observer: reader, answer: { _ in nil })
    try bench.start()
    var create = CreateInstance(
      deployment: try bench.deploy(diamond), startEventID: nil, payload: .emptyObject, metadata: [], requestID: nil)
    create.isStopped = true
    guard case .instance(let id) = try bench.partition.ask(.createInstance(create), lane: .creates).answer else { return }
    // The round begins, and waits for the reader; the instance that it is about changes and goes meanwhile.
    reader.isSlow.store(true, ordering: .releasing)
    bench.clock.advance(ms: 6_000)
    for _ in 0..<3 { _ = bench.image }
    _ = try bench.partition.ask(
      .setVariables(instance: id.key, scope: .process, [Variable("a", 1)], isLocal: true), lane: .internal)
    _ = try bench.partition.ask(.deleteInstance(id), lane: .internal)
    reader.isSlow.store(false, ordering: .releasing)
    try bench.goOn { try MemoryStore(disk).standing(PartitionID(1)).mark > .start }

    let crashed = PartitionBench(MemoryStore(disk.snapshot()), processes: [diamond], answer: { _ in nil })
    try crashed.start()

    #expect(crashed.image == bench.image)
    crashed.partition.stop()
    bench.partition.stop()
  }

  @Test("readers hear again that an instance which had ended before was deleted")
  func deletedAfterItsEnd() throws {
    let (disk, reader) = (MemoryDisk(), SlowReader())
    let bench = PartitionBench(MemoryStore(disk), processes: [straight])
    try bench.start()
    let id = try bench.create(try bench.deploy(straight))
    try bench.goOn { bench.liveInstances == 0 }
    _ = try bench.partition.ask(.deleteInstance(id), lane: .internal)

    let crashed = PartitionBench(MemoryStore(disk.snapshot()), processes: [straight], observer: reader)
    try crashed.start()

    #expect(reader.deleted.withLock { $0 } == [id])
    crashed.partition.stop()
    bench.partition.stop()
  }

  @Test("an owner that another one has shut out refuses everything and writes nothing")
  func fenced() throws {
    let disk = MemoryDisk()
    let old = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try old.start()
    let key = try old.deploy(diamond)
    let new = PartitionBench(MemoryStore(disk), processes: [diamond], answer: { _ in nil })
    try new.start()
    let image = new.image

    #expect(throws: Refusal.self) { try old.create(key) }
    #expect(throws: Refusal.self) { try old.create(key) }

    #expect(new.image == image)
    old.partition.stop()
    new.partition.stop()
  }
}

@Suite struct MailboxTests {
  @Test("lanes are taken in order, and a full lane refuses")
  func lanes() {
    let mailbox = Mailbox<Int>(bounds: [.max, 1])

    #expect(mailbox.send(1, lane: 1) == .sent)
    #expect(mailbox.send(2, lane: 1) == .full)
    #expect(mailbox.send(3, lane: 0) == .sent)

    #expect(mailbox.take(waitingMs: 0) == [3, 1])
    #expect(mailbox.take(waitingMs: 0) == [])
    mailbox.close()
    #expect(mailbox.take(waitingMs: 0) == nil)
    #expect(mailbox.send(4, lane: 0) == .closed)
  }
}

@Suite struct LargePayloadTests {
  private func straight() throws -> ExecutableProcess {
    let builder = ProcessBuilder("Straight").start().service("calc").end().flow("start -> calc -> end")
    return try #require(compile(builder.process, in: builder.definitions).process)
  }

  @Test("a payload as large as is allowed goes through, survives a crash, and the node lives on")
  func large() throws {
    let disk = MemoryDisk()
    let process = try straight()
    let bench = PartitionBench(MemoryStore(disk), processes: [process], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(process)
    let body = JSON.string(String(repeating: "x", count: 4_000_000))

    let id = try bench.create(key, body)
    _ = try bench.create(key, [1])

    let crashed = PartitionBench(MemoryStore(disk.snapshot()), processes: [process], answer: { _ in nil })
    try crashed.start()
    #expect(crashed.image == bench.image)
    let found = crashed.partition.look { state, _ in state.instances[id.key]?.payloads.entries.values.first?.payload.json }?.value
    #expect(found == body)
    crashed.partition.stop()
    bench.partition.stop()
  }

  @Test("many commands that are too large together are cut into batches that fit")
  func cut() throws {
    let process = try straight()
    let bench = PartitionBench(MemoryStore(), processes: [process], answer: { _ in nil })
    try bench.start()
    let key = try bench.deploy(process)
    let payload = Payload(json: .string(String(repeating: "y", count: 60_000)))
    let answers = Mutex(0)

    for _ in 0..<200 {
      let create = CreateInstance(deployment: key, startEventID: nil, payload: payload, metadata: [], requestID: nil)
      bench.partition.send(.createInstance(create), lane: .creates) { result in
        switch result {
        case .success: answers.withLock { $0 += 1 }
        case .failure(let refusal): Issue.record("refused: \(refusal)")
        }
      }
    }

    try bench.goOn { bench.liveInstances == 200 }
    #expect(answers.withLock { $0 } == 200)
    bench.partition.stop()
  }
}

@Suite struct CheckpointTests {
  /// Opens and closes a partition like a program that is killed: the disk is taken as it is between two batches.
  @Test(
    "instances that end while a round of checkpoints is under way are neither missed nor raised from the dead", arguments: [1, 2, 3, 4])
  func endsWithinRound(seed: UInt64) throws {
    let builder = ProcessBuilder("Two").start().service("a").service("b").end().flow("start -> a -> b -> end")
    let process = try #require(compile(builder.process, in: builder.definitions).process)
    var random = SplitMix(state: seed)
    var disk = MemoryDisk()
    let jobs = Mutex<[ServiceJob]>([])
    var bench = PartitionBench(
      MemoryStore(disk), processes: [process],
      answer: { job in
        jobs.withLock { $0.append(job) }; return nil
      })
    try bench.start()
    let key = try bench.deploy(process)

    for _ in 0..<400 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4: _ = try bench.create(key)
      case 4..<9:
        let job = jobs.withLock { $0.isEmpty ? nil : $0.remove(at: Int.random(in: 0..<$0.count, using: &random)) }
        guard let job else { continue }
        do throws(Refusal) {
          _ = try bench.partition.ask(.jobCompleted(job: job.job, instance: job.instance.key, response: .emptyObject), lane: .completions)
        } catch {
          #expect(error.description.contains("not open") || error.description.contains("no live"))
        }
      default:
        // Enough time for a round to begin; each of the few looks lets the loop do one step of it.
        bench.clock.advance(ms: 6_000)
        for _ in 0..<Int.random(in: 0..<4, using: &random) { _ = bench.image }
        let image = bench.image
        let next = disk.snapshot()
        bench.partition.stop()
        jobs.withLock { $0.removeAll() }
        disk = next
        bench = PartitionBench(
          MemoryStore(disk), clock: bench.clock, processes: [process],
          answer: { job in
            jobs.withLock { $0.append(job) }; return nil
          })
        try bench.start()
        #expect(bench.image == image)
      }
    }
    bench.partition.stop()
  }
}
