import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage

/// Whether an instance costs more when many have finished, and when many wait. A partition in this process, over the real store.
struct GrowthMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  func run() throws(BenchFailure) {
    let rig = try PartitionRig(bench)
    defer { rig.stop() }
    for finished in [1_000, 10_000, 100_000] where finished <= bench.crowd {
      try rig.runInstances(max(0, finished - rig.finished))
      _ = awaitRest(quietMs: 200)
      try compare(rig, "after-\(finished)-finished")
    }
    let before = Gauge.residentBytes()
    try rig.leaveWaiting(bench.crowd)
    let bytes = Double(Gauge.residentBytes() - before) / Double(bench.crowd)
    try compare(rig, "while-\(bench.crowd)-waiting-are-written-behind")
    // A round of checkpoints begins at the latest 5 s after the last.
    let restMs = awaitRest(quietMs: bench.isQuick ? 200 : 6_000)
    bench.report.line("growth \(bench.store) inproc written-behind-after", restMs, "ms")
    try compare(rig, "with-\(bench.crowd)-waiting")
    bench.report.line("memory \(bench.store) inproc", bytes, "bytes/waiting-instance", ["waiting": Double(bench.crowd)])
    bench.report.check(Verdict("memory of a waiting instance, payload of 7 bytes", bytes, .atMost, 1_024, "bytes"))
  }

  /// Both partitions share this process: what one still writes behind would be counted as the other's CPU.
  ///
  /// - Returns: how long that took, in milliseconds.
  private func awaitRest(quietMs: Int) -> Double {
    let begun = Gauge.nanoseconds
    var quietSince = begun
    while Gauge.nanoseconds - begun < 60_000_000_000 {
      let used = Gauge.ownCPU
      Gauge.sleep(ms: 200)
      if Gauge.ownCPU - used >= 4_000_000 { quietSince = Gauge.nanoseconds }
      if Gauge.nanoseconds - quietSince >= Int64(quietMs) * 1_000_000 { return milliseconds(quietSince - begun) }
    }
    bench.report.note("growth: the partition wrote behind for more than 60 s, the figures that follow include that")
    return milliseconds(Gauge.nanoseconds - begun)
  }

  private struct Sample {
    var wall: [Double] = []
    var cpu: [Double] = []

    mutating func add(_ body: () throws(BenchFailure) -> Void) throws(BenchFailure) {
      let (time, used) = (Gauge.nanoseconds, Gauge.ownCPU)
      try body()
      wall.append(Double(Gauge.nanoseconds - time) / 1e6)
      cpu.append(Double(Gauge.ownCPU - used) / 1e6)
    }
  }

  /// Blocks of a thousand by turns with the first thousands of a partition that has just begun, so that a noisy neighbour hits both.
  private func compare(_ rig: PartitionRig, _ when: String) throws(BenchFailure) {
    let fresh = try PartitionRig(bench)
    defer { fresh.stop() }
    // Caches and pages are cold for the very first instances of any program.
    try fresh.runInstances(200)
    var (first, later) = (Sample(), Sample())
    for _ in 0..<(bench.isQuick ? 1 : 7) {
      try first.add { () throws(BenchFailure) in try fresh.runInstances(1_000) }
      try later.add { () throws(BenchFailure) in try rig.runInstances(1_000) }
    }
    bench.report.line(
      "growth \(bench.store) inproc \(when)", later.wall.median, "us/instance",
      ["cpu_us": later.cpu.median, "first_us": first.wall.median, "first_cpu_us": first.cpu.median])
    guard when.hasPrefix("after-\(bench.crowd)-") || when.hasPrefix("with-") else { return }
    let name = when.split(separator: "-").joined(separator: " ")
    bench.report.check(
      Verdict("time of an instance \(name), 110 % of the first thousands", later.wall.median, .atMost, 1.1 * first.wall.median, "us"))
    bench.report.check(
      Verdict("CPU of an instance \(name), 110 % of the first thousands", later.cpu.median, .atMost, 1.1 * first.cpu.median, "us"))
  }
}

/// A partition over a store; services answer from within, those of the waiting deployment never.
final class PartitionRig {
  private let partition: Partition
  private let store: any Store
  private let place: Place
  private let gate: Gate
  private let oneTask: Key
  private let waiting: Key
  private(set) var finished = 0

  init(_ bench: Bench) throws(BenchFailure) {
    let processes = try [Models.executable(Models.oneTask), Models.executable(Models.waiting)]
    let place = try Place(bench, "partition")
    self.place = place
    store = try BenchFailure.explain("store") { () throws(StoreError) in try place.open() }
    let gate = Gate(bench.inFlight)
    self.gate = gate
    let services = InProcessServices(answering: processes[0].deploymentID, gate)
    partition = Partition(
      PartitionConfiguration(
        id: PartitionID(1), store: store, world: .real, log: .none, observer: NoObserver(), performer: services,
        load: { _ throws(StoreError) in throw .invalid("nothing is recovered here") }, fatal: { gate.fail($0.description) }))
    try BenchFailure.explain("partition") { [partition] () throws(StoreError) in try partition.start() }
    oneTask = try PartitionRig.deploy(processes[0], on: partition)
    waiting = try PartitionRig.deploy(processes[1], on: partition)
  }

  private static func deploy(_ process: ExecutableProcess, on partition: Partition) throws(BenchFailure) -> Key {
    let deploy = Deploy(
      id: process.deploymentID, processID: process.processID, version: 1, digest: "", resourceName: "", isStopped: false, needsNothing: true
    )
    let answered = try BenchFailure.explain("deploy") { () throws(Refusal) in try partition.ask(deploy, process) }
    guard case .deployment(let key) = answered.answer else { throw BenchFailure("deploy gave no key") }
    return key
  }

  /// Creates instances and returns when all have ended.
  func runInstances(_ count: Int) throws(BenchFailure) {
    finished += count
    try create(count, of: oneTask) { [gate] result in
      if case .failure(let refusal) = result { gate.fail(refusal.description) }
    }
  }

  func leaveWaiting(_ count: Int) throws(BenchFailure) {
    try create(count, of: waiting) { [gate] result in
      switch result {
      case .success: gate.leave()
      case .failure(let refusal): gate.fail(refusal.description)
      }
    }
  }

  private func create(_ count: Int, of deployment: Key, reply: @escaping @Sendable (Result<Answered, Refusal>) -> Void) throws(BenchFailure)
  {
    let payload = Payload(bytes: Ticket.payload(1), contentType: "application/json")
    for _ in 0..<count {
      gate.enter()
      partition.send(
        .createInstance(CreateInstance(deployment: deployment, startEventID: nil, payload: payload, metadata: [], requestID: nil)),
        lane: .creates, reply: reply)
    }
    gate.waitUntilEmpty()
    if let failure = gate.failure { throw BenchFailure(failure) }
  }

  func stop() {
    partition.stop()
    store.close()
    place.stop()
  }
}

private final class InProcessServices: ObligationPerformer {
  private let answering: String
  private let gate: Gate

  init(answering: String, _ gate: Gate) {
    self.answering = answering
    self.gate = gate
  }

  func perform(_ obligations: [Obligation], for partition: Partition) {
    for obligation in obligations {
      switch obligation {
      case .callService(let job) where job.deploymentID == answering:
        partition.send(.jobCompleted(job: job.job, instance: job.instance.key, response: job.body), lane: .completions) { [gate] result in
          switch result {
          case .success: gate.leave()
          case .failure(let refusal): gate.fail(refusal.description)
          }
        }
      case .continue(let continuation): partition.send(.continue(continuation), lane: .internal)
      case .callService, .decide, .deadline: break
      }
    }
  }
}
