import FlowCore
import FlowEngine

/// The engine alone: no store, no thread, no wire. CPU of one one-task instance, created and completed.
struct EngineMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  func run() throws(BenchFailure) {
    let count = bench.isQuick ? 2_000 : 20_000
    var (small, large) = (try EngineLoop(), try EngineLoop())
    try large.leaveWaiting(bench.crowd)
    try small.runInstances(count / 10)
    try large.runInstances(count / 10)
    var (alone, among): ([Double], [Double]) = ([], [])
    // By turns, so that a noisy neighbour hits both.
    for _ in 0..<5 {
      alone.append(try small.cpuMicroseconds(of: count))
      among.append(try large.cpuMicroseconds(of: count))
    }
    let (fresh, crowded) = (alone.median, among.median)
    let coded = try EngineLoop(encodes: true).warmed(count)
    bench.report.line(
      "straight memory inproc", fresh, "us/instance",
      ["waiting": 0, "instances_s": 1e6 / fresh, "with_codec_us": coded])
    bench.report.line(
      "straight memory inproc", crowded, "us/instance", ["waiting": Double(bench.crowd), "instances_s": 1e6 / crowded])
    bench.report.check(Verdict("straight memory inproc, CPU", fresh, .atMost, 5, "us/instance"))
    bench.report.check(Verdict("straight memory inproc, CPU with \(bench.crowd) waiting", crowded, .atMost, 5, "us/instance"))
    bench.report.check(
      Verdict("straight memory inproc, with \(bench.crowd) waiting, 110 % of fresh", crowded, .atMost, 1.1 * fresh, "us/instance"))
    bench.report.check(Verdict("the fastest in-memory peer, fresh", fresh, .compare, 9, "us/instance"))
    bench.report.check(Verdict("the fastest in-memory peer after 100000", crowded, .compare, 155, "us/instance"))
  }
}

/// The smallest loop around decide, evolve and obligations.
private struct EngineLoop {
  private var state = PartitionState(partition: 1)
  private var catalog = Catalog()
  private let deployment: Key
  private let encodes: Bool
  private var entropy: UInt64 = 1
  private var encodedBytes = 0

  init(encodes: Bool = false) throws(BenchFailure) {
    self.encodes = encodes
    let process = try Models.executable(Models.oneTask)
    deployment = state.nextKey
    catalog[deployment] = process
    let deploy = Deploy(
      id: process.deploymentID, processID: process.processID, version: 1, digest: "", resourceName: "", isStopped: false, needsNothing: true
    )
    try apply(.deploy(deploy))
  }

  func warmed(_ count: Int) throws(BenchFailure) -> Double {
    var copy = self
    try copy.runInstances(count / 10)
    return try copy.cpuMicroseconds(of: count)
  }

  mutating func cpuMicroseconds(of count: Int) throws(BenchFailure) -> Double {
    let begun = Gauge.threadCPU
    try runInstances(count)
    return Double(Gauge.threadCPU - begun) / 1000 / Double(count)
  }

  mutating func runInstances(_ count: Int) throws(BenchFailure) {
    for _ in 0..<count {
      let key = try create()
      for obligation in obligations(ofInstance: key, in: state, catalog: catalog) {
        guard case .callService(let job) = obligation else { continue }
        try apply(.jobCompleted(job: job.job, instance: key, response: job.body))
      }
      guard state.instances[key] == nil else { throw BenchFailure("an instance did not end") }
    }
  }

  /// Creates instances whose jobs are never done.
  mutating func leaveWaiting(_ count: Int) throws(BenchFailure) {
    for _ in 0..<count { _ = try create() }
  }

  private mutating func create() throws(BenchFailure) -> Key {
    let create = CreateInstance(
      deployment: deployment, startEventID: nil, payload: Payload(bytes: Ticket.payload(1), contentType: "application/json"), metadata: [],
      requestID: nil)
    guard case .instance(let id) = try apply(.createInstance(create)) else { throw BenchFailure("no instance") }
    return id.key
  }

  @discardableResult
  private mutating func apply(_ command: Command) throws(BenchFailure) -> Answer {
    entropy &+= 0x9E37_79B9_7F4A_7C15
    let context = DecisionContext(now: Instant(milliseconds: 1_000), entropy: (entropy, ~entropy))
    let decision: Decision
    do throws(Rejection) { decision = try decide(command, in: state, catalog: catalog, context: context) } catch {
      throw BenchFailure("the engine refused: \(error)")
    }
    for event in decision.events { evolve(&state, with: event, catalog: catalog) }
    if encodes {
      var writer = EventBatchWriter(now: context.now)
      writer.append(EncodedEvents(decision.events))
      encodedBytes += writer.bytes.count
    }
    return decision.answer
  }
}
