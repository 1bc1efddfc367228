import Glibc

/// How soon programs are there, and what flowd takes while nothing happens.
struct StartMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  func run() throws(BenchFailure) {
    try flowd()
    try help()
  }

  private func flowd() throws(BenchFailure) {
    var (ready, idle): ([Double], [Double]) = ([], [])
    for _ in 0..<(bench.isQuick ? 1 : 5) {
      let flowd = try Flowd(bench, in: try Place(bench, "empty"))
      defer { flowd.stop() }
      ready.append(flowd.readyMs)
      // What start needed is given back by then.
      Gauge.sleep(ms: bench.isQuick ? 100 : 1_000)
      idle.append(Double(flowd.residentBytes) / 1_048_576)
    }
    bench.report.line(
      "ready \(bench.store) empty", ready.median, "ms",
      ["best_ms": ready.min() ?? 0, "worst_ms": ready.max() ?? 0, "starts": Double(ready.count)])
    bench.report.line("idle \(bench.store) rss", idle.median, "MB")
    // What an election costs is not the program's start.
    guard bench.store != "etcd" else { return }
    bench.report.check(Verdict("ready after start on an empty store", ready.median, .atMost, 300, "ms"))
    bench.report.check(Verdict("idle flowd", idle.median, .atMost, 45, "MB"))
  }

  private func help() throws(BenchFailure) {
    let flowctl = Workspace.programFolder + "/flowctl"
    guard access(flowctl, X_OK) == 0 else { return bench.report.note("flowctl is not built beside flowbench, its start is not measured") }
    var times: [Double] = []
    for _ in 0..<20 {
      let begun = Gauge.nanoseconds
      let child = try ChildProcess([flowctl, "--help"], showsErrors: false)
      guard child.wait() == 0 else { throw BenchFailure("flowctl --help failed") }
      times.append(milliseconds(Gauge.nanoseconds - begun))
    }
    let best = times.min() ?? 0
    bench.report.line("flowctl --help", best, "ms", ["median_ms": times.median, "runs": Double(times.count)])
    bench.report.check(Verdict("flowctl --help, best of 20", best, .atMost, 15, "ms"))
  }
}
