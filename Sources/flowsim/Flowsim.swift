import FlowCommandLine
import FlowTestKit
import Glibc

/// The program behind `make sim`: runs simulated worlds, or the planted mistakes, and says what was found.
enum Flowsim {
  static let command = CommandSpec(
    "flowsim", "runs a partition in simulated worlds, one a seed",
    details: """
      Each seed decides models, commands, faults and crashes, and runs the real partition over a simulated store. Named checkers look after \
      every batch. A violation names its seed, which happens the same way again; then the exit code is 1.
      """,
    options: [
      OptionSpec("from", type: .integer(0...1_000_000_000_000), metavar: "SEED", preset: "1", help: "the first seed"),
      OptionSpec("seeds", type: .integer(1...1_000_000_000), metavar: "N", preset: "1000", help: "how many seeds"),
      OptionSpec("workers", type: .integer(1...64), metavar: "N", preset: "2", help: "threads"),
      .flag("mutants", help: "plant known mistakes, and see that each is found"),
      .flag("hash", help: "print the hash of all that was journaled and answered, and nothing else"),
      .flag("trace", help: "tell all that happens in the first seed's world"),
      OptionSpec("mutant", type: .choice([""] + Mutant.allCases.map(\.rawValue)), metavar: "NAME", preset: "", help: "plant this one"),
    ],
    examples: [
      Example("flowsim --seeds 10000", "a few minutes' worth"),
      Example("flowsim --from 4711 --trace", "all that happens with one seed"),
      Example("flowsim --mutants", "whether the checkers see what they should"),
    ],
    envPrefix: "FLOWSIM_")

  static func run(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      switch try ArgumentParser.parse(arguments, program: command) {
      case .help(let path, let code):
        Output.write(HelpText.text(for: path), to: STDOUT_FILENO)
        return code
      case .version: return 0
      case .run(let invocation): return simulate(try Settings(invocation, environment: { _ in nil }))
      }
    } catch {
      Output.write(error.description, to: STDERR_FILENO)
      return UsageError.exitCode
    }
  }

  private static func simulate(_ settings: Settings) -> Int32 {
    let from = UInt64(settings.integer("from") ?? 1)
    let mutant = Mutant(rawValue: settings.text("mutant"))
    if settings.flag("trace") {
      let outcome = FlowTestKit.simulate(seed: from, mutant: mutant) { print($0) }
      print(outcome.violation.map(\.description) ?? "seed \(from): nothing was found")
      return outcome.violation == nil ? 0 : 1
    }
    let workers = settings.integer("workers") ?? 1
    if settings.flag("mutants") { return MutantReport.run(from: from, workers: workers) }
    if settings.flag("hash") { return SeedReport.hash(from..<from + UInt64(settings.integer("seeds") ?? 1)) }
    return SeedReport.run(from..<from + UInt64(settings.integer("seeds") ?? 1), workers: workers, mutant: mutant)
  }

  static func print(_ line: String) { Output.write(line + "\n", to: STDOUT_FILENO) }
}
