import FlowCore
import FlowEngine
import FlowStorage
import FlowView
import Synchronization
import Testing

private let one = PartitionID(1)

private func id(_ number: Int) -> String {
  let digits = String(number, radix: 16)
  return "flow-" + String(repeating: "0", count: 32 - digits.count) + digits
}

private func row(_ number: Int) -> InstanceRow {
  InstanceRow(
    id: id(number), deployment: "calc-1", created: Instant(milliseconds: Int64(number)), metadata: [MetadataPair("n", "\(number)")])
}

private func life(_ number: Int, result: [UInt8] = Array("[1.0]".utf8)) -> [ViewChange] {
  var end = InstanceEnd(
    state: .completed, ended: Instant(milliseconds: 1000), result: result, contentType: "application/json", endEvent: "e")
  end.errorCode = number == 7 ? "E" : nil
  return [.instanceCreated(row(number)), happened(number, "started"), .instanceEnded(id: id(number), end)]
}

private func happened(_ number: Int, _ event: String) -> ViewChange {
  .history(id: id(number), HistoryEntry(time: Instant(milliseconds: Int64(number)), event: event, element: "t", detail: "d"))
}

/// Nodes of one cluster, one after the other: each has a view of its own, all have one store.
private final class Cluster {
  let disk = MemoryDisk()
  var epoch = Epoch.none
  var position: UInt64 = 0
  /// Up to here a node that takes over is told nothing.
  var mark: UInt64 = 0
  var retention = ViewRetention()
  var archiveBytes = 16 << 20

  func lead(_ view: View, living: [Int] = []) throws -> Node {
    epoch = epoch.next
    // What no checkpoint followed is lost here; a real node replays it.
    position = max(mark, view.taken(one).raw)
    let store = MemoryStore(disk)
    _ = try store.claim(one, epoch: epoch)
    let archiver = Archiver(view, store, Archiver.Options(partition: one, epoch: epoch, bytes: archiveBytes))
    if view.applied(one).raw < mark { #expect(view.begin(one, at: Position(mark), living.map { row($0) }) == .taken) }
    archiver.start(mark: Position(mark), replayed: Position(mark))
    return Node(self, view, store, archiver)
  }

  func view() throws -> View { try View(":memory:", retention: retention, isArchived: true) { Instant(milliseconds: 2000) } }

  func segments() throws -> [ArchiveSegment] { try MemoryStore(disk).segments(one) }
}

private final class Node {
  let cluster: Cluster
  let view: View
  let store: MemoryStore
  let archiver: Archiver

  init(_ cluster: Cluster, _ view: View, _ store: MemoryStore, _ archiver: Archiver) {
    (self.cluster, self.view, self.store, self.archiver) = (cluster, view, store, archiver)
  }

  func give(_ changes: [ViewChange]) {
    cluster.position += 1
    #expect(view.apply(one, Position(cluster.position), changes) != .refused(resumeAfter: .start))
  }

  /// What happened so far is in the archive, and need not be told again.
  func checkpoint() throws {
    _ = try view.get("", notBefore: NotBefore(one, Position(cluster.position), deadlineMs: 20_000))
    archiver.reach(Position(cluster.position), ms: 20_000)
    #expect(archiver.archived.raw >= cluster.position)
    cluster.mark = cluster.position
  }

  func ids() throws -> [Int] {
    try view.list(limit: 1000).value.rows.compactMap { Int($0.id.dropFirst(5), radix: 16) }
  }

  /// Waits until the past is here.
  func filled() throws -> [Int] {
    #expect(archiver.fill(ms: 20_000))
    return try ids()
  }
}

/// An archive that does what it is asked to do, and does not say so: the answer is lost so many times.
private final class LossyArchive: Archive {
  let store: MemoryStore
  let losses: Mutex<Int>

  init(_ store: MemoryStore, losses: Int) {
    self.store = store
    self.losses = Mutex(losses)
  }

  func segments(_ partition: PartitionID) throws(StoreError) -> [ArchiveSegment] { try store.segments(partition) }

  func read(_ segment: ArchiveSegment, of partition: PartitionID) throws(StoreError) -> [UInt8]? {
    try store.read(segment, of: partition)
  }

  func add(
    _ segment: ArchiveSegment, _ bytes: [UInt8], replacing replaced: [ArchiveSegment], to partition: PartitionID, epoch: Epoch
  ) throws(StoreError) {
    try store.add(segment, bytes, replacing: replaced, to: partition, epoch: epoch)
    let isLost = losses.withLock { left in
      defer { left = max(0, left - 1) }
      return left > 0
    }
    if isLost { throw .unknown("the answer was lost") }
  }

  func remove(_ segments: [ArchiveSegment], of partition: PartitionID, epoch: Epoch) throws(StoreError) {
    try store.remove(segments, of: partition, epoch: epoch)
  }
}

@Suite("the archive of what finished")
struct ArchiverTests {
  @Test("a node that takes over shows what finished under another, with results and history, in order")
  func takeOver() throws {
    let cluster = Cluster()
    let first = try cluster.lead(cluster.view())
    for number in 1...20 { first.give(life(number)) }
    try first.checkpoint()
    first.give(life(21))
    first.archiver.close()

    let second = try cluster.lead(cluster.view())
    second.give(life(30))
    try second.checkpoint()

    #expect(try second.filled() == [30] + (1...20).reversed())
    #expect(try second.view.get(id(7)).value == first.view.get(id(7)).value)
    #expect(try second.view.get(id(7)).value?.errorCode == "E")
    #expect(try second.view.history(id(7)).value == first.view.history(id(7)).value)
    #expect(try second.view.counts().value == [InstanceCount(deployment: "calc-1", state: .completed, count: 21)])
    #expect(try second.view.list(InstanceFilter(metadata: [MetadataPair("n", "3")])).value.rows.map(\.id) == [id(3)])
  }

  @Test("what went on when a node led last, and ended or was deleted under another, does not go on")
  func comeBack() throws {
    let cluster = Cluster()
    let view = try cluster.view()
    let first = try cluster.lead(view)
    first.give([.instanceCreated(row(1)), .instanceCreated(row(2)), .instanceCreated(row(3))])
    first.give(life(4))
    try first.checkpoint()
    first.archiver.close()

    let second = try cluster.lead(cluster.view(), living: [1, 2, 3])
    second.give(Array(life(1).dropFirst()) + [.instanceDeleted(id: id(2)), .instanceDeleted(id: id(4))])
    try second.checkpoint()
    second.archiver.close()
    let again = try cluster.lead(view, living: [3])
    try again.checkpoint()

    #expect(try again.filled() == [3, 1])
    #expect(try again.view.get(id(1)).value?.state == .completed)
    #expect(try again.view.counts().value.map(\.count) == [1, 1])
  }

  @Test("what was deleted does not come back from an older segment")
  func deleted() throws {
    let cluster = Cluster()
    let first = try cluster.lead(cluster.view())
    // Large ones are not joined with what comes behind them.
    for number in 1...8 { first.give(life(number, result: (0..<200_000).map { _ in UInt8.random(in: 0...255) })) }
    try first.checkpoint()
    first.give([.instanceDeleted(id: id(5))])
    try first.checkpoint()
    first.archiver.close()
    #expect(try cluster.segments().count >= 2)

    let second = try cluster.lead(cluster.view())
    second.give([.instanceDeleted(id: id(6))])
    try second.checkpoint()

    #expect(try second.filled() == [8, 7, 4, 3, 2, 1])
  }

  @Test("small segments are joined")
  func joined() throws {
    let cluster = Cluster()
    let first = try cluster.lead(cluster.view())
    for number in 1...200 {
      first.give(life(number))
      try first.checkpoint()
    }
    let segments = try cluster.segments()
    first.archiver.close()

    #expect(segments.count < 12)
    let second = try cluster.lead(cluster.view())
    #expect(try second.filled().count == 200)
  }

  @Test("the oldest segments go when there is too much, and what is too old is not brought back")
  func retention() throws {
    let cluster = Cluster()
    cluster.archiveBytes = 700_000
    let first = try cluster.lead(cluster.view())
    for number in 1...8 {
      first.give(life(number, result: (0..<200_000).map { _ in UInt8.random(in: 0...255) }))
      try first.checkpoint()
    }
    first.archiver.close()

    #expect(try cluster.segments().reduce(0) { $0 + $1.bytes } <= 700_000)
    let second = try cluster.lead(cluster.view())
    let kept = try second.filled()
    #expect(!kept.isEmpty && kept.count < 5 && kept == (8 - kept.count + 1...8).reversed())
    cluster.retention.ageMs = 500
    #expect(try cluster.lead(cluster.view()).filled() == [])
  }

  @Test("what a view had not archived when its node died is archived when it leads again")
  func crashed() throws {
    let cluster = Cluster()
    let view = try cluster.view()
    let first = try cluster.lead(view)
    // Shut out: nothing it tells is taken.
    _ = try MemoryStore(cluster.disk).claim(one, epoch: cluster.epoch.next)
    cluster.epoch = cluster.epoch.next
    first.give(life(1))
    _ = try view.get("", notBefore: NotBefore(one, Position(1), deadlineMs: 20_000))
    first.archiver.reach(Position(1), ms: 50)
    #expect(first.archiver.archived == .start)
    first.archiver.close()
    #expect(try cluster.segments().isEmpty)

    let again = try cluster.lead(view)
    try again.checkpoint()
    again.archiver.close()

    #expect(try cluster.lead(cluster.view()).filled() == [1])
  }

  @Test("a segment whose answer was lost is not lost with what it stands for")
  func lostAnswer() throws {
    let cluster = Cluster()
    let first = try cluster.lead(cluster.view())
    first.give(life(1))
    try first.checkpoint()
    first.archiver.close()
    let lossy = LossyArchive(first.store, losses: 1)
    let archiver = Archiver(first.view, lossy, Archiver.Options(partition: one, epoch: cluster.epoch, bytes: 1 << 20))
    archiver.start(mark: Position(1), replayed: Position(1))
    first.give(life(2) + life(3))
    _ = try first.view.get("", notBefore: NotBefore(one, Position(2), deadlineMs: 20_000))
    while archiver.archived < Position(2) { archiver.reach(Position(2), ms: 100) }
    archiver.close()
    cluster.mark = 2

    #expect(lossy.losses.withLock { $0 } == 0)
    #expect(try cluster.lead(cluster.view()).filled() == [3, 2, 1])
  }

  @Test("a node that is behind archives what it still had without hiding what others archived")
  func behind() throws {
    let cluster = Cluster()
    let view = try cluster.view()
    for number in 1...5 {
      #expect(view.apply(one, Position(UInt64(number)), life(number, result: (0..<9_000).map { _ in UInt8.random(in: 0...255) })) == .taken)
    }
    _ = try view.get("", notBefore: NotBefore(one, Position(5), deadlineMs: 20_000))
    cluster.mark = 5
    let other = try cluster.lead(cluster.view())
    other.give(life(9))
    try other.checkpoint()
    other.archiver.close()
    #expect(try cluster.segments().map(\.through) == [Position(6)])

    let store = MemoryStore(cluster.disk)
    _ = try store.claim(one, epoch: cluster.epoch.next)
    let archiver = Archiver(view, store, Archiver.Options(partition: one, epoch: cluster.epoch.next, bytes: 1 << 20))
    archiver.start(mark: Position(6), replayed: Position(6))
    while try cluster.segments().last?.number == 1 { archiver.reach(Position(7), ms: 10) }
    #expect(view.begin(one, at: Position(6), []) == .taken)

    #expect(archiver.fill(ms: 20_000))
    #expect(try view.get(id(9)).value?.state == .completed)
  }

  @Test("the past comes after what is replayed")
  func afterReplay() throws {
    let cluster = Cluster()
    let first = try cluster.lead(cluster.view())
    first.give(life(1))
    try first.checkpoint()
    first.archiver.close()
    let view = try cluster.view()
    let store = MemoryStore(cluster.disk)
    let archiver = Archiver(view, store, Archiver.Options(partition: one, epoch: cluster.epoch, bytes: 1 << 20))
    #expect(view.begin(one, at: Position(1), []) == .taken)

    archiver.start(mark: Position(1), replayed: Position(2))
    _ = try view.get("", notBefore: NotBefore(one, Position(1), deadlineMs: 20_000))
    #expect(!archiver.fill(ms: 100))
    #expect(view.apply(one, Position(2), life(2)) == .taken)

    #expect(archiver.fill(ms: 20_000))
    #expect(try view.list().value.rows.map(\.id) == [id(2), id(1)])
  }

  @Test("a view that begins again while the archive fills it is filled again")
  func beginsAgain() throws {
    let view = try Cluster().view()
    #expect(view.begin(one, at: Position(5), [row(1), row(2)]) == .taken)
    _ = try view.get("", notBefore: NotBefore(one, Position(5), deadlineMs: 20_000))
    let gap = try #require(try view.gap(one))
    #expect(view.apply(one, Position(6), [happened(2, "told")]) == .taken)

    // Back to where the records are; what lived then lives no longer.
    _ = try view.get("", notBefore: NotBefore(one, Position(6), deadlineMs: 20_000))
    #expect(view.begin(one, at: Position(5), [row(2)]) == .taken)
    #expect(view.applied(one) <= Position(5))
    #expect(view.apply(one, Position(6), [happened(2, "told")]) == .taken)
    _ = try view.get("", notBefore: NotBefore(one, Position(6), deadlineMs: 20_000))
    try view.close(gap, one)

    #expect(try view.gap(one)?.after == gap.after)
    #expect(try view.list().value.rows.map(\.id) == [id(2)])
    #expect(try view.history(id(2)).value?.entries.map(\.event) == ["told"])
  }
}
