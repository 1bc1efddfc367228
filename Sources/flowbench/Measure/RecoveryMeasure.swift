import FlowCore
import FlowRPC
import Glibc
import Synchronization

/// flowd with a crowd of live instances: what they take, and how soon it is back after a kill -9.
struct RecoveryMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  func run() throws(BenchFailure) {
    guard bench.store != "memory" else { return bench.report.note("recovery: the memory store keeps nothing") }
    let place = try Place(bench, "recovery")
    let flowd = try Flowd(bench, in: place)
    let before = flowd.residentBytes
    let deployment = try flowd.deploy(Models.waiting)
    let begun = Gauge.nanoseconds
    try StoppedCrowd(flowd.channel, deployment, bench.crowd, limit: bench.inFlight).create()
    let seconds = Double(Gauge.nanoseconds - begun) / 1e9
    let bytes = Double(flowd.residentBytes - before) / Double(bench.crowd)
    // What readers keep is written behind; the kill is to meet a flowd that has come to rest.
    let stopped = try flowd.count(.stopped, of: deployment)
    flowd.stop(SIGKILL)
    guard stopped == bench.crowd else { throw BenchFailure("\(bench.crowd) instances were created, \(stopped) are STOPPED") }
    let again = try Flowd(bench, in: place)
    defer { again.stop() }
    let live = try again.count(.stopped, of: deployment)
    bench.report.line(
      "ready \(bench.store) live-\(bench.crowd)", again.readyMs, "ms",
      [
        "live": Double(live), "rss_mb": Double(again.residentBytes) / 1_048_576, "created_s": Double(bench.crowd) / seconds,
        "bytes_each_before": bytes,
      ])
    // Of the embedded store: here etcd is asked first whether somebody else leads.
    guard bench.store == "sqlite" else { return }
    bench.report.check(Verdict("ready after kill -9 with \(bench.crowd) live", again.readyMs, .atMost, 1_000, "ms"))
  }
}

/// Creates instances that stay: STOPPED ones, so that no service needs to hang for them.
private final class StoppedCrowd: Sendable {
  private struct State: Sendable {
    var sent = 0
    var answered = 0
    var failure: String?
  }

  private let channel: RPCChannel
  private let deployment: String
  private let count: Int
  private let limit: Int
  private let state = Mutex(State())

  init(_ channel: RPCChannel, _ deployment: String, _ count: Int, limit: Int) {
    self.channel = channel
    self.deployment = deployment
    self.count = count
    self.limit = limit
  }

  func create() throws(BenchFailure) {
    pump()
    while true {
      let (answered, failure) = state.withLock { ($0.answered, $0.failure) }
      if let failure { throw BenchFailure("RunWorkflow: \(failure)") }
      if answered == count { return }
      Gauge.sleep(ms: 2)
    }
  }

  private func pump() {
    while state.withLock({ state in
      guard state.sent < count, state.sent - state.answered < limit, state.failure == nil else { return false }
      state.sent += 1
      return true
    }) {
      let request = FlowProto.RunRequest(workflowID: deployment, args: ["1"], stopped: true)
      channel.start(FlowProto.FlowDaemonMethods.runWorkflow, request) { [self] in answered($0) }
    }
  }

  private func answered(_ result: Result<Reply<FlowProto.FlowdResult>, Status>) {
    state.withLock { state in
      state.answered += 1
      switch result {
      case .success(let reply): if reply.message.status < 0 { state.failure = state.failure ?? reply.message.message }
      case .failure(let status): state.failure = state.failure ?? status.description
      }
    }
    pump()
  }
}
