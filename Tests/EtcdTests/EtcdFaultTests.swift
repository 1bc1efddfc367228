import FlowCore
import FlowEtcd
import FlowRPC
import FlowStorage
import Foundation
import Testing

private let partition = PartitionID(1)

/// Stops a process for a while.
private func pause(_ pid: pid_t, seconds: Double) {
  kill(pid, SIGSTOP)
  // The fault's length, nothing waits for it to be over.
  Thread.detachNewThread {
    Thread.sleep(forTimeInterval: seconds)
    kill(pid, SIGCONT)
  }
}

@Suite("faults of etcd")
struct EtcdFaultTests {
  @Test("an etcd that stands still for seconds costs no batch and no order")
  func slow() throws {
    let etcd = try TestEtcd()
    let store = try EtcdStore(etcd.configuration(attemptMs: 500), TestEtcd.options { $0.timeoutMs = 30_000 })
    _ = try store.claim(partition, epoch: Epoch(1))
    var last = Position.start
    for index in UInt8(0)..<60 {
      if index % 20 == 10 { pause(etcd.members[0], seconds: 1.5) }
      last = try store.append([index], to: partition, after: last, epoch: Epoch(1))
    }

    #expect(try store.journal(partition, after: .start, maxBytes: .max).map(\.bytes) == (0..<60).map { [UInt8($0)] })
    #expect(store.condition == .writable)
  }

  @Test("without a majority an append ends in its time and names what to look at; with it work goes on", .timeLimit(.minutes(2)))
  func noMajority() throws {
    let etcd = try TestEtcd(members: 3)
    let store = try EtcdStore(etcd.configuration(attemptMs: 500), TestEtcd.options { $0.timeoutMs = 3_000 })
    _ = try store.claim(partition, epoch: Epoch(1))
    _ = try store.append([1], to: partition, after: .start, epoch: Epoch(1))
    for member in etcd.members.dropFirst() { kill(member, SIGSTOP) }

    let start = ContinuousClock.now
    let error = #expect(throws: StoreError.self) { _ = try store.append([2], to: partition, after: Position(1), epoch: Epoch(1)) }
    let took = ContinuousClock.now - start
    for member in etcd.members.dropFirst() { kill(member, SIGCONT) }

    #expect("\(String(describing: error))".contains("majority"), "\(String(describing: error))")
    #expect(took < .seconds(10), "\(took)")
    var last: Position?
    let healed = eventually(60) {
      // Whether the batch came in is seen, not guessed.
      do { last = try store.claim(partition, epoch: Epoch(1)).last } catch { return false }
      return true
    }
    let at = try #require(last)
    #expect(healed && (at == Position(1) || at == Position(2)))
    let next = try store.append([3], to: partition, after: at, epoch: Epoch(1))
    #expect(next == at.next)
    #expect(
      try store.journal(partition, after: .start, maxBytes: .max).map(\.bytes) == (at == Position(1) ? [[1], [3]] : [[1], [2], [3]]))
  }

  @Test("a leader that is moved again and again costs no batch", .timeLimit(.minutes(2)))
  func leaderMoves() throws {
    let etcd = try TestEtcd(members: 3)
    let client = try etcd.client()
    let store = try EtcdStore(etcd.configuration(), TestEtcd.options())
    _ = try store.claim(partition, epoch: Epoch(1))
    var (last, leaders) = (Position.start, Set<UInt64>())
    for index in UInt8(0)..<60 {
      if index % 15 == 5 {
        let statuses = try client.statuses().map { try $0.get() }
        let leader = try #require(statuses.firstIndex { $0.isLeader })
        leaders.insert(statuses[leader].memberID)
        let target = statuses[(leader + 1) % statuses.count].memberID
        let channel = try RPCChannel(etcd.endpoints[leader])
        _ = try channel.call(Etcdserverpb.MaintenanceMethods.moveLeader, Etcdserverpb.MoveLeaderRequest(targetID: target))
      }
      last = try store.append([index], to: partition, after: last, epoch: Epoch(1))
    }

    #expect(leaders.count > 1)
    #expect(try store.journal(partition, after: .start, maxBytes: .max).map(\.bytes) == (0..<60).map { [UInt8($0)] })
  }
}
