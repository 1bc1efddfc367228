import FlowCore
import FlowEtcd
import FlowRPC
import FlowStorage
import Foundation
import Synchronization
import Testing

@Suite("the client of etcd")
struct EtcdClientTests {
  @Test("a dead endpoint is passed over")
  func failOver() throws {
    let etcd = try TestEtcd.shared.get()
    let client = try EtcdClient(EtcdConfiguration(endpoints: ["127.0.0.1:1"] + etcd.endpoints))
    let key = Array("/failover/\(UUID())".utf8)

    let revision = try client.put(key, [1])

    #expect(try client.get(key)?.modRevision == revision)
    #expect(try client.status().version.hasPrefix("3."))
    #expect(try client.members().count == 1)
  }

  @Test("a range larger than a message comes whole, as it was at one revision")
  func largeRange() throws {
    let client = try TestEtcd.shared.get().client()
    let prefix = Array("/large/\(UUID())/".utf8)
    for index in UInt8(0)..<12 { _ = try client.put(prefix + [index], [UInt8](repeating: index, count: 1 << 20)) }

    let page = try client.range(prefix, prefix + [0xFF], limit: .max)

    #expect(page.entries.map(\.value.first) == (0..<12).map { UInt8($0) })
    #expect(page.entries.allSatisfy { $0.value.count == 1 << 20 })
  }

  @Test("a compacted revision is said to be so, compacting twice is fine")
  func compacted() throws {
    let etcd = try TestEtcd()
    let client = try etcd.client()
    defer { etcd.stop() }
    let key = Array("/c".utf8)
    let first = try client.put(key, [1])
    let second = try client.put(key, [2])

    try client.compact(second)
    try client.compact(second)

    #expect(throws: EtcdError.compacted) { _ = try client.range(key, key + [0], limit: 1, revision: first) }
    #expect(throws: EtcdError.futureRevision) { _ = try client.range(key, key + [0], limit: 1, revision: second + 99) }
  }

  @Test("a watch whose history was compacted tells the difference and goes on")
  func watchOverCompaction() throws {
    let etcd = try TestEtcd()
    let client = try etcd.client()
    defer { etcd.stop() }
    let prefix = Array("/w/".utf8)
    let (a, b, c) = (prefix + [97], prefix + [98], prefix + [99])
    _ = try client.put(a, [1])
    let start = try client.put(b, [1])
    _ = try client.put(a, [2])
    try client.delete(b)
    try client.compact(try client.put(c, [3]))
    let seen = Mutex<[[EtcdChange]]>([])

    let watcher = EtcdWatcher(client, from: prefix, to: Array("/w0".utf8), after: start, known: [a, b]) { _, changes in
      seen.withLock { $0.append(changes) }
    }
    let caughtUp = eventually { seen.withLock { $0.count } == 1 }
    _ = try client.put(c, [4])
    let wentOn = eventually { seen.withLock { $0.count } == 2 }
    watcher.cancel()

    #expect(caughtUp && wentOn)
    let told = seen.withLock { $0.map { $0.map { "\($0.key.last ?? 0)=\($0.value ?? [])" } } }
    #expect(told == [["97=[2]", "99=[3]", "98=[]"], ["99=[4]"]])
  }

  @Test("what a stream never told is found when all keys are compared, and told once")
  func lostEvent() throws {
    let client = try TestEtcd.shared.get().client()
    let prefix = Array("/lost/\(UUID())/".utf8)
    let (a, b) = (prefix + [97], prefix + [98])
    let now = try client.put(a, [1])
    let seen = Mutex<[[EtcdChange]]>([])

    // As if b had been there, and its deletion had got lost.
    let watcher = EtcdWatcher(client, from: prefix, to: prefix + [0xFF], after: now, known: [a, b], rereadMs: 100) { _, changes in
      seen.withLock { $0.append(changes) }
    }
    let found = eventually { seen.withLock { $0.count } == 1 }
    _ = try client.put(a, [2])
    let wentOn = eventually { seen.withLock { $0.count } == 2 }
    watcher.cancel()

    #expect(found && wentOn)
    #expect(seen.withLock { $0.map { $0.map(\.key) } } == [[b], [a]])
    #expect(seen.withLock { $0.map { $0.map(\.value) } } == [[nil], [[2]]])
  }

  @Test("a lease is granted, renewed and revoked, and takes its keys along")
  func leases() throws {
    let client = try TestEtcd.shared.get().client()
    let key = Array("/lease/\(UUID())".utf8)
    let lease = try client.grantLease(ttlSeconds: 30)
    _ = try client.put(key, [1], lease: lease.id)

    try client.keepAlive(lease.id, timeoutMs: 5_000)
    try client.revokeLease(lease.id)
    try client.revokeLease(lease.id)

    #expect(try client.get(key) == nil)
    #expect(throws: EtcdError.leaseGone) { try client.keepAlive(lease.id, timeoutMs: 5_000) }
  }

  @Test("name and password are exchanged for a token; wrong or missing ones are named as such")
  func credentials() throws {
    let etcd = try TestEtcd()
    let channel = try RPCChannel(etcd.endpoints[0])
    _ = try channel.call(Etcdserverpb.AuthMethods.userAdd, Etcdserverpb.AuthUserAddRequest(name: "root", password: "secret"))
    _ = try channel.call(Etcdserverpb.AuthMethods.roleAdd, Etcdserverpb.AuthRoleAddRequest(name: "root"))
    _ = try channel.call(Etcdserverpb.AuthMethods.userGrantRole, Etcdserverpb.AuthUserGrantRoleRequest(user: "root", role: "root"))
    _ = try channel.call(Etcdserverpb.AuthMethods.authEnable, Etcdserverpb.AuthEnableRequest())
    var right = etcd.configuration()
    right.user = EtcdConfiguration.User(name: "root", password: "secret")
    var wrong = right
    wrong.user?.password = "guess"

    let store = try EtcdStore(right, TestEtcd.options())
    let refused = #expect(throws: StoreError.self) { _ = try EtcdStore(wrong, TestEtcd.options()) }
    let missing = #expect(throws: StoreError.self) { _ = try EtcdStore(etcd.configuration(), TestEtcd.options()) }

    #expect(try store.claim(PartitionID(1), epoch: Epoch(1)).epoch == Epoch(1))
    #expect("\(String(describing: refused))".contains("credentials"))
    #expect("\(String(describing: missing))".contains("user"))
    #expect(!"\(String(describing: refused))".contains("guess"))
  }

  @Test("a leader that dies costs no answered write and no order", .timeLimit(.minutes(2)))
  func leaderDies() throws {
    let etcd = try TestEtcd(members: 3)
    let store = try EtcdStore(etcd.configuration(attemptMs: 1_000), TestEtcd.options { $0.timeoutMs = 60_000 })
    let partition = PartitionID(1)
    _ = try store.claim(partition, epoch: Epoch(1))
    var last = Position.start
    for index in UInt8(0)..<20 { last = try store.append([index], to: partition, after: last, epoch: Epoch(1)) }
    let client = try etcd.client()
    let leader = try #require(client.statuses().firstIndex { if case .success(let status) = $0 { status.isLeader } else { false } })

    kill(etcd.members[leader], SIGKILL)
    for index in UInt8(20)..<40 { last = try store.append([index], to: partition, after: last, epoch: Epoch(1)) }

    #expect(try store.journal(partition, after: .start, maxBytes: .max).map(\.bytes) == (0..<40).map { [UInt8($0)] })
  }
}

@Suite("versions of etcd")
struct EtcdVersionTests {
  @Test("versions with known bugs that lose data are known")
  func bugs() {
    #expect(EtcdVersion.bugs(of: "3.4.20").map(\.issue) == ["14370", "14571"])
    #expect(EtcdVersion.bugs(of: "3.5.1").map(\.issue) == ["14370", "13766", "14685"])
    #expect(EtcdVersion.bugs(of: "3.4.23").isEmpty)
    #expect(EtcdVersion.bugs(of: "3.6.1").isEmpty)
    #expect(EtcdVersion.bugs(of: "3.3.9").count == 1)
    #expect(EtcdVersion.bugs(of: "not a version").isEmpty)
  }
}
