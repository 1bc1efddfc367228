import FlowEtcd

/// How large etcd's database is when a crowd of one-task instances has come and gone through flowd.
struct SizeMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  private static let journal = Array("/rexflow/p/0001/j/".utf8)
  private static let journalEnd = Array("/rexflow/p/0001/j0".utf8)

  func run() throws(BenchFailure) {
    let rig = try LoadRig(bench, folder: "size")
    defer { rig.stop() }
    guard let etcd = rig.flowd.place.etcd else { return bench.report.note("size: only of etcd's database") }
    let before = try status(etcd)
    let peak = try load(rig, etcd)
    try awaitTrim(etcd)
    let resting = try status(etcd)
    let compacted = try BenchFailure.explain("compact") { () throws(EtcdError) in
      try etcd.client.compact(try etcd.client.revision())
      // What was freed is counted with the next write.
      _ = try etcd.client.put(Array("/bench".utf8), [])
      return try settled(etcd)
    }
    try BenchFailure.explain("defragment") { () throws(EtcdError) in try etcd.client.defragment(endpoint: 0) }
    let packed = try status(etcd)
    let count = rig.driver.now.served
    bench.report.line(
      "size etcd grpc", mib(compacted.bytes), "MiB",
      [
        "in_use_mib": mib(compacted.bytesInUse), "peak_mib": mib(peak), "before_compaction_mib": mib(resting.bytes),
        "in_use_before_mib": mib(resting.bytesInUse), "defragmented_mib": mib(packed.bytes), "empty_mib": mib(before.bytes),
        "instances": Double(count), "in_use_bytes_each": Double(compacted.bytesInUse) / Double(max(1, count)),
      ])
    bench.report.check(
      Verdict("etcd's database after \(bench.crowd) instances and a compaction", mib(compacted.bytes), .atMost, 100, "MiB"))
  }

  /// - Returns: the largest that the file was.
  private func load(_ rig: LoadRig, _ etcd: EtcdServer) throws(BenchFailure) -> Int {
    var peak = 0
    rig.driver.begin()
    while rig.driver.servedCount < bench.crowd {
      try rig.hold(ms: 200)
      peak = max(peak, try status(etcd).bytes)
    }
    try rig.driver.finish()
    let until = Gauge.nanoseconds + 60_000_000_000
    while try rig.flowd.count(.running, of: rig.deployment) > 0 {
      guard Gauge.nanoseconds < until else { throw BenchFailure("instances did not end in 60 s") }
      Gauge.sleep(ms: 20)
    }
    return max(peak, try status(etcd).bytes)
  }

  /// flowd removes the journal below its checkpoint, which comes at the latest 10 s after the load.
  private func awaitTrim(_ etcd: EtcdServer) throws(BenchFailure) {
    let until = Gauge.nanoseconds + 30_000_000_000
    while true {
      let page = try BenchFailure.explain("look at the journal") { () throws(EtcdError) in
        try etcd.client.range(SizeMeasure.journal, SizeMeasure.journalEnd, limit: 1, keysOnly: true)
      }
      if page.entries.isEmpty { return }
      guard Gauge.nanoseconds < until else { throw BenchFailure("flowd did not trim its journal in 30 s") }
      Gauge.sleep(ms: 50)
    }
  }

  private func status(_ etcd: EtcdServer) throws(BenchFailure) -> EtcdMemberStatus {
    try BenchFailure.explain("status of etcd") { () throws(EtcdError) in try etcd.client.status() }
  }

  /// etcd compacts behind its answer: the bytes in use when they fall no more.
  private func settled(_ etcd: EtcdServer) throws(EtcdError) -> EtcdMemberStatus {
    var last = try etcd.client.status()
    for _ in 0..<100 {
      Gauge.sleep(ms: 300)
      _ = try etcd.client.put(Array("/bench".utf8), [])
      let now = try etcd.client.status()
      if now.bytesInUse >= last.bytesInUse { return now }
      last = now
    }
    return last
  }

  private func mib(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}
