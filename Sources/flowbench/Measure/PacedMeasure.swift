import FlowCore
import FlowRPC
import Synchronization

/// From CreateInstance until the result is there, at a steady 1,000 instances a second that flowd can easily bear.
struct PacedMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  private static let perSecond = 1_000

  func run() throws(BenchFailure) {
    let count = PacedMeasure.perSecond * (bench.isQuick ? 1 : min(bench.seconds, 10))
    let clock = ResultClock(count)
    let service = try InlineService { clock.called($0) }
    defer { service.stop() }
    let flowd = try Flowd(bench, in: try Place(bench, "paced"), serviceAddress: service.address)
    defer { flowd.stop() }
    let deployment = try flowd.deploy(Models.oneTask)
    let watch = flowd.channel.stream(
      FlowV1.FlowMethods.watchInstances, FlowV1.WatchInstancesRequest(ids: [], deploymentID: deployment, newest: 0, notBefore: 0))
    watch.forEach { clock.saw($0) }
    try clock.awaitWatch()
    send(count, to: deployment, on: flowd.channel, clock)
    try clock.awaitAll()
    watch.cancel()
    report(clock)
  }

  private func send(_ count: Int, to deployment: String, on channel: RPCChannel, _ clock: ResultClock) {
    let begun = Gauge.nanoseconds
    for number in 0..<count {
      let due = begun + Int64(number) * (1_000_000_000 / Int64(PacedMeasure.perSecond))
      while Gauge.nanoseconds < due { Gauge.sleep(ms: 1) }
      // From when it was due: a late sender must not make flowd look fast.
      clock.sent(number, at: due)
      let request = FlowV1.CreateInstanceRequest(deployment: deployment, payload: Ticket.payload(number), contentType: "application/json")
      channel.start(FlowV1.FlowMethods.createInstance, request) { result in
        switch result {
        case .success: clock.answered(number)
        case .failure(let status): clock.fail(status)
        }
      }
    }
  }

  private func report(_ clock: ResultClock) {
    let times = clock.times
    let p99 = milliseconds(times.percentile(0.99))
    bench.report.line(
      "start-to-result \(bench.store) grpc", Double(PacedMeasure.perSecond), "instances/s",
      [
        "p50_ms": milliseconds(times.percentile(0.5)), "p99_ms": p99, "create_p50_ms": milliseconds(clock.answers.percentile(0.5)),
        "create_p99_ms": milliseconds(clock.answers.percentile(0.99)), "call_p50_ms": milliseconds(clock.calls.percentile(0.5)),
        "call_p99_ms": milliseconds(clock.calls.percentile(0.99)), "n": Double(times.count),
      ])
    guard let commit = bench.rawCommitMs ?? (bench.store == "memory" ? 0 : nil) else {
      return bench.report.note("start-to-result is judged beyond two raw commits; run it together with raw")
    }
    bench.report.check(Verdict("start to result at 1000/s, p99 beyond two raw commits", p99 - 2 * commit, .atMost, 10, "ms"))
  }
}

/// When instances were sent, and when the watch told that they are COMPLETED.
private final class ResultClock: Sendable {
  private struct State: Sendable {
    var sentAt: [Int64]
    var isDone: [Bool]
    var times: [Int64] = []
    /// Until CreateInstance was answered, and until the service was called.
    var answers: [Int64] = []
    var calls: [Int64] = []
    var isWatching = false
    var failure: Status?
  }

  private let state: Mutex<State>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    state = Mutex(State(sentAt: [Int64](repeating: 0, count: count), isDone: [Bool](repeating: false, count: count)))
  }

  var times: [Int64] { state.withLock { $0.times } }
  var answers: [Int64] { state.withLock { $0.answers } }
  var calls: [Int64] { state.withLock { $0.calls } }

  func answered(_ number: Int) {
    let now = Gauge.nanoseconds
    state.withLock { $0.answers.append(now - $0.sentAt[number]) }
  }

  func called(_ number: Int) {
    let now = Gauge.nanoseconds
    state.withLock { state in
      guard number < state.sentAt.count else { return }
      state.calls.append(now - state.sentAt[number])
    }
  }

  func sent(_ number: Int, at time: Int64) { state.withLock { $0.sentAt[number] = time } }
  func fail(_ status: Status) { state.withLock { $0.failure = $0.failure ?? status } }

  func saw(_ received: Received<FlowV1.InstanceEvent>) {
    let now = Gauge.nanoseconds
    switch received {
    case .message(let event) where event.snapshotDone: state.withLock { $0.isWatching = true }
    case .message(let event):
      guard let instance = event.instance, case .completed = instance.state, let number = Ticket.number(in: instance.result) else { return }
      state.withLock { state in
        // A row may be told twice.
        guard number < state.isDone.count, !state.isDone[number] else { return }
        state.isDone[number] = true
        state.times.append(now - state.sentAt[number])
      }
    case .end(let status):
      if status.code != .cancelled { fail(status) }
    }
  }

  func awaitWatch() throws(BenchFailure) { try poll("watch") { $0.isWatching } }
  func awaitAll() throws(BenchFailure) { try poll("results") { [count] in $0.times.count == count } }

  private func poll(_ what: String, _ isThere: (borrowing State) -> Bool) throws(BenchFailure) {
    let until = Gauge.nanoseconds + 30_000_000_000
    while true {
      let (done, failure, seen) = state.withLock { (isThere($0), $0.failure, $0.times.count) }
      if let failure { throw BenchFailure("\(what): \(failure)") }
      if done { return }
      guard Gauge.nanoseconds < until else { throw BenchFailure("\(what): only \(seen) of \(count) in 30 s") }
      Gauge.sleep(ms: 5)
    }
  }
}
