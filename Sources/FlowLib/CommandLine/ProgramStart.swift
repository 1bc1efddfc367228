import FlowCore
import Glibc

/// The first thing a program does: words, environment and config file become settings, or a text and an exit code.
package enum ProgramStart: Sendable {
  case run(Settings)
  /// Print and leave.
  case leave(stdout: String, stderr: String, exitCode: Int32)

  /// Why a program would not start with its settings.
  package struct Refusal: Sendable {
    package var stderr: String
    package var exitCode: Int32

    package init(stderr: String, exitCode: Int32) {
      self.stderr = stderr
      self.exitCode = exitCode
    }
  }

  /// Options that every daemon has beside its own.
  package static func daemonOptions(_ program: String) -> [OptionSpec] {
    [
      OptionSpec(
        "config", short: "c", type: .file, metavar: "FILE", env: program.uppercased() + "_CONFIG", configurable: false,
        help: "read settings from FILE (`key = value` lines)"),
      .flag("print-config", configurable: false, help: "print the effective settings and where each comes from, then exit"),
      .flag("check-config", configurable: false, help: "check the settings, then exit"),
      .flag("version", configurable: false, help: "print the version and exit"),
    ]
  }

  /// Resolves a program that has `daemonOptions`.
  ///
  /// - Parameters:
  ///   - arguments: the words after the program's name.
  ///   - check: what `--check-config` asks once every value has the form of its option; nil when the program would start.
  package static func daemon(
    _ program: CommandSpec, version: String, arguments: [String], environment: (String) -> String? = Environment.value,
    check: (Settings) -> Refusal? = { _ in nil }
  ) -> ProgramStart {
    do throws(UsageError) {
      switch try ArgumentParser.parse(arguments, program: program) {
      case .help(let path, let exitCode): return .leave(stdout: HelpText.text(for: path), stderr: "", exitCode: exitCode)
      case .version: return .leave(stdout: "\(program.name) \(version)\n", stderr: "", exitCode: 0)
      case .run(let invocation): return try resolve(invocation, environment, check)
      }
    } catch {
      return .leave(stdout: "", stderr: error.description, exitCode: UsageError.exitCode)
    }
  }

  private static func resolve(
    _ invocation: Invocation, _ environment: (String) -> String?, _ check: (Settings) -> Refusal?
  ) throws(UsageError) -> ProgramStart {
    let name = invocation.commandName
    let path = invocation.given["config"]?.last ?? environment(name.uppercased() + "_CONFIG")
    let config = try path.map { path throws(UsageError) in try ConfigFile(reading: path, command: name) }
    let settings = try Settings(invocation, environment: environment, config: config)
    if settings.flag("print-config") { return .leave(stdout: settings.listing, stderr: "", exitCode: 0) }
    guard settings.flag("check-config") else { return .run(settings) }
    if let refusal = check(settings) { return .leave(stdout: "", stderr: refusal.stderr, exitCode: refusal.exitCode) }
    return .leave(stdout: "the settings are good\n", stderr: "", exitCode: 0)
  }

  /// Writes both texts to their streams.
  package static func print(stdout: String, stderr: String) {
    Output.write(stdout, to: STDOUT_FILENO)
    Output.write(stderr, to: STDERR_FILENO)
  }
}

package enum Environment {
  /// A variable of the process.
  package static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

extension ConfigFile {
  /// Reads a file of at most `Limits.configFileBytes`.
  package init(reading path: String, command: String) throws(UsageError) {
    let bytes: [UInt8]
    do {
      bytes = try FileText.read(path, limit: Limits.configFileBytes)
    } catch {
      throw UsageError("config file \(error.description)", command: command)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw UsageError("\(path): not UTF-8", command: command) }
    try self.init(path: path, text: text, command: command)
  }
}
