import FlowBPMN
import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite("loops without an end")
struct EndlessLoopTests {
  private let circle = ProcessBuilder().start().exclusive("merge").node("work", .task).flow("start -> merge -> work -> merge")

  private func goOn(_ bench: inout EngineBench, _ key: Key) throws { try bench.run(.continue(.instance(key))) }

  @Test("each command does so many steps, and all are counted")
  func counted() throws {
    var bench = EngineBench()
    bench.checksLaws = false
    let key = try bench.create(try bench.deploy(circle.variables()))
    let first = try #require(bench.state.instances[key]?.stepsInARow)
    #expect(first >= Limits.stepsPerCommand)

    try goOn(&bench, key)
    #expect(bench.state.instances[key]?.stepsInARow ?? 0 >= first + Limits.stepsPerCommand)
    #expect(obligations(ofInstance: key, in: bench.state, catalog: bench.catalog) == [.continue(.instance(key))])
  }

  @Test("one that never waits shows an incident, goes on when that is resolved, and shows it again")
  func incident() throws {
    var bench = EngineBench()
    bench.checksLaws = false
    let key = try bench.create(try bench.deploy(circle.variables()))
    for _ in 0..<2 {
      evolve(&bench.state, with: .instance(key, .activity(.process, .ranOn(Limits.stepsInARow))), catalog: bench.catalog)
      try goOn(&bench, key)

      let instance = try #require(bench.state.instances[key])
      #expect(instance.pending.isEmpty && instance.stepsInARow == 0)
      #expect(obligations(ofInstance: key, in: bench.state, catalog: bench.catalog).isEmpty)
      let incident = try #require(instance.details.values.compactMap(\.incident).first)
      #expect(incident.message.contains("without waiting"))

      try bench.run(.resolveIncident(incident.key))
      #expect(bench.state.instances[key]?.pending.isEmpty == false)
    }
  }

  @Test("in the original's dialect it ends with ERROR")
  func error() throws {
    var bench = EngineBench()
    bench.checksLaws = false
    let key = try bench.create(try bench.deploy(circle))
    evolve(&bench.state, with: .instance(key, .activity(.process, .ranOn(Limits.stepsInARow))), catalog: bench.catalog)

    try goOn(&bench, key)

    #expect(bench.outcome(key)?.state == .error && bench.outcome(key)?.code == "TOO_MANY_STEPS")
  }

  @Test("what is counted survives a restart")
  func restored() throws {
    var bench = EngineBench()
    bench.checksLaws = false
    let key = try bench.create(try bench.deploy(circle.variables()))
    let records = try bench.state.records.map { try RecordCodec.decode(RecordCodec.encode($0)) }
    var restored = PartitionState(partition: 1)

    restored.restore(records)

    #expect(restored.instances[key]?.stepsInARow == bench.state.instances[key]?.stepsInARow)
  }
}
