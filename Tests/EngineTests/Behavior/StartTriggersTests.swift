import FlowBPMN
import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite struct StartTriggersTests {
  private func process(_ definitions: [EventDefinition], parallel: Bool = false) -> ProcessBuilder {
    var start = StartEvent()
    start.definitions = definitions
    start.parallelMultiple = parallel
    var builder = ProcessBuilder().variables().node("start", .startEvent(start)).end().flow("start -> end")
    for name in ["left", "right"] {
      var message = Message()
      (message.id, message.name) = (name, name)
      builder.definitions.messages.append(message)
    }
    var signal = Signal()
    (signal.id, signal.name) = ("bell", "bell")
    builder.definitions.signals.append(signal)
    return builder
  }

  private func condition(_ text: String, names: [String] = []) -> EventDefinition {
    var condition = ConditionalDefinition()
    condition.condition = FlowBPMN.Expression(text)
    condition.variableNames = names
    return .conditional(condition)
  }

  private func rest(_ bench: inout EngineBench) throws { while !bench.state.deliveries.isEmpty { try bench.run(.goOn) } }

  private func started(_ bench: EngineBench) -> Int {
    bench.events.count { if case .instance(_, .created) = $0 { true } else { false } }
  }

  @Test("a conditional start event begins an instance when its condition holds over what is given")
  func conditionalStart() throws {
    var bench = EngineBench()
    _ = try bench.deploy(process([condition("n > 1")]))

    try bench.run(.evaluateConditions([Variable("n", 1)]))
    try rest(&bench)
    #expect(started(bench) == 0)
    try bench.run(.evaluateConditions([Variable("n", 2)]))
    try rest(&bench)

    #expect(started(bench) == 1)
  }

  @Test("a filter of a conditional start event names the variables that matter")
  func filteredStart() throws {
    var bench = EngineBench()
    _ = try bench.deploy(process([condition("true", names: ["go"])]))

    try bench.run(.evaluateConditions([Variable("other", 1)]))
    try bench.run(.evaluateConditions([Variable("go", 1)]))
    try rest(&bench)

    #expect(started(bench) == 1)
  }

  @Test("a signal without a key is a trigger of every key that waits for it")
  func signalForAll() throws {
    var bench = EngineBench()
    let key = try bench.deploy(process([.message(ref: "left", operationRef: nil), .signal(ref: "bell")], parallel: true))
    for correlation in ["1", "2"] {
      let message = PublishMessage(name: "left", correlationKey: correlation, timeToLiveMs: 1_000, messageID: nil, variables: [])
      try bench.run(.publishMessage(message))
      try rest(&bench)
    }
    #expect(started(bench) == 0)
    #expect(bench.state.deployments[key]?.seenTriggers.count == 2)

    try bench.run(.broadcastSignal(name: "bell", [Variable("rang", true)]))
    try rest(&bench)

    #expect(started(bench) == 2)
    #expect(bench.state.deployments[key]?.seenTriggers.isEmpty == true)
  }

  @Test("a signal that came first is of the first key that comes")
  func signalFirst() throws {
    var bench = EngineBench()
    let key = try bench.deploy(process([.message(ref: "left", operationRef: nil), .signal(ref: "bell")], parallel: true))
    try bench.run(.broadcastSignal(name: "bell", []))
    try rest(&bench)
    #expect(bench.state.deployments[key]?.seenTriggers.count == 1)

    for correlation in ["1", "2"] {
      let message = PublishMessage(name: "left", correlationKey: correlation, timeToLiveMs: 1_000, messageID: nil, variables: [])
      try bench.run(.publishMessage(message))
      try rest(&bench)
    }

    #expect(started(bench) == 1)
    #expect(bench.state.deployments[key]?.seenTriggers.keys.map(\.correlationKey) == ["2"])
  }
}
