import FlowStorage
import FlowTestKit
import Testing

@Suite("the store on etcd keeps the contract")
struct EtcdStoreConformanceTests {
  @Test("the store does what every store must", arguments: StorageConformance.checks + StorageConformance.archiveChecks)
  func check(_ check: StorageConformance) throws {
    try check.run(try TestEtcd.shared.get().opener())
  }

  @Test("random operations find no difference to the model", arguments: [UInt64](1...8))
  func model(_ seed: UInt64) throws {
    try StorageModelCheck.run(seed: seed, steps: 120, try TestEtcd.shared.get().opener())
  }
}
