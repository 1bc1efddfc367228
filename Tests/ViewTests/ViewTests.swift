import FlowCore
import FlowEngine
import FlowStorage
import FlowView
import Foundation
import Synchronization
import Testing

private let one = PartitionID(1)
private let two = PartitionID(2)

private func id(_ number: Int) -> String { "flow-" + String(format: "%032x", number) }

private func created(_ number: Int, _ deployment: String = "calc-1", _ metadata: [MetadataPair] = []) -> ViewChange {
  .instanceCreated(
    InstanceRow(
      id: id(number), deployment: deployment, created: Instant(milliseconds: Int64(number)), metadata: metadata, activeElements: "[\"a\"]"))
}

private func ended(_ number: Int, _ state: InstanceState = .completed, at ms: Int64 = 1000) -> ViewChange {
  .instanceEnded(
    id: id(number),
    InstanceEnd(state: state, ended: Instant(milliseconds: ms), result: Array("[1.0]".utf8), contentType: "application/json", endEvent: "e")
  )
}

private func happened(_ number: Int, _ event: String, _ detail: String = "") -> ViewChange {
  .history(id: id(number), HistoryEntry(time: Instant(milliseconds: Int64(number)), event: event, element: "t", detail: detail))
}

/// A view whose batches are given one after the other, and asked when they are in.
private final class Fed {
  let view: View
  var position: UInt64

  init(_ path: String = ":memory:", retention: ViewRetention = ViewRetention(), now: Int64 = 2000) throws {
    view = try View(path, retention: retention) { Instant(milliseconds: now) }
    position = view.applied(one).raw
  }

  @discardableResult func give(_ changes: ViewChange...) -> ViewIntake { give(changes) }

  @discardableResult func give(_ changes: [ViewChange]) -> ViewIntake {
    position += 1
    return view.apply(one, Position(position), changes)
  }

  var now: NotBefore { NotBefore(one, Position(position), deadlineMs: 20_000) }

  func ids(_ filter: InstanceFilter = InstanceFilter()) throws -> [Int] {
    try view.list(filter, limit: 1000, notBefore: now).value.rows.compactMap { Int($0.id.dropFirst(5), radix: 16) }
  }
}

private final class Scratch: Sendable {
  let path = NSTemporaryDirectory() + "flow-view-" + UUID().uuidString
  deinit { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
}

@Suite("the view")
struct ViewTests {
  @Test("an instance is seen from creation to end, with its history", arguments: [false, true])
  func life(_ inOneFlush: Bool) throws {
    let fed = try Fed()
    fed.give(created(1, "calc-1", [MetadataPair("k", "v")]), happened(1, "started"))
    if !inOneFlush {
      let row = try fed.view.get(id(1), notBefore: fed.now).value
      #expect(row?.state == .running && row?.activeElements == "[\"a\"]" && row?.ended == nil)
    }
    fed.give(.instanceChanged(id: id(1), InstancePatch(state: .stopped, errorCode: "E", errorMessage: "why", failedElement: "t")))
    fed.give(.instanceChanged(id: id(1), InstancePatch(state: .running, clearsError: true)), happened(1, "retried", "detail"))
    fed.give(ended(1))

    let row = try #require(try fed.view.get(id(1), notBefore: fed.now).value)

    var wanted = InstanceRow(
      id: id(1), deployment: "calc-1", state: .completed, created: Instant(milliseconds: 1), metadata: [MetadataPair("k", "v")])
    (wanted.ended, wanted.result) = (Instant(milliseconds: 1000), Array("[1.0]".utf8))
    (wanted.contentType, wanted.endEvent) = ("application/json", "e")
    #expect(row == wanted)
    let history = try #require(try fed.view.history(id(1)).value)
    #expect(history.entries.map(\.event) == ["started", "retried"])
    #expect(history.entries.last?.detail == "detail" && history.dropped == 0)
    #expect(try fed.view.get(id(2)).value == nil)
    #expect(try fed.view.history(id(2)).value == nil)
  }

  @Test("a list filters by ids, deployment, state and all metadata pairs")
  func filters() throws {
    let fed = try Fed()
    fed.give(created(1, "calc-1", [MetadataPair("a", "1"), MetadataPair("b", "2")]), created(2, "calc-1", [MetadataPair("a", "1")]))
    fed.give(created(3, "other-2"), created(4, "calc-1"), ended(4, .error), ended(3))

    #expect(try fed.ids() == [4, 3, 2, 1])
    #expect(try fed.ids(InstanceFilter(ids: [id(1), id(3), id(9)])) == [3, 1])
    #expect(try fed.ids(InstanceFilter(deployment: "calc-1")) == [4, 2, 1])
    #expect(try fed.ids(InstanceFilter(deployment: "nothing")) == [])
    #expect(try fed.ids(InstanceFilter(states: [.running])) == [2, 1])
    #expect(try fed.ids(InstanceFilter(states: [.error, .completed])) == [4, 3])
    #expect(try fed.ids(InstanceFilter(deployment: "calc-1", states: [.error])) == [4])
    #expect(try fed.ids(InstanceFilter(metadata: [MetadataPair("a", "1")])) == [2, 1])
    #expect(try fed.ids(InstanceFilter(metadata: [MetadataPair("a", "1"), MetadataPair("b", "2")])) == [1])
    #expect(try fed.ids(InstanceFilter(metadata: [MetadataPair("a", "' OR 1=1 --")])) == [])
    #expect(throws: StoreError.self) { try fed.ids(InstanceFilter(ids: Array(repeating: "x", count: 1001))) }
    #expect(throws: StoreError.self) { try fed.ids(InstanceFilter(metadata: Array(repeating: MetadataPair("a", "1"), count: 17))) }
  }

  @Test("pages go from new to old, each instance once, also while new ones come")
  func paging() throws {
    let fed = try Fed()
    fed.give((1...25).map { created($0) })
    var seen: [String] = []
    var cursor: ViewCursor?

    repeat {
      let page = try fed.view.list(before: cursor, limit: 10, notBefore: fed.now).value
      seen += page.rows.map(\.id)
      cursor = page.next
      fed.give(created(100 + seen.count))
    } while cursor != nil

    #expect(seen == (1...25).reversed().map { id($0) })
  }

  @Test("a page of large results ends early and goes on; without results nothing of them is read")
  func pagesByBytes() throws {
    let fed = try Fed()
    let large = [UInt8](repeating: 0x20, count: 400 << 10)
    for number in 1...7 {
      let end = InstanceEnd(
        state: .completed, ended: Instant(milliseconds: 9), result: number == 4 ? [UInt8](repeating: 0x20, count: 4 << 20) : large)
      fed.give(created(number), .instanceEnded(id: id(number), end))
    }
    var pages: [[Int]] = []
    var cursor: ViewCursor?

    repeat {
      let page = try fed.view.list(before: cursor, limit: 10, notBefore: fed.now).value
      pages.append(page.rows.compactMap { Int($0.id.dropFirst(5), radix: 16) })
      cursor = page.next
    } while cursor != nil

    #expect(pages == [[7, 6, 5], [4], [3, 2, 1]])
    let table = try fed.view.list(limit: 10, results: false).value
    #expect(table.rows.count == 7 && table.next == nil && table.rows.allSatisfy { $0.result == nil })
  }

  @Test("counts follow every change, also within one flush, and survive reopening")
  func counts() throws {
    let scratch = Scratch()
    var fed = try Fed(scratch.path)
    fed.give(created(1), created(2), created(3, "b"), ended(3, .error))
    _ = try fed.view.counts(notBefore: fed.now)
    fed.give(ended(1), created(4), ended(4), .instanceDeleted(id: id(3)), created(5), .instanceDeleted(id: id(5)))
    fed.give(.instanceChanged(id: id(2), InstancePatch(state: .stopped)))
    let wanted = [
      InstanceCount(deployment: "calc-1", state: .completed, count: 2), InstanceCount(deployment: "calc-1", state: .stopped, count: 1),
    ]

    #expect(try fed.view.counts(notBefore: fed.now).value == wanted)
    #expect(try fed.view.hasUnfinished("calc-1").value)
    #expect(try !fed.view.hasUnfinished("b").value)
    fed.view.close()
    fed = try Fed(scratch.path)
    #expect(fed.position == 3)
    #expect(try fed.view.counts(deployment: "calc-1").value == wanted)
    #expect(try fed.ids() == [4, 2, 1])
  }

  @Test("random changes give the same counts as counting the rows", arguments: [UInt64](1...6))
  func countsByChance(_ seed: UInt64) throws {
    var random = seed
    func below(_ bound: UInt64) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((random >> 33) % bound)
    }
    let fed = try Fed()
    for step in 0..<400 {
      let number = below(30)
      switch below(5) {
      case 0, 1: fed.give(created(number, "d\(number % 3)"))
      case 2: fed.give(.instanceChanged(id: id(number), InstancePatch(state: .stopped)), happened(number, "x"))
      case 3: fed.give(ended(number))
      default: fed.give(.instanceDeleted(id: id(number)), happened(number, "x"))
      }
      if step % 40 == 0 { _ = try fed.ids() }
    }

    let rows = try fed.view.list(limit: 1000, notBefore: fed.now).value.rows
    var wanted: [String: Int] = [:]
    for row in rows { wanted["\(row.deployment) \(row.state)", default: 0] += 1 }

    let found = try fed.view.counts().value
    #expect(Dictionary(uniqueKeysWithValues: found.map { ("\($0.deployment) \($0.state)", $0.count) }) == wanted)
  }

  @Test("a batch that comes again changes nothing, one after a gap is refused")
  func idempotent() throws {
    let fed = try Fed()
    fed.give(created(1), happened(1, "started"))
    fed.give(created(2))

    #expect(fed.view.apply(one, Position(1), [created(1), happened(1, "started")]) == .taken)
    #expect(fed.view.apply(one, Position(5), [created(5)]) == .refused(resumeAfter: Position(2)))
    #expect(fed.view.apply(two, Position(2), [created(6)]) == .refused(resumeAfter: .start))
    #expect(fed.view.apply(two, Position(1), [created(7)]) == .taken)

    #expect(try fed.view.list(notBefore: NotBefore(two, Position(1))).value.rows.count == 3)
    let answer = try fed.view.history(id(1), notBefore: fed.now)
    #expect(answer.value?.entries.count == 1)
    #expect(answer.positions == [one: Position(2), two: Position(1)])
  }

  @Test("a view begins behind a trimmed journal with rows from the records")
  func begin() throws {
    let fed = try Fed()
    let rows = (1...3).map { InstanceRow(id: id($0), deployment: "d", created: Instant(milliseconds: 0)) }

    #expect(fed.view.begin(one, at: Position(70), rows) == .taken)
    #expect(fed.view.apply(one, Position(71), [ended(1)]) == .taken)

    let answer = try fed.view.counts(notBefore: NotBefore(one, Position(71)))
    #expect(answer.value.map(\.count) == [2, 1])
  }

  @Test("an answer not before a position that never comes ends at its deadline with the reason")
  func deadline() throws {
    let fed = try Fed()
    fed.give(created(1))

    let error = #expect(throws: StoreError.self) { _ = try fed.view.list(notBefore: NotBefore(one, Position(9), deadlineMs: 30)) }

    #expect(error.map { "\($0)" }?.contains("not yet at 9") == true)
  }

  @Test("a deleted or damaged file is made anew and filled again", arguments: [false, true])
  func lost(_ damaged: Bool) throws {
    let scratch = Scratch()
    var fed = try Fed(scratch.path)
    fed.give(created(1), ended(1))
    fed.view.close()
    if damaged {
      try Data(repeating: 0xA5, count: 9000).write(to: URL(fileURLWithPath: scratch.path))
    } else {
      try FileManager.default.removeItem(atPath: scratch.path)
    }

    fed = try Fed(scratch.path)

    #expect(fed.view.wasReset == damaged)
    #expect(fed.position == 0)
    fed.give(created(1), ended(1))
    #expect(try fed.ids() == [1])
  }

  @Test("the log moves into the file while the view is in use")
  func folds() throws {
    let scratch = Scratch()
    let fed = try Fed(scratch.path)
    let end = InstanceEnd(state: .completed, ended: Instant(milliseconds: 1), result: [UInt8](repeating: 7, count: 20_000))

    for number in 1...300 { fed.give(created(number), .instanceEnded(id: id(number), end)) }

    #expect(try fed.view.get(id(1), notBefore: fed.now).value?.result?.count == 20_000)
    try waitFor { (try FileManager.default.attributesOfItem(atPath: scratch.path)[.size] as? Int ?? 0) > 4 << 20 }
    #expect(try fed.view.get(id(300)).value?.result?.count == 20_000)
  }

  @Test("wiping forgets rows and positions")
  func wipe() throws {
    let fed = try Fed()
    fed.give(created(1))
    _ = try fed.ids()

    try fed.view.wipe()

    #expect(fed.view.applied(one) == .start)
    #expect(try fed.view.list().value.rows.isEmpty)
    #expect(try fed.view.counts().value.isEmpty)
  }

  @Test("a queue that is full refuses and is fed again from where it stopped")
  func pressure() throws {
    let fed = try Fed()
    var answers: Set<String> = []
    var position: UInt64 = 0
    let large = String(repeating: "x", count: 900_000)
    var resumes = 0

    for _ in 0..<400 {
      switch fed.view.apply(one, Position(position + 1), [created(Int(position)), happened(Int(position), "e", large)]) {
      case .taken: position += 1
      case .slow:
        answers.insert("slow")
        position += 1
      case .refused(let after):
        answers.insert("refused")
        #expect(after == Position(position))
        resumes += 1
        _ = try fed.view.get(id(0), notBefore: NotBefore(one, after, deadlineMs: 60_000))
      }
    }

    fed.position = position
    #expect(answers == ["slow", "refused"])
    #expect(try fed.view.counts(notBefore: fed.now).value.map(\.count) == [Int(position)])
  }

  @Test("history beyond its limit loses the oldest entries and says how many")
  func historyLimit() throws {
    let fed = try Fed()
    fed.give(created(1))
    for index in 0..<200 { fed.give(happened(1, "event \(index)", String(repeating: "d", count: 1000))) }

    let history = try #require(try fed.view.history(id(1), notBefore: fed.now).value)

    #expect(history.entries.count + history.dropped == 200)
    #expect(history.dropped > 0 && history.entries.last?.event == "event 199")
    #expect(history.entries.first?.event == "event \(history.dropped)")
  }

  @Test("retention removes finished instances by age, never unfinished ones")
  func retentionByAge() throws {
    let fed = try Fed(retention: ViewRetention(ageMs: 500, bytes: 1 << 30), now: 2000)
    fed.give((1...1300).flatMap { [created($0, "d", [MetadataPair("m", "1")]), ended($0, at: 1000)] })
    fed.give(created(2000, "d"), created(2001, "d"), ended(2001, at: 1900))

    try waitFor { try fed.ids() == [2001, 2000] }

    #expect(try fed.view.counts(deployment: "d").value.map(\.count) == [1, 1])
    #expect(try fed.ids(InstanceFilter(metadata: [MetadataPair("m", "1")])) == [])
  }

  @Test("retention removes the oldest finished instances when the file is too large")
  func retentionByBytes() throws {
    let fed = try Fed(retention: ViewRetention(ageMs: 1 << 40, bytes: 1 << 20))
    fed.give(created(0))
    fed.give((1...2000).flatMap { [created($0), happened($0, "e", String(repeating: "y", count: 1500)), ended($0)] })

    // Not before all is written: the file is small then too.
    _ = try fed.ids()
    try waitFor { try fed.view.bytes() <= 1 << 20 }

    let left = try fed.ids()
    #expect(left.last == 0)
    #expect(left.count < 700)
  }
}

@Suite("the view's feed")
struct ViewFeedTests {
  @Test("subscribers hear every change once, in order, when it can be read")
  func order() throws {
    let fed = try Fed()
    let seen = Mutex<[FeedItem]>([])
    let readable = Mutex(true)
    let view = fed.view
    let token = try view.subscribe { items in
      seen.withLock { $0 += items }
      for item in items where view.applied(item.partition) < item.position { readable.withLock { $0 = false } }
    }

    for number in 1...300 { fed.give(created(number), happened(number, "a"), ended(number)) }
    try waitFor { seen.withLock { $0.count } == 900 }

    let items = seen.withLock { $0 }
    #expect(items.map(\.number) == (1...900).map { UInt64($0) })
    let positions: [UInt64] = (0..<900).map { UInt64($0 / 3 + 1) }
    #expect(items.map(\.position.raw) == positions)
    #expect(readable.withLock { $0 })
    token.cancel()
  }

  @Test("a subscriber that comes back hears what it missed, or that it is no longer kept")
  func resume() throws {
    let scratch = Scratch()
    var fed = try Fed(scratch.path)
    fed.give(created(1), created(2), ended(1))
    try waitFor { fed.view.feedNumber == 3 }
    let number = fed.view.feedNumber
    let seen = Mutex<[UInt64]>([])

    let token = try fed.view.subscribe(after: number - 2) { items in seen.withLock { $0 += items.map(\.number) } }

    #expect(seen.withLock { $0 } == [number - 1, number])
    #expect(throws: StoreError.self) { _ = try fed.view.subscribe(after: number + 1) { _ in } }
    token.cancel()
    fed.view.close()
    fed = try Fed(scratch.path)
    #expect(fed.view.feedNumber == number)
    #expect(throws: StoreError.self) { _ = try fed.view.subscribe(after: number - 1) { _ in } }
  }

  @Test("filters by instance and by deployment, also for changes that name no deployment")
  func filters() throws {
    let fed = try Fed()
    let instance = Mutex<[String]>([])
    let deployment = Mutex<[String]>([])
    let first = try fed.view.subscribe(FeedFilter(instance: id(2))) { items in instance.withLock { $0 += items.map(\.change.id) } }
    let second = try fed.view.subscribe(FeedFilter(deployment: "b")) { items in deployment.withLock { $0 += items.map(\.change.id) } }

    fed.give(created(1, "a"), created(2, "b"))
    _ = try fed.ids()
    fed.give(ended(1), ended(2), .instanceDeleted(id: id(2)), created(3, "a"))
    // The number is there before the last handler has returned.
    try waitFor { instance.withLock { $0.count } >= 3 && deployment.withLock { $0.count } >= 3 }

    #expect(instance.withLock { $0 } == [id(2), id(2), id(2)])
    #expect(deployment.withLock { $0 } == [id(2), id(2), id(2)])
    _ = (first, second)
  }

  @Test("an instance that goes to another deployment is told to who watches either, and counted in the new one")
  func moves() throws {
    let fed = try Fed()
    let left = Mutex<[String]>([])
    let joined = Mutex<[String]>([])
    fed.give(created(1, "a"), created(2, "a"))
    _ = try fed.ids()
    let tokens = [
      try fed.view.subscribe(FeedFilter(deployment: "a")) { items in left.withLock { $0 += items.map(\.change.id) } },
      try fed.view.subscribe(FeedFilter(deployment: "b")) { items in joined.withLock { $0 += items.map(\.change.id) } },
    ]

    fed.give(.instanceChanged(id: id(1), InstancePatch(deployment: "b")))
    fed.give(ended(1))
    try waitFor { left.withLock { $0.count } >= 1 && joined.withLock { $0.count } >= 2 }

    #expect(left.withLock { $0 } == [id(1)] && joined.withLock { $0 } == [id(1), id(1)])
    #expect(try fed.ids(InstanceFilter(deployment: "a")) == [2] && fed.ids(InstanceFilter(deployment: "b")) == [1])
    let counts = try fed.view.counts(notBefore: fed.now).value.map { "\($0.deployment) \($0.state) \($0.count)" }
    #expect(counts == ["a running 1", "b completed 1"])
    for token in tokens { token.cancel() }
  }
}

/// Awaits a condition with a deadline.
private func waitFor(_ condition: () throws -> Bool) throws {
  let deadline = Date().addingTimeInterval(20)
  while Date() < deadline {
    if try condition() { return }
    sched_yield()
  }
  Issue.record("the condition did not come true")
}
