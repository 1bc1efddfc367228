import FlowCommandLine
import FlowCore
import Glibc

/// The program: measures, prints one line a figure, then how the figures stand against the budgets.
enum Flowbench {
  static let command = CommandSpec(
    "flowbench", "measures flowd and its parts on this machine",
    details: """
      Starts the flowd that lies beside it on free ports with a data directory of its own. Prints one line a measurement, then each \
      budget with what was measured; a missed budget is no failure of the program.
      """,
    options: [
      OptionSpec("seconds", type: .integer(1...3_600), metavar: "N", preset: "10", help: "measured time of each load"),
      OptionSpec("warmup", type: .integer(0...600), metavar: "N", preset: "2", help: "seconds of load before the measured time"),
      OptionSpec("in-flight", type: .integer(1...4_096), metavar: "N", preset: "256", help: "instances in flight at most"),
      OptionSpec("instances", type: .integer(1...100_000_000), metavar: "N", help: "measure N instances instead of a time"),
      OptionSpec(
        "store", type: .choice(["sqlite", "memory", "etcd"]), metavar: "STORE", preset: "sqlite", help: "where flowd keeps its data"),
      OptionSpec("etcd", metavar: "PROGRAM", preset: "etcd", help: "what `--store etcd` starts, on loopback and free ports"),
      OptionSpec(
        "crowd", type: .integer(1_000...2_000_000), metavar: "N", preset: "100000", help: "instances that growth is measured with"),
      OptionSpec(
        "dir", type: .directory, metavar: "DIR", preset: "", help: "where data is written while measuring; default beside the program"),
      OptionSpec(
        "flowd-pid-file", type: .file, metavar: "FILE", preset: "", hidden: true, help: "write the pid of the measured flowd, for profilers"
      ),
      .flag("quick", help: "a few seconds in all: shows that everything works, not how fast"),
      .flag("json", help: "one JSON object a line"),
      .flag("version", configurable: false, help: "print the version and exit"),
    ],
    positionals: [
      PositionalSpec(
        "measure", minimum: 0, type: .choice(Measure.allCases.map(\.rawValue) + ["all"]),
        help: "one of " + Measure.allCases.map(\.rawValue).joined(separator: ", ") + "; all of them when not given")
    ],
    examples: [
      Example("flowbench", "everything, about two minutes"),
      Example("flowbench straight-inline --seconds 30", "only the load over gRPC"),
      Example("flowbench --store etcd size", "how large etcd's database grows"),
      Example("flowbench --quick --json", "for CI"),
    ],
    envPrefix: "FLOWBENCH_")

  static func run(_ arguments: [String]) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    do throws(UsageError) {
      switch try ArgumentParser.parse(arguments, program: command) {
      case .help(let path, let code):
        Output.write(HelpText.text(for: path), to: STDOUT_FILENO)
        return code
      case .version:
        Output.write("flowbench 0.1.0\n", to: STDOUT_FILENO)
        return 0
      case .run(let invocation): return measure(try Settings(invocation, environment: Environment.value))
      }
    } catch {
      Output.write(error.description, to: STDERR_FILENO)
      return UsageError.exitCode
    }
  }

  private static func measure(_ settings: Settings) -> Int32 {
    let report = Report(asJSON: settings.flag("json"))
    report.machine(Machine.here())
    var failures: [String] = []
    do throws(BenchFailure) {
      let bench = try Bench(settings, report)
      defer { bench.workspace.remove() }
      for measure in bench.measures {
        // One that can not be measured must not hide the others.
        do throws(BenchFailure) { try measure.run(bench) } catch { failures.append("\(measure.rawValue): \(error)") }
      }
    } catch {
      failures.append(error.description)
    }
    report.verdicts()
    for failure in failures { Output.write("flowbench: \(failure)\n", to: STDERR_FILENO) }
    return failures.isEmpty ? 0 : 1
  }
}

/// Why something could not be measured.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) { description = what }

  /// Calls what throws something else, and says what was being done.
  static func explain<Value, Failure: Error>(_ doing: String, _ body: () throws(Failure) -> Value) throws(BenchFailure) -> Value {
    do throws(Failure) { return try body() } catch { throw BenchFailure("\(doing): \(error)") }
  }
}
