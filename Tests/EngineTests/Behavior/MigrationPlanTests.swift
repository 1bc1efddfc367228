import FlowBPMN
import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite struct MigrationPlanTests {
  private func user(_ id: String, inside: String? = nil, _ builder: ProcessBuilder) -> ProcessBuilder {
    builder.node(id, .userTask(UserTask()), inside: inside)
  }

  private func approval(_ id: String, task: String, extra: Bool = false) -> ProcessBuilder {
    var builder = user(task, ProcessBuilder(id).variables().start()).end()
    if extra { builder = builder.node("more", .task) }
    let path = extra ? "start -> \(task) -> more -> end" : "start -> \(task) -> end"
    return builder.flow(path)
  }

  private func task(_ bench: EngineBench, _ key: Key) throws -> Key {
    try #require(bench.state.instances[key]?.details.values.compactMap(\.userTask?.key).first)
  }

  @Test("an instance goes on in the other deployment, at the element that the mapping names")
  func mapped() throws {
    var bench = EngineBench()
    let old = try bench.deploy(approval("Old", task: "approve"))
    let new = try bench.deploy(approval("New", task: "review", extra: true))
    let instance = try bench.create(old, ["a": 1])
    let task = try task(bench, instance)

    try bench.run(.migrateInstance(instance, to: new, mapping: [("approve", "review")]))
    #expect(bench.state.instances[instance]?.deployment == new)
    #expect(bench.state.liveCount(of: old) == 0 && bench.state.liveCount(of: new) == 1)
    try bench.run(.completeUserTask(task, [Variable("ok", true)]))

    #expect(bench.outcome(instance)?.state == .completed)
    #expect(bench.outcome(instance)?.result == ["a": 1, "ok": true])
    let last = try #require(bench.catalog[new])
    #expect(
      bench.events.contains { if case .instance(instance, .passed(let element, _)) = $0 { last[element].id == "more" } else { false } })
  }

  @Test("elements of the same id need no mapping")
  func sameID() throws {
    var bench = EngineBench()
    let old = try bench.deploy(approval("Old", task: "approve"))
    let new = try bench.deploy(approval("New", task: "approve", extra: true))
    let instance = try bench.create(old)

    try bench.run(.migrateInstance(instance, to: new, mapping: []))

    #expect(bench.state.instances[instance]?.deployment == new)
  }

  @Test("an unsafe migration is refused with every reason, and changes nothing")
  func everyReason() throws {
    var bench = EngineBench()
    let old = try bench.deploy(approval("Old", task: "approve"))
    let new = try bench.deploy(approval("New", task: "review"))
    let instance = try bench.create(old)
    let before = bench.events.count

    do {
      try bench.run(.migrateInstance(instance, to: new, mapping: [("nothing", "nowhere"), ("nothing", "review")]))
      Issue.record("it was migrated")
    } catch let rejection as Rejection {
      #expect(rejection.reason == .invalid)
      for part in ["'nothing' is mapped 2 times", "has no element 'nothing'", "has no element 'nowhere'", "is active at 'approve'"] {
        #expect(rejection.message.contains(part), "\(rejection.message)")
      }
    }
    #expect(bench.events.count == before)
    #expect(bench.state.instances[instance]?.deployment == old)
  }

  @Test("another kind of element, and another scope, are reasons")
  func kindAndScope() throws {
    var bench = EngineBench()
    let old = try bench.deploy(approval("Old", task: "approve"))
    let kinds = ProcessBuilder("Kinds").variables().start().node("approve", .task).end().flow("start -> approve -> end")
    var scopes = ProcessBuilder("Scopes").variables().start().subProcess("part").start("s1", inside: "part").end("e1", inside: "part").end()
    scopes = user("approve", inside: "part", scopes).flow("s1 -> approve -> e1", inside: "part").flow("start -> part -> end")
    let instance = try bench.create(old)

    for (builder, reason) in [(kinds, "is a user task, and"), (scopes, "lie in different scopes")] {
      let target = try bench.deploy(builder)
      do {
        try bench.run(.migrateInstance(instance, to: target, mapping: []))
        Issue.record("it was migrated")
      } catch let rejection as Rejection { #expect(rejection.message.contains(reason), "\(rejection.message)") }
    }
  }

  @Test("a token that waits at a join goes on waiting there; a flow that is gone is a reason")
  func waitingToken() throws {
    func fork(_ id: String, _ last: String) -> ProcessBuilder {
      let tasks = user("b", user("a", ProcessBuilder(id).variables().start().parallel("fork").parallel("join"))).end()
      return tasks.flow("start -> fork -> a -> join -> end").flow("fork -> b").flow(last)
    }
    var bench = EngineBench()
    let old = try bench.deploy(fork("Old", "b -> join"))
    let instance = try bench.create(old)
    let tasks = try #require(bench.state.instances[instance]).activitiesInOrder
    let keys = tasks.compactMap { bench.state.instances[instance]?.details[$0.id]?.userTask?.key }
    try bench.run(.completeUserTask(keys[1], []))
    let gone = try bench.deploy(fork("Gone", "b -> end"))
    #expect(throws: Rejection.self) { try bench.run(.migrateInstance(instance, to: gone, mapping: [])) }

    try bench.run(.migrateInstance(instance, to: try bench.deploy(fork("New", "b -> join")), mapping: []))
    try bench.run(.completeUserTask(keys[0], []))

    #expect(bench.outcome(instance)?.state == .completed)
  }

  @Test("a STOPPED instance is migrated too; what is new begins to wait when it goes on")
  func stopped() throws {
    func failing(_ id: String, _ timer: String) -> ProcessBuilder {
      let builder = ProcessBuilder(id).settings { $0.recoverable = true }.start().service("work").end().flow("start -> work -> end")
      return late(builder, on: "work", "PT1H", timer)
    }
    var bench = EngineBench()
    let (old, new) = (try bench.deploy(failing("Old", "early")), try bench.deploy(failing("New", "late")))
    let instance = try bench.create(old)
    try bench.fail("work")
    #expect(bench.state.instances[instance]?.state == .stopped)

    try bench.run(.migrateInstance(instance, to: new, mapping: []))
    #expect(bench.state.lookups.agenda.count == 0)
    bench.now = bench.now + 7_200_000
    try bench.run(.goOn)
    #expect(bench.state.instances[instance]?.state == .stopped && bench.jobs.isEmpty)

    try bench.run(.retryInstance(instance))
    #expect(bench.state.lookups.agenda.count == 1)
    try bench.complete("work", [:])
    #expect(bench.outcome(instance)?.state == .completed && bench.state.lookups.agenda.count == 0)
  }

  private func late(_ builder: ProcessBuilder, on task: String, _ duration: String, _ id: String = "late") -> ProcessBuilder {
    var (timer, boundary) = (TimerDefinition(), BoundaryEvent())
    timer.duration = FlowBPMN.Expression(duration)
    boundary.attachedTo = task
    boundary.definitions = [.timer(timer)]
    return builder.node(id, .boundaryEvent(boundary)).end("tooLate").flow("\(id) -> tooLate")
  }

  @Test("a boundary timer that only the new version has begins with the migration, one that it does not have ends")
  func boundaries() throws {
    func timed(_ id: String, _ duration: String?) -> ProcessBuilder {
      let builder = approval(id, task: "approve")
      return duration.map { late(builder, on: "approve", $0) } ?? builder
    }
    var bench = EngineBench()
    let plain = try bench.deploy(timed("Plain", nil))
    let timer = try bench.deploy(timed("Timer", "PT1H"))
    let instance = try bench.create(plain)
    func dueItems() -> Int { bench.state.lookups.agenda.count }
    #expect(dueItems() == 0)

    try bench.run(.migrateInstance(instance, to: timer, mapping: []))
    #expect(dueItems() == 1)
    try bench.run(.migrateInstance(instance, to: plain, mapping: []))
    #expect(dueItems() == 0)
    try bench.run(.migrateInstance(instance, to: timer, mapping: []))
    bench.now = bench.now + 3_600_000
    try bench.run(.goOn)

    #expect(bench.outcome(instance)?.state == .completed)
  }
}
