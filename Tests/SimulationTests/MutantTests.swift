import FlowTestKit
import Testing

@Suite("planted mistakes are found")
struct MutantTests {
  /// Where the first world is that shows a mistake which most worlds hide: a debug build is slow.
  private static let first: [Mutant: UInt64] = [.keepsTimer: 37, .correlatesTwice: 27, .leavesChild: 43, .forgetsIncident: 9]

  @Test("every planted mistake is found by a checker", arguments: Mutant.allCases)
  func found(_ mutant: Mutant) {
    let from = MutantTests.first[mutant] ?? 1

    let result = SimulationRun(from..<from + 300, mutant: mutant).run(workers: 1)

    #expect(result.violations.count == 1, "\(mutant.meaning): nothing found in \(result.seeds) seeds")
  }

  @Test("without a mistake the same worlds are sound")
  func sound() {
    for seed in MutantTests.first.values.sorted() { #expect(simulate(seed: seed).violation == nil) }
  }
}
