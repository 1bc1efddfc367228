import FlowCluster
import FlowEtcd
import FlowRPC
import Foundation
import Synchronization
import Testing

/// Writes down what a candidate heard.
private final class Heard: Sendable {
  private let events = Mutex<[LeadershipEvent]>([])

  func add(_ event: LeadershipEvent) { events.withLock { $0.append(event) } }
  var all: [LeadershipEvent] { events.withLock { $0 } }
  var epochs: [UInt64] { all.compactMap { if case .elected(let epoch) = $0 { epoch } else { nil } } }
  var losses: Int { all.filter { if case .lost = $0 { true } else { false } }.count }
}

@Suite("elections in etcd")
struct EtcdCoordinationTests {
  private func node(_ name: String, root: String, ttl: Int64 = 6) throws -> EtcdCoordination {
    var options = EtcdCoordination.Options(node: name)
    options.root = root
    options.ttlSeconds = ttl
    return try EtcdCoordination(try TestEtcd.shared.get().configuration(), options)
  }

  @Test("one leads, the next follows in less than a second when it resigns, with a higher epoch")
  func resign() throws {
    let root = "/test-" + UUID().uuidString
    let (a, b) = (try node("a", root: root), try node("b", root: root))
    let (first, second) = (Heard(), Heard())
    let leading = try a.campaign("g", address: "a:1") { first.add($0) }
    try #require(eventually { first.epochs.count == 1 })
    let waiting = try b.campaign("g", address: "b:1") { second.add($0) }
    try #require(eventually { second.all.count == 1 })
    let before = try b.leader(of: "g")

    let start = ContinuousClock.now
    leading.resign()
    let followed = eventually { second.epochs.count == 1 }
    let took = ContinuousClock.now - start

    #expect(followed && took < .seconds(1), "\(took)")
    #expect(before == Leader(epoch: first.epochs[0], node: "a", address: "a:1"))
    #expect(second.all.first == .leader(before))
    #expect(second.epochs[0] > first.epochs[0])
    #expect(try a.leader(of: "g")?.node == "b")
    waiting.resign()
    a.close()
    b.close()
  }

  @Test("a leader whose lease is taken away loses, and takes part again with a higher epoch")
  func leaseGone() throws {
    let root = "/test-" + UUID().uuidString
    let a = try node("a", root: root, ttl: 3)
    let heard = Heard()
    let leading = try a.campaign("g", address: "") { heard.add($0) }
    try #require(eventually { heard.epochs.count == 1 })

    try TestEtcd.shared.get().client().revokeLease(a.lease)
    let again = eventually { heard.epochs.count == 2 }

    #expect(again && heard.losses == 1, "\(heard.all)")
    #expect(heard.epochs.last ?? 0 > heard.epochs[0])
    a.close()
    withExtendedLifetime(leading) {}
  }

  @Test("a leader that hears nothing renews nothing, so that it is replaced in time", .timeLimit(.minutes(1)))
  func deaf() throws {
    let etcd = try TestEtcd.shared.get()
    let relay = try DeafRelay(to: etcd.endpoints[0])
    defer { relay.close() }
    var options = EtcdCoordination.Options(node: "a")
    options.root = "/test-" + UUID().uuidString
    let a = try EtcdCoordination(EtcdConfiguration(endpoints: [relay.address]), options)
    let heard = Heard()
    let leading = try a.campaign("g", address: "") { heard.add($0) }
    try #require(eventually { heard.epochs.count == 1 })
    let direct = try RPCChannel(etcd.endpoints[0])
    let ask = Etcdserverpb.LeaseTimeToLiveRequest(id: a.lease)

    relay.deafen()
    var left: [Int64] = []
    let runsOut = try eventually {
      left.append(try direct.call(Etcdserverpb.LeaseMethods.leaseTimeToLive, ask).ttl)
      return left[left.count - 1] <= 2
    }

    let renewals = zip(left, left.dropFirst()).filter { $1 > $0 }
    #expect(runsOut && renewals.isEmpty, "\(renewals)")
    #expect(left[left.count - 1] > 0, "it was ended, and did not end by itself")
    a.close()
    withExtendedLifetime(leading) {}
  }

  @Test("a node that closes leaves at once; a watcher hears of it; a second candidacy for one role is refused")
  func closing() throws {
    let root = "/test-" + UUID().uuidString
    let (a, b) = (try node("a", root: root), try node("b", root: root))
    let seen = Mutex<[String?]>([])
    let token = try b.watchLeader(of: "g") { leader in seen.withLock { $0.append(leader?.node) } }
    try #require(eventually { seen.withLock { $0 } == [nil] })
    let leading = try a.campaign("g", address: "") { _ in }
    try #require(eventually { seen.withLock { $0.last } == "a" })

    #expect(throws: CoordinationError.self) { _ = try a.campaign("g", address: "") { _ in } }
    #expect(throws: CoordinationError.self) { _ = try a.campaign("g/h", address: "") { _ in } }
    a.close()

    #expect(eventually { seen.withLock { $0 } == [nil, "a", nil] }, "\(seen.withLock { $0 })")
    #expect(throws: CoordinationError.closed) { try a.leader(of: "g") }
    b.close()
    withExtendedLifetime((token, leading)) {}
  }
}
