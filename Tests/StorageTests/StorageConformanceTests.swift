import FlowStorage
import FlowTestKit
import Testing

@Suite("every store keeps the contract")
struct StorageConformanceTests {
  @Test("the store does what every store must", arguments: StorageConformance.checks, Subject.allCases)
  func check(_ check: StorageConformance, _ subject: Subject) throws {
    let scratch = Scratch()

    try check.run(subject.opener(scratch))
  }

  @Test("a store with an archive does what each of them must", arguments: StorageConformance.archiveChecks)
  func archive(_ check: StorageConformance) throws {
    let scratch = Scratch()

    try check.run(Subject.memory.opener(scratch))
  }

  @Test("random operations find no difference to the model", arguments: Subject.allCases, [UInt64](1...12))
  func model(_ subject: Subject, _ seed: UInt64) throws {
    let scratch = Scratch()

    try StorageModelCheck.run(seed: seed, steps: subject == .memory ? 1500 : 250, subject.opener(scratch))
  }
}
