import FlowBPMN
import FlowCore
import FlowEngine
import FlowTestKit
import Testing

@Suite("tokens that are put elsewhere, or taken away")
struct ModificationTests {
  @Test("a loop ends when its last iteration is taken away", arguments: [false, true])
  func iterations(isSequential: Bool) throws {
    var loop = MultiInstance()
    loop.isSequential = isSequential
    loop.cardinality = FlowBPMN.Expression("2")
    let builder = ProcessBuilder().variables().start().node("work", .userTask(UserTask())) { $0.loop = .multiInstance(loop) }.end()
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(builder.flow("start -> work -> end")))

    for _ in 0..<2 {
      let open = try #require(bench.state.instances[instance]?.details.first { $0.value.userTask != nil })
      try bench.run(.modifyInstance(instance, Modification(activate: [], terminate: [open.key])))
    }

    #expect(bench.outcome(instance)?.state == .completed)
  }
}
