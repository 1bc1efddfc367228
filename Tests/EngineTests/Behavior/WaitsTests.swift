import FlowBPMN
import FlowCore
import FlowEngine
import FlowTestKit
import Testing

@Suite("what instances wait for")
struct WaitsTests {
  /// A service task with a timer of a minute on it.
  private func timed(interrupting: Bool = true) -> ProcessBuilder {
    var timer = TimerDefinition()
    timer.duration = FlowBPMN.Expression("PT1M")
    var boundary = BoundaryEvent()
    boundary.attachedTo = "work"
    boundary.isInterrupting = interrupting
    boundary.definitions = [.timer(timer)]
    return ProcessBuilder().settings { $0.recoverable = true }.start().service("work").end().end("late")
      .node("minute", .boundaryEvent(boundary)).flow("start -> work -> end").flow("minute -> late")
  }

  @Test("a timer on a service task ends it in the REXFlow dialect too")
  func boundaryTimer() throws {
    var bench = EngineBench()
    let key = try bench.create(try bench.deploy(timed()))

    #expect(bench.state.nextDue == bench.now + 60_000)
    try bench.run(.goOn)
    #expect(bench.outcome(key) == nil)
    bench.now = bench.now + 60_000
    try bench.run(.goOn)

    #expect(bench.outcome(key)?.state == .completed)
    #expect(bench.trace(key) == ["start", "work", "minute", "late"])
    #expect(bench.state.nextDue == nil)
  }

  @Test("nothing happens to an instance that is STOPPED, and its timers are there again when it goes on")
  func stopped() throws {
    var bench = EngineBench()
    let key = try bench.create(try bench.deploy(timed()))
    try bench.fail("work")
    #expect(bench.state.instances[key]?.state == .stopped)

    #expect(bench.state.nextDue == nil)
    bench.now = bench.now + 120_000
    try bench.run(.goOn)
    #expect(bench.outcome(key) == nil)

    try bench.run(.retryInstance(key))
    try bench.run(.goOn)
    #expect(bench.outcome(key)?.state == .completed)
    #expect(bench.trace(key).contains("late"))
  }

  @Test("what is read back from records waits for the same")
  func restored() throws {
    var bench = EngineBench()
    _ = try bench.create(try bench.deploy(timed(interrupting: false)))
    var restored = PartitionState(partition: 1)

    restored.restore(bench.state.records)

    #expect(restored.nextDue == bench.state.nextDue)
  }

  /// A user task beside which an event subprocess waits for a minute, or for a message.
  private func watched(_ definition: EventDefinition) -> ProcessBuilder {
    var start = StartEvent()
    start.definitions = [definition]
    var inner = SubProcess()
    inner.kind = .event
    var builder = ProcessBuilder().variables().start().node("work", .userTask(UserTask())).end().flow("start -> work -> end")
      .node("watch", .subProcess(inner)).node("happens", .startEvent(start), inside: "watch").end("over", inside: "watch")
      .flow("happens -> over", inside: "watch")
    var message = Message()
    (message.id, message.name) = ("news", "news")
    message.correlationKey = "= \"k\""
    builder.definitions.messages.append(message)
    return builder
  }

  private func createStopped(_ bench: inout EngineBench, _ builder: ProcessBuilder) throws -> Key {
    var create = CreateInstance(
      deployment: try bench.deploy(builder), startEventID: nil, payload: Payload(json: [:]), metadata: [], requestID: nil)
    create.isStopped = true
    try bench.run(.createInstance(create))
    return try #require(bench.state.instances.keys.first)
  }

  @Test("an instance that is created STOPPED waits for nothing until it goes on")
  func createdStopped() throws {
    var timer = TimerDefinition()
    timer.duration = FlowBPMN.Expression("PT1M")
    var bench = EngineBench()
    let key = try createStopped(&bench, watched(.timer(timer)))
    #expect(bench.state.nextDue == nil)

    try bench.run(.retryInstance(key))

    #expect(bench.state.nextDue == bench.now + 60_000)
  }

  @Test("a message that came while an instance was STOPPED is given to it when it goes on")
  func messageMeanwhile() throws {
    var bench = EngineBench()
    let key = try createStopped(&bench, watched(.message(ref: "news", operationRef: nil)))
    try bench.run(.publishMessage(PublishMessage(name: "news", correlationKey: "k", timeToLiveMs: 60_000, messageID: nil, variables: [])))
    while !bench.state.deliveries.isEmpty { try bench.run(.goOn) }
    #expect(bench.outcome(key) == nil)

    try bench.run(.retryInstance(key))
    while !bench.state.deliveries.isEmpty { try bench.run(.goOn) }

    #expect(bench.outcome(key)?.state == .completed)
  }
}
