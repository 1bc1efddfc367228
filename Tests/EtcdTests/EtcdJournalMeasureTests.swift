import FlowEtcd
import FlowStorage
import Foundation
import Testing

/// Not a check: prints what the journal costs beside a raw client that puts the same bytes. `FLOW_MEASURE=1 swift test --filter …`.
@Suite("the journal on etcd beside a raw client", .enabled(if: ProcessInfo.processInfo.environment["FLOW_MEASURE"] != nil))
struct EtcdJournalMeasureTests {
  @Test("batches of one size, in turns", arguments: [400, 4_000, 40_000, 400_000])
  func ratio(_ bytes: Int) throws {
    let etcd = try TestEtcd(flags: ["--quota-backend-bytes", "\(8 << 30)"])
    let partition = PartitionID(1)
    let store = try EtcdStore(etcd.configuration(), TestEtcd.options())
    let raw = try etcd.client()
    _ = try store.claim(partition, epoch: Epoch(1))
    let batch = (0..<bytes).map { _ in UInt8.random(in: 0...255) }
    var (own, other, last, count) = (Duration.zero, Duration.zero, Position.start, 0)

    for round in 0..<10 {
      let turns = max(5, min(200, 20_000_000 / bytes / 10))
      own += try ContinuousClock().measure {
        for _ in 0..<turns { last = try store.append(batch, to: partition, after: last, epoch: Epoch(1)) }
      }
      other += try ContinuousClock().measure {
        for index in 0..<turns { _ = try raw.put(Array("/raw/\(round)/\(index)".utf8), batch) }
      }
      count += turns
    }

    let ratio = (other / .seconds(1)) / (own / .seconds(1))
    print(
      "etcd journal \(bytes) B: \(Int(Double(count) / (own / .seconds(1))))/s, raw \(Int(Double(count) / (other / .seconds(1))))/s, ratio \(ratio)"
    )
  }
}
