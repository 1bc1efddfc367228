import FlowTestKit
import Glibc

/// What is printed of many seeds.
enum SeedReport {
  /// A row that never comes is a failure from so many seeds on.
  private static let seedsForAllRows = 1_000

  static func run(_ seeds: Range<UInt64>, workers: Int, mutant: Mutant?) -> Int32 {
    let began = seconds()
    Traps.watch(workers: workers)
    let run = SimulationRun(seeds, mutant: mutant, began: { Traps.note(worker: $0, seed: $1) }) { result in
      if result.seeds % 1_000 == 0 { Flowsim.print(progress(result, of: seeds.count, since: began)) }
    }
    let result = run.run(workers: workers)
    for (name, count) in result.sightings.counts.sorted(by: { $0.key < $1.key }) { Flowsim.print(row(name, "\(count)")) }
    let missing = result.seeds >= seedsForAllRows && mutant == nil ? SimulationRows.missing(in: result.sightings) : []
    for name in missing { Flowsim.print(row(name, "never")) }
    Flowsim.print("\n" + summary(result, since: began))
    for violation in result.violations { Flowsim.print(text(violation)) }
    if !missing.isEmpty { Flowsim.print("\(missing.count) of what should happen sometimes never did") }
    return result.violations.isEmpty && missing.isEmpty ? 0 : 1
  }

  /// One number for many worlds: the same in every process.
  static func hash(_ seeds: Range<UInt64>) -> Int32 {
    var hash = EventHash()
    for seed in seeds { hash.add("\(FlowTestKit.simulate(seed: seed).hash)".utf8) }
    Flowsim.print("hash \(hash.value)")
    return 0
  }

  static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func row(_ name: String, _ count: String) -> String {
    name + String(repeating: " ", count: max(1, 52 - name.count)) + count
  }

  private static func progress(_ result: SimulationRun.Result, of all: Int, since began: Double) -> String {
    let rate = Int(Double(result.seeds) / max(0.001, seconds() - began))
    return "\(result.seeds) of \(all) seeds, \(rate)/s, \(result.violations.count) violations"
  }

  private static func summary(_ result: SimulationRun.Result, since began: Double) -> String {
    let (time, years) = (seconds() - began, Double(result.simulatedMs) / 31_557_600_000)
    return "\(result.seeds) seeds in \(Int(time)) s (\(Int(Double(result.seeds) / max(0.001, time)))/s), \(result.events) events, "
      + "\(Int(years)) simulated years, \(result.violations.count) violations"
  }

  private static func text(_ violation: Violation) -> String {
    """

    seed \(violation.seed), step \(violation.step)
      checker   \(violation.checker)
      saw       \(violation.what.prefix(1_000))
      again     make sim FROM=\(violation.seed) SEEDS=1
      in full   make sim FROM=\(violation.seed) TRACE=1
    """
  }
}
