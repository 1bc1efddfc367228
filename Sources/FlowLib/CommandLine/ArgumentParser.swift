/// What a command line said, before environment, config file and defaults are asked.
package struct Invocation: Sendable {
  /// The program, then the verb, then its subcommand.
  package var path: [CommandSpec]
  /// Values by long option name; a flag is `["true"]` or `["false"]`.
  package var given: [String: [String]]
  /// Words by positional name.
  package var words: [String: [String]]

  package var command: CommandSpec { path[path.count - 1] }

  /// `flowctl store backup`.
  package var commandName: String { path.map(\.name).joined(separator: " ") }
}

package enum ParseResult: Sendable {
  case run(Invocation)
  /// Help was asked for (exit code 0), or a verb is missing (1).
  case help(path: [CommandSpec], exitCode: Int32)
  case version
}

/// Reads words by a command table, with argparse's manners: unambiguous prefixes of long options, `--flag=value`, `-kVALUE`,
/// `--` ends the options, and a negative number is an argument. Options of the program are accepted before and after the verb.
package struct ArgumentParser {
  private var path: [CommandSpec]
  private var given: [String: [String]] = [:]
  private var chosen: [String: OptionSpec] = [:]
  private var words: [String] = []
  private var rest: ArraySlice<String>
  private var optionsEnded = false

  private init(_ program: CommandSpec, _ arguments: [String]) {
    path = [program]
    rest = arguments[...]
  }

  /// - Parameter arguments: the words after the program's name.
  package static func parse(_ arguments: [String], program: CommandSpec) throws(UsageError) -> ParseResult {
    var parser = ArgumentParser(program, arguments)
    return try parser.run()
  }

  private var command: CommandSpec { path[path.count - 1] }
  private var commandName: String { path.map(\.name).joined(separator: " ") }

  private func fail(_ message: String, hint: String? = nil) -> UsageError { UsageError(message, hint: hint, command: commandName) }

  private mutating func run() throws(UsageError) -> ParseResult {
    while let word = rest.popFirst() {
      if optionsEnded || !looksLikeOption(word) {
        try take(word: word)
      } else if word == "--" {
        optionsEnded = true
      } else if word.hasPrefix("--") {
        try takeLong(word.dropFirst(2))
      } else {
        try takeShort(word.dropFirst())
      }
      if given["help"] != nil { return .help(path: path, exitCode: 0) }
      if given["version"] != nil { return .version }
    }
    if !command.subcommands.isEmpty && command.positionals.isEmpty && !command.runsAlone { return .help(path: path, exitCode: 1) }
    return .run(Invocation(path: path, given: given, words: try assignWords()))
  }

  private func looksLikeOption(_ word: String) -> Bool {
    guard word.hasPrefix("-"), word.utf8.count > 1 else { return false }
    let second = word.utf8[word.utf8.index(after: word.utf8.startIndex)]
    return !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second) && second != UInt8(ascii: ".")
  }

  private mutating func take(word: String) throws(UsageError) {
    guard !command.subcommands.isEmpty, command.positionals.isEmpty else { return words.append(word) }
    guard let next = command.subcommand(word) else {
      let known = command.subcommands.filter { !$0.hidden }.map(\.name)
      throw fail("unknown verb '\(word)'", hint: Suggestion.hint(for: word, among: known, prefix: commandName + " "))
    }
    // An option of the verb may have the name of a program's option; what was said before the verb is then not meant for it.
    for option in next.options { given[option.long] = nil }
    path.append(next)
  }
}

// MARK: - Options

extension ArgumentParser {
  /// Options that can be said here, nearest first; an inner one hides an outer one of the same name.
  private var options: [OptionSpec] {
    var seen: Set<String> = []
    return (path.reversed().flatMap(\.options) + [.help]).filter { seen.insert($0.long).inserted }
  }

  private mutating func takeLong(_ text: Substring) throws(UsageError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let option = try find(long: String(parts.first ?? ""))
    try take(option, attached: parts.count > 1 ? String(parts[1]) : nil)
  }

  private func find(long name: String) throws(UsageError) -> OptionSpec {
    let wanted = OptionSpec.normalized(name)
    if let exact = options.first(where: { $0.long == wanted }) { return exact }
    let matches = wanted.isEmpty ? [] : options.filter { $0.long.hasPrefix(wanted) && !$0.hidden }
    if let only = matches.first, matches.count == 1 { return only }
    guard matches.isEmpty else {
      throw fail("ambiguous option '--\(name)'", hint: "one of " + matches.map { "--\($0.long)" }.joined(separator: ", "))
    }
    let known = options.filter { !$0.hidden }.map(\.long)
    throw fail("unknown option '--\(name)'", hint: Suggestion.hint(for: wanted, among: known, prefix: "--") ?? dashHint)
  }

  private var dashHint: String? {
    command.positionals.isEmpty ? nil : "`--` before an argument that begins with '-'"
  }

  /// `-f`, `-fd`, `-kVALUE`, `-k=VALUE`.
  private mutating func takeShort(_ letters: Substring) throws(UsageError) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.short == letter }) else { throw fail("unknown option '-\(letter)'", hint: dashHint) }
      if option.kind == .flag {
        try take(option, attached: nil)
        continue
      }
      let attached = letters.first == "=" ? letters.dropFirst() : letters
      return try take(option, attached: letters.isEmpty ? nil : String(attached))
    }
  }

  private mutating func take(_ option: OptionSpec, attached: String?) throws(UsageError) {
    try checkGroup(of: option)
    switch option.kind {
    case .flag: given[option.long] = [try flagValue(option, attached)]
    case .value: given[option.long] = [try value(of: option, attached)]
    case .repeatable: given[option.long, default: []].append(try value(of: option, attached))
    case .optionalValue(let bare, let words):
      let value = try choice(attached, of: words, for: option) ?? optionalWord(words) ?? bare
      given[option.long] = value.isEmpty ? nil : [value]
    }
  }

  private func flagValue(_ option: OptionSpec, _ attached: String?) throws(UsageError) -> String {
    guard let attached else { return "true" }
    guard let value = SettingValue.boolean(attached) else { throw fail("option \(option.display) takes true or false, not '\(attached)'") }
    return value ? "true" : "false"
  }

  private mutating func value(of option: OptionSpec, _ attached: String?) throws(UsageError) -> String {
    if let attached { return attached }
    guard let next = rest.first, !looksLikeOption(next) else {
      let hint = rest.isEmpty ? nil : "--\(option.long)=VALUE when the value begins with '-'"
      throw fail("option \(option.display) needs a value", hint: hint)
    }
    rest.removeFirst()
    return next
  }

  private mutating func optionalWord(_ words: [String]) -> String? {
    guard let next = rest.first, words.isEmpty ? !looksLikeOption(next) : words.contains(next) else { return nil }
    rest.removeFirst()
    return next
  }

  private func choice(_ value: String?, of words: [String], for option: OptionSpec) throws(UsageError) -> String? {
    guard let value else { return nil }
    guard words.isEmpty || words.contains(value) else {
      throw fail("option \(option.display) does not know '\(value)'", hint: "one of " + words.joined(separator: ", "))
    }
    return value
  }

  private mutating func checkGroup(of option: OptionSpec) throws(UsageError) {
    guard let group = option.group else { return }
    if let other = chosen[group], other.long != option.long {
      throw fail("option \(option.display) can not be used with \(other.display)")
    }
    chosen[group] = option
  }
}

// MARK: - Positionals

extension ArgumentParser {
  private func assignWords() throws(UsageError) -> [String: [String]] {
    var left = words[...]
    var assigned: [String: [String]] = [:]
    let specs = command.positionals
    for (index, spec) in specs.enumerated() {
      let reserved = specs[(index + 1)...].reduce(0) { $0 + $1.minimum }
      let count = min(max(0, left.count - reserved), spec.maximum ?? Int.max)
      guard count >= spec.minimum else { throw fail("argument \(spec.name.uppercased()) is missing") }
      assigned[spec.name] = try left.prefix(count).map { word throws(UsageError) in
        if let reason = SettingValue.problem(word, spec.type) { throw fail("argument \(spec.name.uppercased()): \(reason)") }
        return word
      }
      left = left.dropFirst(count)
    }
    if let extra = left.first { throw fail("unexpected argument '\(extra)'") }
    return assigned
  }
}
