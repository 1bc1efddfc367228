import FlowEtcd
import FlowSQLite
import FlowStorage

/// The batches that flowd makes under the load of `straight-inline`, on the store that is measured.
struct RecordedBatches {
  let all: [[UInt8]]
  let bytes: Int

  init(_ bench: Bench) throws(BenchFailure) {
    let rig = try LoadRig(bench, folder: "recorded", keepsJournal: true)
    rig.driver.begin()
    try rig.hold(seconds: bench.isQuick ? 1 : 3)
    try rig.driver.finish()
    rig.stop()
    let place = rig.flowd.place
    defer { place.stop() }
    let batches = try BenchFailure.explain("read the journal") { () throws(StoreError) in
      let store = try place.open { $0.readsOnly = true }
      defer { store.close() }
      return try RecordedBatches.read(store)
    }
    // The first ones are of a flowd that has just begun; the rest is cut to what can be written in a few seconds.
    all = Array(batches.dropFirst(batches.count / 4).prefix(bench.isQuick ? 200 : 2_000))
    guard !all.isEmpty else { throw BenchFailure("flowd's journal holds only \(batches.count) batches") }
    bytes = all.reduce(0) { $0 + $1.count }
    bench.report.line(
      "recorded \(bench.store) journal", Double(all.count), "batches",
      [
        "bytes": Double(bytes), "mean_bytes": Double(bytes) / Double(all.count),
        "p50_bytes": Double(all.map { Int64($0.count) }.percentile(0.5)),
      ])
  }

  private static func read(_ store: any Store) throws(StoreError) -> [[UInt8]] {
    var batches: [StoredBatch] = []
    while true {
      let page = try store.journal(PartitionID(1), after: batches.last?.position ?? .start, maxBytes: 8 << 20)
      if page.isEmpty { return batches.map(\.bytes) }
      batches += page
    }
  }
}
