import FlowTestKit

/// Plants one known mistake after the other, and prints how long each took to be found.
enum MutantReport {
  private static let seedsAtMost: UInt64 = 3_000

  static func run(from first: UInt64, workers: Int) -> Int32 {
    var survivors = 0
    for mutant in Mutant.allCases {
      let began = SeedReport.seconds()
      let result = SimulationRun(first..<first + seedsAtMost, mutant: mutant).run(workers: workers)
      let time = "\(Int((SeedReport.seconds() - began) * 1_000)) ms"
      if let found = result.violations.first {
        Flowsim.print("found     \(mutant.rawValue): \(mutant.meaning)")
        Flowsim.print("          after \(result.seeds) seeds, \(time), by \(found.checker): \(found.what.prefix(160))")
      } else {
        survivors += 1
        Flowsim.print("SURVIVED  \(mutant.rawValue): \(mutant.meaning), \(result.seeds) seeds, \(time)")
      }
    }
    Flowsim.print("\n\(Mutant.allCases.count - survivors) of \(Mutant.allCases.count) mutants found")
    return survivors == 0 ? 0 : 1
  }
}
