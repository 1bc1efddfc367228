import FlowBPMN
import FlowCore
import FlowEngine
import FlowStorage
import FlowTestKit
import Testing

@testable import FlowRuntime

@Suite("migrations in the journal and in checkpoints")
struct MigrationTests {
  private let old: ExecutableProcess
  private let new: ExecutableProcess

  init() throws {
    func compiled(_ builder: ProcessBuilder) throws -> ExecutableProcess {
      try #require(compile(builder.process, in: builder.definitions).process)
    }
    old = try compiled(
      ProcessBuilder("Old").variables().start().node("approve", .userTask(UserTask())).end().flow("start -> approve -> end"))
    var (timer, boundary) = (TimerDefinition(), BoundaryEvent())
    timer.duration = FlowBPMN.Expression("PT1H")
    boundary.attachedTo = "review"
    boundary.definitions = [.timer(timer)]
    new = try compiled(
      ProcessBuilder("New").variables().start().node("more", .task).node("review", .userTask(UserTask())).end()
        .node("late", .boundaryEvent(boundary)).end("tooLate").flow("start -> more -> review -> end").flow("late -> tooLate"))
  }

  private func bench(_ disk: MemoryDisk) -> PartitionBench { PartitionBench(MemoryStore(disk), processes: [old, new]) }

  private func task(_ id: InstanceID, _ bench: PartitionBench) throws -> Key {
    let looked = bench.partition.look { state, _ in state.instances[id.key]?.details.compactMap(\.value.userTask?.key).first }
    return try #require(looked?.value)
  }

  /// What follows from the records.
  private func due(_ bench: PartitionBench) -> [Int64]? {
    bench.partition.look { state, _ in state.lookups.agenda.all.map(\.due.milliseconds) }?.value
  }

  private func recovered(_ disk: MemoryDisk, like bench: PartitionBench) throws {
    let (image, agenda) = (bench.image, due(bench))
    let crashed = self.bench(disk.snapshot())
    try crashed.start()
    #expect(crashed.image == image)
    #expect(due(crashed) == agenda)
    crashed.partition.stop()
  }

  private func settle(_ bench: PartitionBench) {
    var image = bench.image
    while image != bench.image { image = bench.image }
  }

  @Test("after a crash at any boundary a migrated instance is where it was, also when its old deployment is gone", arguments: [0, 6_000])
  func recovers(msPerCommand: Int64) throws {
    let disk = MemoryDisk()
    let bench = bench(disk)
    try bench.start()
    let (from, to) = (try bench.deploy(old), try bench.deploy(new))
    var instances: [InstanceID] = []
    func step(_ body: () throws -> Void) throws {
      bench.clock.advance(ms: msPerCommand)
      try body()
      settle(bench)
      try recovered(disk, like: bench)
    }

    for _ in 0..<6 {
      try step { instances.append(try bench.create(from, ["n": 1])) }
      let id = try #require(instances.last)
      try step { _ = try bench.partition.ask(.migrateInstance(id.key, to: to, mapping: [("approve", "review")]), lane: .internal) }
    }
    try step { _ = try bench.partition.ask(.stopDeployment(from, force: false), lane: .internal) }
    try step { _ = try bench.partition.ask(.observeDeployment(from, .allDown), lane: .internal) }
    try step { _ = try bench.partition.ask(.deleteDeployment(from), lane: .internal) }
    for id in instances.prefix(3) {
      try step { _ = try bench.partition.ask(.completeUserTask(try task(id, bench), []), lane: .internal) }
    }
    bench.partition.stop()

    let again = self.bench(disk)
    try again.start()
    #expect(again.partition.look { state, _ in state.deployments[from] == nil && state.liveCount(of: to) == 3 }?.value == true)
    _ = try again.partition.ask(.completeUserTask(try task(instances[3], again), []), lane: .internal)
    #expect(again.partition.look { state, _ in state.liveCount(of: to) }?.value == 2)
    again.partition.stop()
  }

  @Test("the reasons against a migration can be asked for, and change nothing")
  func dryRun() throws {
    let bench = bench(MemoryDisk())
    try bench.start()
    let (from, to) = (try bench.deploy(old), try bench.deploy(new))
    let id = try bench.create(from)
    let before = bench.image
    func reasons(_ mapping: [(from: String, to: String)]) throws -> [String] {
      let looked = bench.partition.look { state, catalog in
        Result { () throws(Rejection) in try state.reasonsAgainstMigration(of: id.key, to: to, mapping, catalog: catalog) }
      }
      return try #require(looked?.value).get()
    }

    #expect(try reasons([("approve", "review")]).isEmpty)
    #expect(try reasons([]).count == 1)
    _ = try bench.partition.ask(.stopDeployment(to, force: false), lane: .internal)
    let both = try reasons([])
    #expect(both.count == 2 && both[0].contains("is not RUNNING"), "\(both)")
    #expect(bench.image?.count == before?.count)
    #expect(bench.partition.look { state, _ in state.instances[id.key]?.deployment == from }?.value == true)
    bench.partition.stop()
  }
}
