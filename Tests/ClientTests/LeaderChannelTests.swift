import FlowClient
import FlowCore
import FlowRPC
import Synchronization
import Testing

@Suite("a client of several flowd")
struct LeaderChannelTests {
  private static let nowhere = "127.0.0.1:1"

  private func client(_ addresses: [String], timeoutMs: Int64 = 20_000, whenWaiting: @escaping @Sendable () -> Void = {}) throws
    -> FlowClient
  {
    try FlowClient(FlowEndpoint(addresses: addresses, timeoutMs: timeoutMs), whenWaiting: whenWaiting)
  }

  @Test("the one that leads is found, whichever it is and whoever is gone")
  func found() throws {
    let (leader, standby) = (try FakeDaemon(), try FakeDaemon())
    standby.stand(leader: nil)

    for addresses in [
      [leader.address, standby.address], [standby.address, leader.address], [LeaderChannelTests.nowhere, leader.address],
    ] {
      let client = try client(addresses)
      _ = try client.runWorkflow(.init(workflowID: "calc"))
      #expect(client.address == leader.address)
    }

    #expect(leader.asked.count == 3 && standby.asked == [])
  }

  @Test("one address of a standby leads to the leader that it names")
  func named() throws {
    let (leader, standby) = (try FakeDaemon(), try FakeDaemon())
    standby.stand(leader: leader.address)

    _ = try client([standby.address]).runWorkflow(.init(workflowID: "calc"))

    #expect(leader.asked == ["run: calc [] "])
  }

  @Test("one address is not waited for: the standby's own words come at once, or what became of the leader that it named")
  func oneAddress() throws {
    let standby = try FakeDaemon()
    let waits = Mutex(0)
    let client = try client([standby.address]) { waits.withLock { $0 += 1 } }

    standby.stand(leader: nil)
    let alone = #expect(throws: Status.self) { try client.psQuery(.instance, ids: []) }
    standby.stand(leader: LeaderChannelTests.nowhere)
    let misled = #expect(throws: Status.self) { try client.psQuery(.instance, ids: []) }

    #expect(alone?.message == "this flowd is a standby" && alone?.isUnreached == false)
    #expect(misled?.message.contains("\(standby.address): this flowd is a standby; cannot reach \(LeaderChannelTests.nowhere)") == true)
    #expect(misled?.isUnreached == false)
    #expect(waits.withLock { $0 } == 0)
  }

  @Test("of several a take-over is waited out, and that is told once")
  func waitsForTakeOver() throws {
    let (one, two) = (try FakeDaemon(), try FakeDaemon())
    one.stand(leader: two.address)
    two.stand(leader: one.address)
    let waits = Mutex(0)
    let client = try client([one.address, two.address]) {
      waits.withLock { $0 += 1 }
      two.lead()
    }

    _ = try client.runWorkflow(.init(workflowID: "calc"))

    #expect(two.asked == ["run: calc [] "] && one.asked == [])
    #expect(waits.withLock { $0 } == 1)
  }

  @Test("no search is longer than the call may take")
  func bounded() throws {
    let (one, two) = (try FakeDaemon(), try FakeDaemon())
    one.stand(leader: nil)
    two.stand(leader: nil)
    let client = try client([one.address, two.address])

    let began = ContinuousClock.now
    let error = #expect(throws: Status.self) { try client.listDeployments(timeoutMs: 300) }

    #expect(ContinuousClock.now - began < .seconds(10))
    #expect(error?.message.hasPrefix("no flowd that leads was found: ") == true)
    #expect(error?.isUnreached == false)
  }

  @Test("when none is there that is what is said, and soon")
  func nobodyThere() throws {
    let client = try client([LeaderChannelTests.nowhere, "127.0.0.1:2"])

    let error = #expect(throws: Status.self) { try client.psQuery(.instance, ids: []) }

    #expect(error?.isUnreached == true)
    #expect(error?.message.contains("cannot reach 127.0.0.1:1: connection refused; cannot reach 127.0.0.1:2: connection refused") == true)
    #expect(error?.hint?.hasPrefix("start flowd") == true)
  }

  @Test("what may have been carried out is not done again; what changes nothing is asked of the next one")
  func lostConnection() throws {
    let leader = try FakeDaemon()
    let (first, second) = (try Listener(), try Listener())
    let ran = first.receive(until: "/FlowDaemon/RunWorkflow")
    let asked = second.receive(until: "/FlowDaemon/PSQuery")

    let error = #expect(throws: Status.self) {
      try client(["127.0.0.1:\(first.port)", leader.address]).runWorkflow(.init(workflowID: "calc"))
    }
    _ = try client(["127.0.0.1:\(second.port)", leader.address]).psQuery(.instance, ids: [])

    #expect(ran.value.contains("RunWorkflow") && asked.value.contains("PSQuery"))
    #expect(error?.code == .unavailable && error?.untaken == nil)
    #expect(leader.asked == ["ps: INSTANCE [] false []"])
  }

  @Test("a watch that breaks off is its reader's to open again, at the one that leads by then")
  func watchOverTakeOver() throws {
    let (one, two) = (
      try FakeDaemon { $0.deploymentEvents = [.init(position: 1)] }, try FakeDaemon { $0.deploymentEvents = [.init(position: 2)] }
    )
    two.stand(leader: nil)
    let client = try client([one.address, two.address])
    var seen: [UInt64] = []

    let error = #expect(throws: Status.self) {
      try client.watchDeployments(timeoutMs: nil) { event in
        seen.append(event.position)
        two.lead()
        one.stand(leader: two.address)
        return true
      }
    }
    #expect(error?.code == .unavailable && error?.untaken == nil)
    #expect(client.address == two.address)
    try client.watchDeployments(timeoutMs: nil) { event in
      seen.append(event.position)
      return false
    }

    #expect(seen == [1, 2])
  }

  @Test("whose stream it is is known from its first message on")
  func streamOfLeader() throws {
    let (one, two) = (try FakeDaemon(), try FakeDaemon { $0.deploymentEvents = [.init(position: 1)] })
    one.stand(leader: two.address)
    let client = try client([one.address, two.address])
    var place = ""

    try client.watchDeployments(timeoutMs: nil) { _ in
      place = client.address
      return false
    }

    #expect(place == two.address)
  }
}
