import FlowCluster
import Synchronization
import Testing

/// Writes down what a candidate heard.
private final class Heard: Sendable {
  private let events = Mutex<[LeadershipEvent]>([])

  func add(_ event: LeadershipEvent) { events.withLock { $0.append(event) } }
  var all: [LeadershipEvent] { events.withLock { $0 } }
  var elections: [UInt64] { all.compactMap { if case .elected(let epoch) = $0 { epoch } else { nil } } }
}

@Suite("elections in memory")
struct MemoryCoordinationTests {
  @Test("the first candidate leads, the next follows when it resigns, with a higher epoch")
  func resign() throws {
    let elections = MemoryElections()
    let (a, b) = (MemoryCoordination(elections, node: "a"), MemoryCoordination(elections, node: "b"))
    let (first, second) = (Heard(), Heard())
    let leading = try a.campaign("g", address: "a:1") { first.add($0) }
    let waiting = try b.campaign("g", address: "b:1") { second.add($0) }
    let before = try b.leader(of: "g")

    leading.resign()

    #expect(before == Leader(epoch: 1, node: "a", address: "a:1"))
    #expect(first.elections == [1])
    #expect(second.all == [.leader(before), .elected(epoch: 2), .leader(Leader(epoch: 2, node: "b", address: "b:1"))])
    #expect(try a.leader(of: "g")?.node == "b")
    waiting.resign()
    #expect(try a.leader(of: "g") == nil)
  }

  @Test("a node whose lease ends loses, and takes part again behind the others with a new epoch")
  func expire() throws {
    let elections = MemoryElections()
    let (a, b) = (MemoryCoordination(elections, node: "a"), MemoryCoordination(elections, node: "b"))
    let (first, second) = (Heard(), Heard())
    let leading = try a.campaign("g", address: "a:1") { first.add($0) }
    let waiting = try b.campaign("g", address: "b:1") { second.add($0) }

    elections.expire(node: "a")
    elections.expire(node: "b")

    #expect(first.all.contains(.lost(reason: "the lease has ended")))
    #expect(second.elections == [2])
    #expect(first.elections == [1, 3])
    withExtendedLifetime((leading, waiting)) {}
  }

  @Test("a watcher hears who leads now and each change; a closed node gives up what it led")
  func watch() throws {
    let elections = MemoryElections()
    let (a, b) = (MemoryCoordination(elections, node: "a"), MemoryCoordination(elections, node: "b"))
    let seen = Mutex<[String?]>([])
    let token = try b.watchLeader(of: "g") { leader in seen.withLock { $0.append(leader?.node) } }
    let leading = try a.campaign("g", address: "") { _ in }

    a.close()

    #expect(seen.withLock { $0 } == [nil, "a", nil])
    #expect(throws: CoordinationError.closed) { try a.leader(of: "g") }
    withExtendedLifetime((token, leading)) {}
  }

  @Test("a second candidacy of one node for one role is refused")
  func twice() throws {
    let a = MemoryCoordination(node: "a")
    let leading = try a.campaign("g", address: "") { _ in }

    #expect(throws: CoordinationError.self) { _ = try a.campaign("g", address: "") { _ in } }
    withExtendedLifetime(leading) {}
  }
}
