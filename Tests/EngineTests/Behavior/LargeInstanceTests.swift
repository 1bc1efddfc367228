import FlowBPMN
import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite("an instance with thousands of iterations")
struct LargeInstanceTests {
  private let count = 5_000

  /// All its user tasks are open at once.
  private func begun() throws -> (bench: EngineBench, key: Key) {
    var multi = MultiInstance()
    multi.cardinality = FlowBPMN.Expression("=\(count)")
    let process = ProcessBuilder().variables().start().node("work", .userTask(UserTask())) { $0.loop = .multiInstance(multi) }.end()
      .flow("start -> work -> end")
    var bench = EngineBench()
    bench.checksLaws = false
    let key = try bench.create(try bench.deploy(process))
    while !obligations(ofInstance: key, in: bench.state, catalog: bench.catalog).isEmpty { try bench.run(.continue(.instance(key))) }
    return (bench, key)
  }

  private func tasks(_ bench: EngineBench, _ key: Key) -> [Key] {
    bench.state.instances[key]?.details.values.compactMap(\.userTask?.key).sorted() ?? []
  }

  @Test("all iterations begin, in portions that no command is longer for")
  func begin() throws {
    let (bench, key) = try begun()

    #expect(tasks(bench, key).count == count)
    #expect(bench.state.instances[key]?.openLoops.isEmpty == true)
    let longest = try bench.journal.map { try EventCodec.decode($0).events.count }.max()
    #expect(longest ?? 0 < Limits.stepsPerCommand + 100)
  }

  @Test("it ends when the last iteration has")
  func end() throws {
    var (bench, key) = try begun()
    for task in tasks(bench, key) { try bench.run(.completeUserTask(task, [])) }

    #expect(bench.outcome(key)?.state == .completed)
  }

  @Test("a cancellation ends all of it")
  func cancel() throws {
    var (bench, key) = try begun()
    let instance = try #require(bench.state.instances[key])
    var cleared = instance
    cleared.clear(.process)
    #expect(cleared.activities.isEmpty && cleared.details[.process] == instance.details[.process])
    #expect(cleared.scopes.isEmpty && cleared.conditions.isEmpty)

    try bench.run(.cancelInstance(key))

    #expect(bench.outcome(key)?.state == .canceled)
    #expect(bench.state.lookups.agenda.first == nil)
  }

  @Test("what is found without a look at all of it is found again after a restart")
  func restored() throws {
    var multi = MultiInstance()
    multi.cardinality = FlowBPMN.Expression("=\(count)")
    let process = ProcessBuilder().variables().start().node("work", .userTask(UserTask())) { $0.loop = .multiInstance(multi) }.end()
      .flow("start -> work -> end")
    var bench = EngineBench()
    let key = try bench.create(try bench.deploy(process))
    let live = try #require(bench.state.instances[key])
    #expect(live.openLoops.count == 1)
    var restored = PartitionState(partition: 1)

    restored.restore(try bench.state.records.map { try RecordCodec.decode(RecordCodec.encode($0)) })

    #expect(restored.instances[key]?.openLoops.keys == live.openLoops.keys)
  }
}
