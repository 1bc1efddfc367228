import FlowEtcd
import FlowStorage

/// The journal alone against the least that a client of etcd can do: one Put of the same bytes, one after the other, over a channel of
/// the same kind. The raw client compares nothing, digests nothing, writes no second key, and could not tell a lost answer.
struct EtcdJournalMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  private static let rounds = 3
  /// Batches that one side writes before it is the other's turn.
  private static let block = 50

  /// Batches of one round; on a machine that is busy with other things too few are recorded, and they are written again.
  private static let least = 1_000

  private struct Side {
    var times: [Int64] = []
    var rate: Double { Double(times.count) / (Double(times.reduce(0, +)) / 1e9) }
  }

  func run(_ recorded: [[UInt8]]) throws(BenchFailure) {
    let count = max(recorded.count, bench.isQuick ? 100 : EtcdJournalMeasure.least)
    let batches = (0..<count).map { recorded[$0 % recorded.count] }
    var (raw, txn, journal): ([Side], [Side], [Side]) = ([], [], [])
    for round in 0..<EtcdJournalMeasure.rounds {
      // An etcd that grows gets slower: each round has its own.
      let place = try Place(bench, "journal-\(round)")
      defer { place.stop() }
      let sides = try BenchFailure.explain("journal") { () throws(StoreError) in try EtcdJournalMeasure.round(place, batches) }
      raw.append(sides.raw)
      txn.append(sides.txn)
      journal.append(sides.journal)
    }
    let bytes = batches.reduce(0) { $0 + $1.count }
    let rawRate = report("raw etcd put", raw, bytes)
    _ = report("raw etcd txn", txn, bytes)
    let ratios = zip(journal, raw).map { $0.rate / $1.rate }
    let rate = report("journal etcd", journal, bytes, ratio: ratios.median)
    bench.rawCommitMs = milliseconds(raw.flatMap(\.times).percentile(0.5))
    bench.report.check(
      Verdict(
        "journal vs raw: etcd journal alone, the same batches, middle of \(ratios.count) rounds", ratios.median, .atLeast, 0.6, "of raw"))
    bench.report.check(Verdict("journal vs raw, as it is", rate, .compare, rawRate, "commits/s"))
  }

  /// By turns, so that a noisy neighbour and a growing database hit both.
  private static func round(_ place: Place, _ batches: [[UInt8]]) throws(StoreError) -> (raw: Side, txn: Side, journal: Side) {
    guard let client = place.etcd?.client else { throw .invalid("there is no etcd") }
    let store = try place.open { $0.maintains = false }
    defer { store.close() }
    let partition = PartitionID(1)
    let claimed = try store.claim(partition, epoch: Epoch(1))
    var (raw, txn, journal, position) = (Side(), Side(), Side(), claimed.last)
    var fenced = try FencedAppends(client)
    for start in stride(from: 0, to: batches.count, by: block) {
      let some = start..<min(start + block, batches.count)
      for index in some {
        let begun = Gauge.nanoseconds
        // As long as the journal's own keys.
        do throws(EtcdError) { _ = try client.put(key(index, "raw"), batches[index]) } catch { throw .unavailable("\(error)") }
        raw.times.append(Gauge.nanoseconds - begun)
      }
      for index in some {
        let begun = Gauge.nanoseconds
        try fenced.append(key(index, "txn"), batches[index])
        txn.times.append(Gauge.nanoseconds - begun)
      }
      for index in some {
        let begun = Gauge.nanoseconds
        position = try store.append(batches[index], to: partition, after: position, epoch: claimed.epoch)
        journal.times.append(Gauge.nanoseconds - begun)
      }
    }
    return (raw, txn, journal)
  }

  /// The least that a fenced append can be: two compares and a second key, without a digest and without finding out lost answers. What
  /// the journal takes beyond it is its own.
  private struct FencedAppends {
    private static let (epoch, last) = (Array("/txn/p/0001/epoch".utf8), Array("/txn/p/0001/last".utf8))
    private let client: EtcdClient
    private let epochRevision: Int64
    private var lastRevision: Int64 = 0

    init(_ client: EtcdClient) throws(StoreError) {
      self.client = client
      do throws(EtcdError) { epochRevision = try client.put(FencedAppends.epoch, [1]) } catch { throw .unavailable("\(error)") }
    }

    mutating func append(_ key: [UInt8], _ batch: [UInt8]) throws(StoreError) {
      let compares: [EtcdCompare] = [.modRevision(FencedAppends.epoch, epochRevision), .modRevision(FencedAppends.last, lastRevision)]
      let place = [UInt8](repeating: 7, count: 40)
      do throws(EtcdError) {
        let outcome = try client.txn(compares, then: [.put(FencedAppends.last, place), .put(key, batch)])
        guard outcome.succeeded else { throw .unreachable("somebody else writes here") }
        lastRevision = outcome.revision
      } catch { throw .unavailable("\(error)") }
    }
  }

  private static func key(_ index: Int, _ root: String) -> [UInt8] {
    let digits = String(index, radix: 16)
    return Array("/\(root)/p/0001/j/\(String(repeating: "0", count: 16 - digits.count))\(digits)".utf8)
  }

  /// - Returns: commits a second in the middle round.
  private func report(_ what: String, _ sides: [Side], _ bytes: Int, ratio: Double? = nil) -> Double {
    let all = sides.flatMap(\.times)
    let rate = sides.map(\.rate).median
    let mbS = Double(bytes) * rate / Double(max(1, sides[0].times.count)) / 1e6
    let (p50, p99) = (milliseconds(all.percentile(0.5)), milliseconds(all.percentile(0.99)))
    if let ratio {
      bench.report.line(what, rate, "commits/s", ["mb_s": mbS, "p50_ms": p50, "p99_ms": p99, "ratio": ratio])
    } else {
      bench.report.line(what, rate, "commits/s", ["mb_s": mbS, "p50_ms": p50, "p99_ms": p99])
    }
    return rate
  }
}
