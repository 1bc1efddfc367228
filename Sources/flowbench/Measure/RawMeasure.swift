import FlowSQLite
import FlowStorage
import Glibc

/// The journal alone against the least that durability costs: append and fdatasync of the same bytes, in the same batches, on the same disk.
struct RawMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  private static let rounds = 3

  func run() throws(BenchFailure) {
    guard bench.store != "memory" else { return bench.report.note("raw: the memory store has no journal on a disk") }
    let batches = try RecordedBatches(bench)
    if bench.store == "etcd" { try EtcdJournalMeasure(bench).run(batches.all) } else { try run(batches.all, batches.bytes) }
  }

  private func run(_ batches: [[UInt8]], _ bytes: Int) throws(BenchFailure) {
    var (raw, journal): ([[Int64]], [[Int64]]) = ([], [])
    // In turns, so that a noisy neighbour hits both.
    for _ in 0..<RawMeasure.rounds {
      raw.append(try appendRaw(batches))
      journal.append(try appendToStore(batches))
    }
    let rawRate = report("raw append+fdatasync", raw, bytes)
    let journalRate = report("journal sqlite", journal, bytes)
    bench.rawCommitMs = milliseconds(raw.flatMap { $0 }.percentile(0.5))
    bench.report.check(Verdict("journal vs raw: SQLite journal alone, the same batches", journalRate, .atLeast, 0.7 * rawRate, "commits/s"))
    bench.report.check(Verdict("journal vs raw, as it is", journalRate, .compare, rawRate, "commits/s"))
  }

  /// - Returns: commits a second in the middle round.
  private func report(_ what: String, _ rounds: [[Int64]], _ bytes: Int) -> Double {
    let all = rounds.flatMap { $0 }
    let seconds = rounds.map { Double($0.reduce(0, +)) / 1e9 }.median
    let rate = Double(rounds[0].count) / seconds
    bench.report.line(
      what, rate, "commits/s",
      ["mb_s": Double(bytes) / seconds / 1e6, "p50_ms": milliseconds(all.percentile(0.5)), "p99_ms": milliseconds(all.percentile(0.99))])
    return rate
  }

  // MARK: writing

  private func appendRaw(_ batches: [[UInt8]]) throws(BenchFailure) -> [Int64] {
    let path = try bench.workspace.folder("raw") + "/log"
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw BenchFailure("\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var times: [Int64] = []
    for batch in batches {
      let begun = Gauge.nanoseconds
      guard write(file, batch, batch.count) == batch.count, fdatasync(file) == 0 else {
        throw BenchFailure("\(path): \(String(cString: strerror(errno)))")
      }
      times.append(Gauge.nanoseconds - begun)
    }
    return times
  }

  private func appendToStore(_ batches: [[UInt8]]) throws(BenchFailure) -> [Int64] {
    let folder = try bench.workspace.folder("journal")
    return try BenchFailure.explain("journal") { () throws(StoreError) in
      let store = try SQLiteStore(folder)
      defer { store.close() }
      let partition = PartitionID(1)
      let claimed = try store.claim(partition, epoch: try store.standing(partition).epoch.next)
      var position = claimed.last
      var times: [Int64] = []
      for batch in batches {
        let begun = Gauge.nanoseconds
        position = try store.append(batch, to: partition, after: position, epoch: claimed.epoch)
        times.append(Gauge.nanoseconds - begun)
      }
      return times
    }
  }
}
