import FlowCore
import FlowEtcd
import FlowStorage
import Foundation
import Synchronization
import Testing

private let partition = PartitionID(1)

@Suite("the store on etcd")
struct EtcdStoreTests {
  @Test("who claims the same epoch later shuts out who had it before")
  func sameEpoch() throws {
    let open = try TestEtcd.shared.get().opener()
    let (first, second) = (try open(), try open())
    _ = try first.claim(partition, epoch: Epoch(1))
    _ = try first.append([1], to: partition, after: .start, epoch: Epoch(1))

    let standing = try second.claim(partition, epoch: Epoch(1))

    #expect(standing == Standing(epoch: Epoch(1), last: Position(1)))
    #expect(throws: StoreError.fenced(epoch: Epoch(1), last: Position(1))) {
      _ = try first.append([2], to: partition, after: Position(1), epoch: Epoch(1))
    }
    #expect(throws: StoreError.self) { try first.write(CheckpointStep(mark: Position(1)), partition: partition, epoch: Epoch(1)) }
    #expect(try second.append([3], to: partition, after: Position(1), epoch: Epoch(1)) == Position(2))
  }

  @Test("an epoch that came from elsewhere and is above all revisions here shuts out nobody who is elected, and then the later one wins")
  func epochFromElsewhere() throws {
    let etcd = try TestEtcd.shared.get()
    let plain = TestEtcd.options()
    var elected = plain
    elected.epochsAreRevisions = true
    let migrated = try EtcdStore(etcd.configuration(), plain)
    _ = try migrated.claim(partition, epoch: Epoch(1 << 60))
    _ = try migrated.append([1], to: partition, after: .start, epoch: Epoch(1 << 60))
    let (first, second) = (try EtcdStore(etcd.configuration(), elected), try EtcdStore(etcd.configuration(), elected))

    #expect(throws: StoreError.fenced(epoch: Epoch(1 << 60), last: Position(1))) { _ = try migrated.claim(partition, epoch: Epoch(3)) }
    #expect(try first.claim(partition, epoch: Epoch(3)) == Standing(epoch: Epoch(3), last: Position(1)))
    #expect(throws: StoreError.self) { _ = try migrated.append([2], to: partition, after: Position(1), epoch: Epoch(1 << 60)) }
    #expect(try second.claim(partition, epoch: Epoch(4)).epoch == Epoch(4))
    #expect(throws: StoreError.fenced(epoch: Epoch(4), last: Position(1))) { _ = try first.claim(partition, epoch: Epoch(3)) }
    #expect(throws: StoreError.self) { _ = try first.append([2], to: partition, after: Position(1), epoch: Epoch(3)) }
    #expect(try second.append([3], to: partition, after: Position(1), epoch: Epoch(4)) == Position(2))
  }

  @Test("an append whose answer was lost is found out to be in, and is there once")
  func lostAnswer() throws {
    let etcd = try TestEtcd()
    let member = try #require(etcd.members.first)
    let lost = Atomic(0)
    let options = TestEtcd.options {
      $0.log = Log(threshold: .debug) { entry in
        guard "\(entry.message)".contains("answer to an append was lost") else { return }
        lost.add(1, ordering: .relaxed)
        kill(member, SIGCONT)
      }
    }
    let store = try EtcdStore(etcd.configuration(attemptMs: 300), options)
    _ = try store.claim(partition, epoch: Epoch(1))
    _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1))
    kill(member, SIGSTOP)

    let position = try store.append([2], to: partition, after: Position(1), epoch: Epoch(1))

    #expect(position == Position(2))
    #expect(lost.load(ordering: .relaxed) > 0)
    #expect(try store.journal(partition, after: .start, maxBytes: .max).map(\.bytes) == [[1], [2]])
    #expect(try store.append([3], to: partition, after: Position(2), epoch: Epoch(1)) == Position(3))
  }

  @Test("what became of a write is asked another member than the one that is silent", .timeLimit(.minutes(1)))
  func silentMember() throws {
    let etcd = try TestEtcd(members: 3)
    let member = try #require(etcd.members.first)
    // Enough for one member that does not answer, not for two attempts at it.
    let store = try EtcdStore(etcd.configuration(attemptMs: 2_000), TestEtcd.options { $0.timeoutMs = 3_500 })
    _ = try store.claim(partition, epoch: Epoch(1))
    _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1))
    kill(member, SIGSTOP)
    defer { kill(member, SIGCONT) }

    #expect(try store.append([2], to: partition, after: Position(1), epoch: Epoch(1)) == Position(2))
  }

  @Test("a store that can not be reached says so in its time, and that nothing happened")
  func unreachable() throws {
    var options = EtcdStoreOptions()
    options.timeoutMs = 300

    let error = #expect(throws: StoreError.self) { _ = try EtcdStore(EtcdConfiguration(endpoints: ["127.0.0.1:1"]), options) }

    guard case .unavailable(let why) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(why.contains("127.0.0.1:1") && why.contains("connection refused"))
  }

  @Test("data of somebody else below the root is refused and left alone; keys of elections are not in the way")
  func foreign() throws {
    let etcd = try TestEtcd.shared.get()
    let client = try etcd.client()
    let (mine, theirs) = (TestEtcd.options(), TestEtcd.options())
    _ = try client.put(Array((mine.root + "/cluster/e/g/1").utf8), [])
    _ = try client.put(Array((theirs.root + "/workflows/x").utf8), [1])

    let error = #expect(throws: StoreError.self) { _ = try EtcdStore(etcd.configuration(), theirs) }

    #expect("\(String(describing: error))".contains("/workflows/x"))
    #expect(try client.get(Array((theirs.root + "/format").utf8)) == nil)
    #expect(throws: Never.self) { try EtcdStore(etcd.configuration(), mine).close() }
  }

  @Test("a newer format is refused")
  func tooNew() throws {
    let etcd = try TestEtcd.shared.get()
    let options = TestEtcd.options()
    _ = try etcd.client().put(Array((options.root + "/format").utf8), Array("rexflow store 9\nabcd\n".utf8))

    #expect(throws: StoreError.tooNew(found: 9, supported: 1)) { _ = try EtcdStore(etcd.configuration(), options) }
  }

  @Test("an etcd that went back behind what this machine saw is refused, with the way out")
  func olderBackup() throws {
    let etcd = try TestEtcd.shared.get()
    let path = NSTemporaryDirectory() + "flow-seen-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let options = TestEtcd.options { $0.memoryPath = path }
    try EtcdStore(etcd.configuration(), options).close()
    let words = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")
    try "\(words[0]) \(words[1]) 99999999\n".write(toFile: path, atomically: true, encoding: .utf8)

    let error = #expect(throws: StoreError.self) { _ = try EtcdStore(etcd.configuration(), options) }
    try FileManager.default.removeItem(atPath: path)

    guard case .corrupt(let why) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(why.contains("99999999") && why.contains("older backup") && why.contains(path))
    #expect(throws: Never.self) { try EtcdStore(etcd.configuration(), options).close() }
  }

  @Test("large payloads have a share of their own, and what is swept makes room")
  func blobShare() throws {
    let store = try EtcdStore(try TestEtcd.shared.get().configuration(), TestEtcd.options { $0.blobBytes = 3 << 20 })
    func blob(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 1 << 20) }
    let first = try store.putBlob(blob(1))
    for byte in UInt8(2)...3 { _ = try store.putBlob(blob(byte)) }

    let error = #expect(throws: StoreError.self) { _ = try store.putBlob(blob(4)) }
    #expect(try store.putBlob(blob(1)) == first)
    #expect(try store.deleteBlob(first, olderThan: Instant(milliseconds: .max)))

    guard case .full = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try store.blob(try store.putBlob(blob(4))) == blob(4))
  }

  @Test("the parts of a page's large records are read ahead with its heads")
  func readAhead() throws {
    let etcd = try TestEtcd.shared.get()
    let options = TestEtcd.options()
    let store = try EtcdStore(etcd.configuration(), options)
    _ = try store.claim(partition, epoch: Epoch(1))
    _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1))
    let keys = (0..<40).map { RecordKey(kind: 1, UInt64($0)) }
    for (index, key) in keys.enumerated() {
      let parts = (0..<(1 + index % 3)).map { [UInt8](repeating: UInt8(index + $0), count: 6 << 10) }
      let record = Record(key: key, stamp: Position(1), head: [], parts: parts, firstPart: 0, isLast: true)
      try store.write(CheckpointStep(records: [record]), partition: partition, epoch: Epoch(1))
    }

    #expect(try store.heads(partition, after: nil, limit: 100).map(\.key) == keys)
    // Gone from etcd, so that what comes now was read before.
    try etcd.client().delete(Array((options.root + "/p/0001/r/").utf8), Array((options.root + "/p/0001/r0").utf8))

    for (index, key) in keys.enumerated() {
      let parts = try store.parts(partition, key)
      #expect(parts == (0..<(1 + index % 3)).map { [UInt8](repeating: UInt8(index + $0), count: 6 << 10) })
    }
    #expect(throws: StoreError.self) { _ = try store.parts(partition, keys[0]) }
  }

  @Test("an alarm that etcd itself has raised is ended when there is room")
  func alarm() throws {
    let etcd = try TestEtcd(flags: ["--quota-backend-bytes", "\(16 << 20)"])
    let options = TestEtcd.options {
      $0.quotaBytes = 16 << 20
      $0.maintains = true
    }
    let store = try EtcdStore(etcd.configuration(), options)
    _ = try store.claim(partition, epoch: Epoch(1))
    let client = try etcd.client()
    var refused = false
    for index in 0..<40 where !refused {
      do throws(EtcdError) {
        _ = try client.put(Array("big/\(index)".utf8), [UInt8](repeating: 7, count: 1 << 20))
      } catch { refused = true }
    }
    #expect(try refused && client.hasSpaceAlarm())

    try client.delete(Array("big/".utf8), Array("big0".utf8))

    #expect(try eventually(60) { try !client.hasSpaceAlarm() && store.condition == .writable })
    #expect(try store.append([1], to: partition, after: .start, epoch: Epoch(1)) == Position(1))
  }

  @Test("a full etcd refuses new work, and takes it again when room was made")
  func noSpace() throws {
    let etcd = try TestEtcd(flags: ["--quota-backend-bytes", "\(16 << 20)"])
    let options = TestEtcd.options {
      $0.quotaBytes = 16 << 20
      $0.maintains = true
    }
    let store = try EtcdStore(etcd.configuration(), options)
    _ = try store.claim(partition, epoch: Epoch(1))
    let batch = [UInt8](repeating: 7, count: 1 << 20)
    var (last, refused): (Position, StoreError?) = (.start, nil)
    while refused == nil, last < Position(40) {
      do { last = try store.append(batch, to: partition, after: last, epoch: Epoch(1)) } catch { refused = error }
    }
    guard case .full = refused else {
      Issue.record("\(String(describing: refused)) after \(last)")
      return
    }

    let freed = try eventually(60) {
      do {
        try store.write(CheckpointStep(mark: last), partition: partition, epoch: Epoch(1))
      } catch StoreError.full {
        return false
      }
      return true
    }
    let watching = try etcd.client()
    let writable = eventually(60) { store.condition == .writable }

    let statuses = watching.statuses()
    #expect(freed && writable, "\(store.condition), \(statuses)")
    #expect(try store.append([1], to: partition, after: last, epoch: Epoch(1)) == last.next)
  }
}
