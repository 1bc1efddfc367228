import FlowCommandLine
import FlowCore

/// What can be measured, in the order in which it is.
enum Measure: String, CaseIterable {
  case start, parse, engine, feel
  case straightInline = "straight-inline"
  case raw, paced, growth, recovery, size

  func run(_ bench: Bench) throws(BenchFailure) {
    switch self {
    case .start: try StartMeasure(bench).run()
    case .parse: try ParseMeasure(bench).run()
    case .engine: try EngineMeasure(bench).run()
    case .feel: try FeelMeasure(bench).run()
    case .straightInline: try StraightInline(bench).run()
    case .raw: try RawMeasure(bench).run()
    case .paced: try PacedMeasure(bench).run()
    case .growth: try GrowthMeasure(bench).run()
    case .recovery: try RecoveryMeasure(bench).run()
    case .size: try SizeMeasure(bench).run()
    }
  }
}

/// What all measurements share: the settings, where data lies, and where figures go.
final class Bench {
  let measures: [Measure]
  let report: Report
  let workspace: Workspace
  let store: String
  /// The program of etcd.
  let etcd: String
  let isQuick: Bool
  let seconds: Int
  let warmupSeconds: Int
  let inFlight: Int
  /// A count of instances to measure instead of a time.
  let instances: Int?
  /// Instances that growth is measured with.
  let crowd: Int
  let pidFile: String
  /// Median time of one append + fdatasync of a recorded batch; known after `raw`.
  var rawCommitMs: Double?

  init(_ settings: Settings, _ report: Report) throws(BenchFailure) {
    let word = settings.word("measure")?.lowercased() ?? "all"
    let store = settings.text("store").lowercased()
    measures = Measure(rawValue: word).map { [$0] } ?? Measure.allCases.filter { $0 != .size || store == "etcd" }
    self.report = report
    self.store = store
    etcd = settings.text("etcd")
    isQuick = settings.flag("quick")
    seconds = isQuick ? 1 : settings.integer("seconds") ?? 10
    warmupSeconds = isQuick ? 0 : settings.integer("warmup") ?? 2
    inFlight = settings.integer("in-flight") ?? 256
    instances = settings.integer("instances")
    crowd = isQuick ? 2_000 : settings.integer("crowd") ?? 100_000
    pidFile = settings.text("flowd-pid-file")
    workspace = try Workspace(settings.text("dir"))
  }
}
