/// Help for people, made from the command table; no line is longer than 80 columns.
package enum HelpText {
  private static let width = 80
  private static let indent = 28

  /// Help of one command.
  ///
  /// - Parameter path: the program, then the verb, then its subcommand.
  package static func text(for path: [CommandSpec]) -> String {
    guard let command = path.last else { return "" }
    var out = paragraph(command.summary + ".") + "\n"
    out += "Usage: \(usage(for: path))\n"
    out += examples(command)
    if !command.details.isEmpty {
      out += "\n" + command.details.split(separator: "\n").map { paragraph(String($0)) }.joined(separator: "\n")
    }
    out += section("Arguments", command.positionals.map { ($0.display, $0.help) })
    out += section(path.count == 1 ? "Verbs" : "Subcommands", command.subcommands.filter { !$0.hidden }.map { ($0.name, $0.summary) })
    out += section("Options", rows(command, [.help]))
    for outer in path.dropLast().reversed() where !outer.options.isEmpty {
      out += section(
        outer.subcommands.isEmpty || path.count > 2 && outer.name != path[0].name ? "More options" : "Global options", rows(outer, []))
    }
    if !command.topics.isEmpty {
      out += section("Topics (`\(path[0].name) help TOPIC`)", command.topics.map { ($0.name, $0.summary) })
    }
    return out
  }

  /// `flowctl ps [options] [IDS...]`.
  package static func usage(for path: [CommandSpec]) -> String {
    guard let command = path.last else { return "" }
    var parts = path.map(\.name) + ["[options]"]
    if !command.subcommands.isEmpty { parts.append(command.runsAlone ? "[VERB]" : "VERB") }
    return (parts + command.positionals.map(\.display)).joined(separator: " ")
  }

  private static func examples(_ command: CommandSpec) -> String {
    guard !command.examples.isEmpty else { return "" }
    return "\nExamples:\n" + command.examples.map { "  # \($0.purpose)\n  \($0.command)\n" }.joined()
  }

  private static func section(_ title: String, _ rows: [(String, String)]) -> String {
    guard !rows.isEmpty else { return "" }
    return "\n\(title):\n" + rows.map { row($0.0, $0.1) }.joined()
  }

  static func row(_ left: String, _ right: String) -> String {
    let lines = wrap(right, to: width - indent)
    let head = "  " + left
    let first =
      head.columns <= indent - 2 ? [head.padded(to: indent) + (lines.first ?? "")] : [head] + lines.prefix(1).map { spaces(indent) + $0 }
    return (first + lines.dropFirst().map { spaces(indent) + $0 }).map { trimmed($0) + "\n" }.joined()
  }

  private static func rows(_ command: CommandSpec, _ extra: [OptionSpec]) -> [(String, String)] {
    (command.options.filter { !$0.hidden } + extra).map { option in
      (form(option), option.help + notes(option, env: command.environmentName(of: option)))
    }
  }

  /// `-k, --kind KIND`.
  static func form(_ option: OptionSpec) -> String {
    let head = (option.short.map { "-\($0), " } ?? "    ") + "--\(option.long)"
    switch option.kind {
    case .flag: return head
    case .value, .repeatable: return head + " " + option.metavar
    case .optionalValue: return head + " [\(option.metavar)]"
    }
  }

  static func notes(_ option: OptionSpec, env: String?) -> String {
    var notes: [String] = []
    if option.kind == .repeatable { notes.append("may be repeated") }
    if let preset = option.preset, !preset.isEmpty { notes.append("default \(preset)") }
    if let env { notes.append("env \(env)") }
    return notes.isEmpty ? "" : " (" + notes.joined(separator: ", ") + ")"
  }

  private static func paragraph(_ text: String) -> String { wrap(text, to: width).map { $0 + "\n" }.joined() }
  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
  private static func trimmed(_ line: String) -> String { String(line.reversed().drop { $0 == " " }.reversed()) }

  /// Lines of at most `width` columns; a longer word stands alone.
  package static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.columns + 1 + String(word).columns <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
