import FlowCommandLine
import Glibc

/// The user's config file and its contexts.
enum UserConfig {
  static func settings(_ invocation: Invocation) throws(UsageError) -> Settings {
    let environment = Environment.value
    guard let config = try file(invocation, environment) else { return try Settings(invocation, environment: environment) }
    let name =
      (isData(invocation) ? nil : invocation.given["context"]?.last) ?? environment("FLOWCTL_CONTEXT")
      ?? config.entries.first { $0.key == "context" }?.values.last
    if let name, !config.entries.contains(where: { $0.key.hasPrefix(name + ".") }) {
      let known = Set(config.entries.compactMap { entry in entry.key.lastIndex(of: ".").map { String(entry.key[..<$0]) } })
      throw UsageError(
        "\(config.path) has no context [\(name)]", hint: Suggestion.hint(for: name, among: known.sorted()), command: "flowctl")
    }
    return try Settings(invocation, environment: environment, config: config, section: name ?? "")
  }

  /// `feel --context` is data for the expression, not a section of the file.
  private static func isData(_ invocation: Invocation) -> Bool { invocation.command.options.contains { $0.long == "context" } }

  private static func file(_ invocation: Invocation, _ environment: (String) -> String?) throws(UsageError) -> ConfigFile? {
    if let path = invocation.given["config"]?.last ?? environment("FLOWCTL_CONFIG") {
      return try ConfigFile(reading: path, command: "flowctl")
    }
    let home = environment("XDG_CONFIG_HOME") ?? environment("HOME").map { $0 + "/.config" }
    guard let path = home.map({ $0 + "/flowctl/config.toml" }), access(path, F_OK) == 0 else { return nil }
    return try ConfigFile(reading: path, command: "flowctl")
  }
}
