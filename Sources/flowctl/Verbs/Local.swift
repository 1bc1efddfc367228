import FlowClient
import FlowCommandLine
import FlowCore
import Glibc

// Verbs that need no server, and what the shell asks.

enum CompletionVerb {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "completion", "Print a completion script for a shell",
    positionals: [PositionalSpec("shell", type: .choice(Completion.Shell.allCases.map(\.rawValue)), help: "bash, zsh or fish")],
    examples: [
      Example("source <(flowctl completion bash)", "for this bash"),
      Example("flowctl completion zsh > ~/.zfunc/_flowctl", "for zsh, with ~/.zfunc in fpath"),
      Example("flowctl completion fish > ~/.config/fish/completions/flowctl.fish", "for fish"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    guard let shell = Completion.Shell(rawValue: (context.settings.word("shell") ?? "").lowercased()) else { return ExitCode.usage }
    context.print(Completion.script(for: Flowctl.program, shell: shell))
    return ExitCode.ok
  }
}

enum ManVerb {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "man", "Print the manual page in roff",
    examples: [
      Example("flowctl man | man -l -", "read it"), Example("flowctl man > /usr/local/share/man/man1/flowctl.1", "install it"),
      Example("flowctl help topics", "shorter texts"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    context.print(ManPage.text(for: Flowctl.program, version: Flowctl.version))
    return ExitCode.ok
  }
}

enum HelpVerb {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "help", "Show help on a verb or a topic",
    positionals: [PositionalSpec("topic", minimum: 0, maximum: nil, help: "a verb, a topic, or `topics` for their list")],
    examples: [
      Example("flowctl help ps", "like flowctl ps --help"), Example("flowctl help topics", "list the topics"),
      Example("flowctl help exit-codes", "what exit codes mean"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    do throws(UsageError) {
      context.print(try HelpText.help(on: context.settings.words("topic"), program: Flowctl.program))
      return ExitCode.ok
    } catch {
      throw Failure(ExitCode.usage, error.message, hint: error.hint ?? "flowctl help topics")
    }
  }
}

enum VersionVerb {
  static let verb = Verb(
    spec: CommandSpec("version", "Print the version of flowctl"),
    run: { context throws(Failure) in
      context.print("flowctl \(Flowctl.version)\n")
      return ExitCode.ok
    })
}

/// What completion scripts call. Says nothing rather than something wrong, and never complains: the user is typing.
enum CompleteVerb {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "__complete", "Print ids for a shell",
    positionals: [
      PositionalSpec("kind", help: "deployments, instances or ids"), PositionalSpec("word", minimum: 0, help: "its beginning"),
    ],
    hidden: true)

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let wanted = context.settings.word("kind") ?? ""
    let kinds = IDs.Kind(rawValue: wanted).map { [$0] } ?? (wanted == "ids" ? IDs.Kind.allCases : [])
    let start = context.settings.word("word") ?? ""
    do {
      let client = try context.flowd()
      for kind in kinds {
        for id in try IDs.known(kind, client) where id.hasPrefix(start) { context.print(Printable.line(id) + "\n") }
      }
    } catch {
      return ExitCode.unreachable
    }
    return ExitCode.ok
  }
}
