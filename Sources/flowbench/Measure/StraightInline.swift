/// One-task instances over gRPC, their service in this process: what a user of the REXFlow dialect gets.
struct StraightInline {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  /// What was true at one moment of the run.
  private struct Moment {
    let time = Gauge.nanoseconds
    let flowdCPU: Int64
    let etcdCPU: Int64
    let ownCPU = Gauge.ownCPU
    let served: Int
    let position: UInt64

    init(_ flowd: Flowd, _ driver: LoadDriver) {
      let state = driver.now
      (served, position) = (state.served, state.position)
      flowdCPU = flowd.cpu
      etcdCPU = flowd.place.etcd?.cpu ?? 0
    }
  }

  func run() throws(BenchFailure) {
    let rig = try LoadRig(bench, folder: "straight")
    defer { rig.stop() }
    rig.driver.begin()
    try rig.hold(seconds: bench.warmupSeconds)
    rig.driver.beginMeasuring()
    let begin = Moment(rig.flowd, rig.driver)
    try hold(rig, since: begin.served)
    let end = Moment(rig.flowd, rig.driver)
    let state = rig.driver.now
    try rig.driver.finish()
    try report(rig, begin, end, state)
  }

  private func hold(_ rig: LoadRig, since served: Int) throws(BenchFailure) {
    guard let instances = bench.instances else { return try rig.hold(seconds: bench.seconds) }
    while rig.driver.servedCount - served < instances { try rig.hold(ms: 2) }
  }

  private func report(_ rig: LoadRig, _ begin: Moment, _ end: Moment, _ state: LoadDriver.State) throws(BenchFailure) {
    let counted = Double(max(1, end.served - begin.served))
    let rate = counted / (Double(end.time - begin.time) / 1e9)
    let cpu = Double(end.flowdCPU - begin.flowdCPU) / 1000 / counted
    let commits = Double(end.position - min(end.position, begin.position))
    bench.report.line(
      "straight-inline \(bench.store) grpc", rate, "instances/s",
      [
        "cpu_us": cpu, "client_cpu_us": Double(end.ownCPU - begin.ownCPU) / 1000 / counted,
        "p50_ms": milliseconds(state.callLatencies.percentile(0.5)), "p99_ms": milliseconds(state.callLatencies.percentile(0.99)),
        "create_p50_ms": milliseconds(state.createLatencies.percentile(0.5)),
        "create_p99_ms": milliseconds(state.createLatencies.percentile(0.99)), "commits_s": commits / (counted / rate),
        "instances_per_commit": counted / max(1, commits), "rss_mb": Double(rig.flowd.residentBytes) / 1_048_576,
      ])
    if bench.store == "etcd" {
      bench.report.line("straight-inline etcd of etcd", Double(end.etcdCPU - begin.etcdCPU) / 1000 / counted, "us/instance")
    }
    try settle(rig, since: end.time)
    guard bench.store == "sqlite" else { return }
    bench.report.check(Verdict("REXFlow HTTP task, durable: straight-inline sqlite grpc", rate, .atLeast, 8_000, "instances/s"))
    bench.report.check(Verdict("straight sqlite grpc, by straight-inline until job workers exist", rate, .atLeast, 20_000, "instances/s"))
    bench.report.check(Verdict("CPU of flowd an instance", cpu, .atMost, 100, "us"))
    bench.report.check(Verdict("CPU an instance, a published cluster of Zeebe's", cpu, .compare, 20_000, "us"))
    bench.report.check(Verdict("rate, the fastest durable peer on such a machine", rate, .compare, 740, "instances/s"))
  }

  /// Every instance that was created must be found COMPLETED; until readers see that, flowd has work left that the rate does not show.
  private func settle(_ rig: LoadRig, since end: Int64) throws(BenchFailure) {
    let sent = rig.driver.now.sent
    let until = Gauge.nanoseconds + 60_000_000_000
    while true {
      let left = try rig.flowd.count(.running, of: rig.deployment)
      if left == 0 { break }
      guard Gauge.nanoseconds < until else { throw BenchFailure("\(left) instances did not end in 60 s") }
      Gauge.sleep(ms: 5)
    }
    let settledMs = milliseconds(Gauge.nanoseconds - end)
    let completed = try rig.flowd.count(.completed, of: rig.deployment)
    guard completed == sent else {
      let failed = try rig.flowd.count(.error, of: rig.deployment)
      throw BenchFailure("\(sent) instances were created, \(completed) are COMPLETED, \(failed) are in ERROR")
    }
    bench.report.line(
      "straight-inline \(bench.store) completed", Double(completed), "instances",
      ["settled_after_ms": settledMs, "cpu_us_with_rest": Double(rig.flowd.cpu) / 1000 / Double(max(1, sent))])
  }
}

/// A flowd with the one-task model, its service, and a driver.
final class LoadRig {
  let flowd: Flowd
  let deployment: String
  let driver: LoadDriver
  private let service: InlineService

  init(_ bench: Bench, folder: String, keepsJournal: Bool = false) throws(BenchFailure) {
    let relay = Relay()
    service = try InlineService { relay.driver?.served($0) }
    flowd = try Flowd(bench, in: try Place(bench, folder), serviceAddress: service.address, keepsJournal: keepsJournal)
    deployment = try flowd.deploy(Models.oneTask)
    driver = LoadDriver(flowd.channel, deployment: deployment, limit: bench.inFlight)
    relay.driver = driver
  }

  /// Lets the load run. Fails as soon as flowd refuses something.
  func hold(seconds: Int) throws(BenchFailure) { try hold(ms: seconds * 1000) }

  func hold(ms: Int) throws(BenchFailure) {
    let until = Gauge.nanoseconds + Int64(ms) * 1_000_000
    while Gauge.nanoseconds < until {
      Gauge.sleep(ms: min(20, max(1, Int(until - Gauge.nanoseconds) / 1_000_000)))
      if let failure = driver.failure { throw BenchFailure("CreateInstance: \(failure)") }
    }
  }

  func stop() {
    flowd.stop()
    service.stop()
  }
}
