import FlowBPMNRead
import FlowCommandLine
import FlowCore
import FlowServer

/// How fast BPMN files are read, checked and compiled.
struct ParseMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  /// Looked for below the working directory; the first that holds models is taken.
  private static let places = ["../shared/corpus", "examples"]

  func run() throws(BenchFailure) {
    guard let (place, files) = models() else { return bench.report.note("parse: there are no models below \(ParseMeasure.places)") }
    let bytes = files.reduce(0) { $0 + $1.count }
    let whole = speed(files, bytes) { PreparedModel($0).executable != nil }
    let read = speed(files, bytes) { readDefinitions($0).ok }
    bench.report.line(
      "parse+compile \(place)", whole.rate, "MB/s",
      [
        "read_only_mb_s": read.rate, "files": Double(files.count), "bytes": Double(bytes), "read": Double(read.good),
        "compiled": Double(whole.good),
      ])
    bench.report.check(Verdict("BPMN parse and compile", whole.rate, .atLeast, 100, "MB/s"))
  }

  /// Millions of bytes a second of one core, and how many files were good.
  private func speed(_ files: [[UInt8]], _ bytes: Int, _ body: ([UInt8]) -> Bool) -> (rate: Double, good: Int) {
    var (rounds, good) = (0, 0)
    let begun = Gauge.threadCPU
    let until = begun + (bench.isQuick ? 100_000_000 : 1_500_000_000)
    while rounds == 0 || Gauge.threadCPU < until {
      good = files.reduce(0) { $0 + (body($1) ? 1 : 0) }
      rounds += 1
    }
    return (Double(bytes * rounds) / (Double(Gauge.threadCPU - begun) / 1000), good)
  }

  private func models() -> (String, [[UInt8]])? {
    for place in ParseMeasure.places {
      let files = ParseMeasure.files(below: place, depth: 6).compactMap { path -> [UInt8]? in
        do throws(FileProblem) { return try FileText.read(path, limit: Limits.bpmnFileBytes) } catch { return nil }
      }
      if !files.isEmpty { return (place, files) }
    }
    return nil
  }

  /// Models, without those that are there to be refused.
  private static func files(below folder: String, depth: Int) -> [String] {
    guard depth > 0 else { return [] }
    return Workspace.names(in: folder).flatMap { name -> [String] in
      if name.hasSuffix(".bpmn") || name.hasSuffix(".bpmn2") { return [folder + "/" + name] }
      return name.contains(".") || name == "reject" ? [] : files(below: folder + "/" + name, depth: depth - 1)
    }
  }
}
