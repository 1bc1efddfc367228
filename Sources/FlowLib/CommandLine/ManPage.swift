/// The manual page of a program in roff, made from its command table.
package enum ManPage {
  package static func text(for program: CommandSpec, version: String) -> String {
    var out = ".TH \(program.name.uppercased()) 1 \"\" \"flow \(escaped(version))\" \"User Commands\"\n"
    out += ".SH NAME\n\(program.name) \\- \(escaped(program.summary.lowercasedFirst))\n"
    out += ".SH SYNOPSIS\n.B \(program.name)\n\(escaped(String(HelpText.usage(for: [program]).dropFirst(program.name.count + 1))))\n"
    if !program.details.isEmpty { out += ".SH DESCRIPTION\n" + paragraphs(program.details) }
    out += examples(program, heading: ".SH EXAMPLES\n")
    out += options(program, heading: ".SH OPTIONS\n", extra: [.help])
    if !program.subcommands.isEmpty { out += ".SH VERBS\n" + verbs([program]) }
    for topic in program.topics {
      out += ".SH \(escaped(topic.name.uppercased().replacing("-", with: " ")))\n.nf\n\(lines(topic.body)).fi\n"
    }
    return out
  }

  private static func verbs(_ path: [CommandSpec]) -> String {
    guard let parent = path.last else { return "" }
    return parent.subcommands.filter { !$0.hidden }.map { verb in
      let inner = path + [verb]
      var out = ".SS \(escaped(inner.dropFirst().map(\.name).joined(separator: " ")))\n\(escaped(verb.summary)).\n"
      out += ".PP\n.B \(escaped(HelpText.usage(for: inner)))\n"
      if !verb.details.isEmpty { out += ".PP\n" + paragraphs(verb.details) }
      out += verb.positionals.map { ".TP\n.I \(escaped($0.name.uppercased()))\n\(escaped($0.help))\n" }.joined()
      out += options(verb, heading: "", extra: [])
      out += examples(verb, heading: ".PP\nExamples:\n")
      return out + verbs(inner)
    }.joined()
  }

  private static func options(_ command: CommandSpec, heading: String, extra: [OptionSpec]) -> String {
    let shown = command.options.filter { !$0.hidden } + extra
    guard !shown.isEmpty else { return "" }
    return heading
      + shown.map { option in
        let form = String(HelpText.form(option).drop { $0 == " " })
        return ".TP\n.B \(escaped(form))\n\(escaped(option.help + HelpText.notes(option, env: command.environmentName(of: option))))\n"
      }.joined()
  }

  private static func examples(_ command: CommandSpec, heading: String) -> String {
    guard !command.examples.isEmpty else { return "" }
    return heading + command.examples.map { ".TP\n.B \(escaped($0.command))\n\(escaped($0.purpose))\n" }.joined()
  }

  private static func paragraphs(_ text: String) -> String {
    text.split(separator: "\n").map { escaped(String($0)) + "\n" }.joined(separator: ".PP\n")
  }

  private static func lines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) + "\n" }.joined()
  }

  /// A backslash, a hyphen, and a full stop or quote at the start of a line mean something to roff.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for letter in text {
      switch letter {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      default: out.append(letter)
      }
    }
    return out.hasPrefix(".") || out.hasPrefix("'") ? "\\&" + out : out
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
