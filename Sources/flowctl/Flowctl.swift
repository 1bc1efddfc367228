import FlowCommandLine
import FlowCore
import Glibc

/// A verb: how it is said, and what it does. What it returns is the exit code.
struct Verb: Sendable {
  let spec: CommandSpec
  let run: @Sendable (Context) throws(Failure) -> Int32
}

enum Flowctl {
  static let version = "0.1.0"

  /// The program as help shows it: the original's verbs first.
  static let verbs: [Verb] = [
    Apply.verb, Delete.verb, Probe.verb, PS.verb, Run.verb, Start.verb, Stop.verb, Update.verb, Validate.verb, Lint.verb, Health.verb,
    Jobs.verb, Tasks.verb, Incidents.verb, Publish.verb, Signal.verb, Conditions.verb, SetVerb.verb, Modify.verb, Migrate.verb, Logs.verb,
    Feel.verb, Test.verb, StoreVerb.verb, Doctor.verb, CompletionVerb.verb, ManVerb.verb, HelpVerb.verb, VersionVerb.verb,
    CompleteVerb.verb,
  ]

  static let program = CommandSpec(
    "flowctl", "Deploy and run BPMN processes",
    details: "An id may be any part of a deployment's id that names only one. Options of flowctl may stand before or after the verb.",
    options: GlobalOptions.all,
    examples: [
      Example("flowctl apply --wait examples/calc/calcprocess.bpmn", "deploy a process and wait until it runs"),
      Example("flowctl run --wait calc 42", "start an instance and print its result"),
      Example("flowctl ps", "show instances; `ps -d` shows deployments"),
    ],
    subcommands: verbs.map(\.spec), topics: HelpTopics.all, envPrefix: "FLOWCTL_")

  static func run(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      switch try ArgumentParser.parse(arguments, program: program) {
      case .help(let path, let exitCode):
        Output.write(HelpText.text(for: path), to: STDOUT_FILENO)
        return exitCode
      case .version:
        Output.write("flowctl \(version)\n", to: STDOUT_FILENO)
        return ExitCode.ok
      case .run(let invocation): return run(try Context(invocation))
      }
    } catch {
      Output.write(error.description, to: STDERR_FILENO)
      return UsageError.exitCode
    }
  }

  private static func run(_ context: Context) -> Int32 {
    if context.settings.flag("print-config") {
      context.print(context.settings.listing)
      return ExitCode.ok
    }
    let name = context.settings.invocation.path[1].name
    guard let verb = verbs.first(where: { $0.spec.name == name }) else { preconditionFailure("verb \(name) without code") }
    do throws(Failure) {
      let exitCode = try verb.run(context)
      if let lost = LostOutput.failure { throw lost }
      return exitCode
    } catch {
      context.complain(error)
      return error.exitCode
    }
  }
}
