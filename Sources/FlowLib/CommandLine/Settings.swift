/// The effective values of a program's options: command line, then environment, then config file, then default.
package struct Settings: Sendable {
  package enum Origin: Sendable, Equatable {
    case commandLine
    case environment(String)
    case file(String, line: Int)
    case preset

    package var text: String {
      switch self {
      case .commandLine: "command line"
      case .environment(let name): "environment \(name)"
      case .file(let path, let line): "\(path):\(line)"
      case .preset: "default"
      }
    }
  }

  package struct Entry: Sendable {
    package var option: OptionSpec
    /// Empty when the option has no value.
    package var values: [String]
    package var origin: Origin
  }

  package let invocation: Invocation
  package private(set) var entries: [Entry]

  /// - Parameter environment: value of a variable, nil when it is not set.
  /// - Parameter section: a part of the config file whose keys go before the plain ones (a context of flowctl).
  /// - Throws: `UsageError` for an unknown key or a value that its option can not have; it says where the value came from.
  package init(
    _ invocation: Invocation, environment: (String) -> String?, config: ConfigFile? = nil, section: String? = nil
  ) throws(UsageError) {
    self.invocation = invocation
    if let config { try Settings.checkKeys(of: config, invocation, allowSections: section != nil) }
    entries = []
    var seen: Set<String> = []
    for command in invocation.path.reversed() {
      for option in command.options where seen.insert(option.long).inserted {
        let entry = Settings.resolve(option, of: command, invocation, environment, config, section)
        try Settings.check(entry, invocation.commandName)
        entries.append(entry)
      }
    }
  }

  private static func resolve(
    _ option: OptionSpec, of command: CommandSpec, _ invocation: Invocation, _ environment: (String) -> String?, _ config: ConfigFile?,
    _ section: String?
  ) -> Entry {
    if let values = invocation.given[option.long] { return Entry(option: option, values: values, origin: .commandLine) }
    if let name = command.environmentName(of: option), let value = environment(name), !value.isEmpty {
      // A list of addresses is parted where it is read, so that an empty part is seen.
      let values = option.kind == .repeatable && option.type != .addresses ? value.split(separator: ",").map(String.init) : [value]
      return Entry(option: option, values: values, origin: .environment(name))
    }
    if option.configurable, command.name == invocation.path[0].name, let config {
      let named = section.flatMap { section in config.entries.first { $0.key == section + "." + option.long } }
      if let entry = named ?? config.entries.first(where: { $0.key == option.long }) {
        return Entry(option: option, values: entry.values, origin: .file(config.path, line: entry.line))
      }
    }
    return Entry(option: option, values: option.preset.map { [$0] } ?? [], origin: .preset)
  }

  private static func checkKeys(of config: ConfigFile, _ invocation: Invocation, allowSections: Bool) throws(UsageError) {
    let known = invocation.path[0].options.filter(\.configurable).map(\.long)
    for entry in config.entries {
      var key = entry.key
      if allowSections, let dot = key.lastIndex(of: ".") { key = String(key[key.index(after: dot)...]) }
      if known.contains(key) { continue }
      throw UsageError(
        "\(config.path):\(entry.line): unknown key '\(key)'", hint: Suggestion.hint(for: key, among: known),
        command: invocation.path[0].name)
    }
  }

  private static func check(_ entry: Entry, _ command: String) throws(UsageError) {
    let option = entry.option
    let place: String
    switch entry.origin {
    case .commandLine: place = "option \(option.display)"
    case .environment, .file, .preset: place = "\(entry.origin.text): \(option.long)"
    }
    if entry.values.count > 1 && option.kind != .repeatable { throw UsageError("\(place): one value expected", command: command) }
    for value in entry.values {
      if option.kind == .flag, SettingValue.boolean(value) == nil {
        throw UsageError("\(place): '\(value)' is not true or false", command: command)
      }
      if let problem = SettingValue.problem(value, option.type) { throw UsageError("\(place): \(problem)", command: command) }
    }
  }
}

// MARK: - Reading

extension Settings {
  /// Asking for an option that the table does not have is a mistake in the program.
  private func entry(_ name: String) -> Entry {
    guard let entry = entries.first(where: { $0.option.long == name }) else { preconditionFailure("no option --\(name) in the table") }
    return entry
  }

  package func origin(_ name: String) -> Origin { entry(name).origin }
  package func optional(_ name: String) -> String? { entry(name).values.last }
  /// The value, "" when there is none.
  package func text(_ name: String) -> String { optional(name) ?? "" }
  package func list(_ name: String) -> [String] { entry(name).values }
  package func flag(_ name: String) -> Bool { optional(name).flatMap(SettingValue.boolean) ?? false }
  /// nil when there is no value; one that is no number was refused before.
  package func integer(_ name: String) -> Int? { optional(name).flatMap { Int($0) } }
  package func milliseconds(_ name: String) -> Int64? { optional(name).flatMap(SettingValue.milliseconds) }
  package func address(_ name: String) -> (host: String, port: Int)? { optional(name).flatMap(SettingValue.address) }
  /// Words of a positional.
  package func words(_ positional: String) -> [String] { invocation.words[positional] ?? [] }
  package func word(_ positional: String) -> String? { words(positional).first }
}

// MARK: - Showing

extension Settings {
  /// The effective configuration as a config file, each value with its origin.
  package var listing: String {
    let own = invocation.path[0].options.filter { $0.configurable && !$0.hidden }.map(\.long)
    let shown = entries.filter { own.contains($0.option.long) }.sorted { $0.option.long < $1.option.long }
    let left = shown.map { entry in
      let key = entry.values.isEmpty ? "# \(entry.option.long) =" : "\(entry.option.long) = \(Settings.written(entry))"
      return (key, entry.origin.text)
    }
    let width = min(48, left.map(\.0.count).max() ?? 0)
    return left.map { key, origin in key.padded(to: width) + "  # \(origin)\n" }.joined()
  }

  private static func written(_ entry: Entry) -> String {
    let values = entry.values.map { entry.option.secret ? "\"(set, not shown)\"" : quoted($0) }
    switch entry.option.kind {
    case .repeatable: return "[" + values.joined(separator: ", ") + "]"
    case .flag: return entry.values.last.flatMap(SettingValue.boolean) == true ? "true" : "false"
    case .value, .optionalValue: return values.last ?? "\"\""
    }
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for letter in text {
      switch letter {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      default: out.append(letter)
      }
    }
    return out + "\""
  }
}
