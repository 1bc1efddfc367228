/// A program or one of its verbs, declared once: the parser, help, completion and man page are all made from it.
package struct CommandSpec: Sendable {
  package var name: String
  /// One line of at most 60 characters, without a full stop.
  package var summary: String
  /// Paragraphs that follow the summary; empty when the summary says it all.
  package var details: String
  package var options: [OptionSpec]
  package var positionals: [PositionalSpec]
  /// The three most useful calls; help shows them first.
  package var examples: [Example]
  package var subcommands: [CommandSpec]
  /// Does something without a subcommand too: mostly it lists.
  package var runsAlone: Bool
  package var topics: [HelpTopic]
  /// `FLOWD_` gives every option of this command a variable; nil leaves it to `OptionSpec.env`.
  package var envPrefix: String?
  package var hidden: Bool

  package init(
    _ name: String, _ summary: String, details: String = "", options: [OptionSpec] = [], positionals: [PositionalSpec] = [],
    examples: [Example] = [], subcommands: [CommandSpec] = [], runsAlone: Bool = false, topics: [HelpTopic] = [], envPrefix: String? = nil,
    hidden: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.options = options
    self.positionals = positionals
    self.examples = examples
    self.subcommands = subcommands
    self.runsAlone = runsAlone
    self.topics = topics
    self.envPrefix = envPrefix
    self.hidden = hidden
  }

  package func subcommand(_ name: String) -> CommandSpec? { subcommands.first { $0.name == name } }

  /// The variable that sets an option of this command, if there is one.
  package func environmentName(of option: OptionSpec) -> String? {
    if let env = option.env { return env }
    guard option.configurable, let envPrefix else { return nil }
    return envPrefix + option.long.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
  }
}

/// One call, and what it does.
package struct Example: Sendable {
  package var command: String
  package var purpose: String

  package init(_ command: String, _ purpose: String) {
    self.command = command
    self.purpose = purpose
  }
}

/// A page of `help`, such as `exit-codes`.
package struct HelpTopic: Sendable {
  package var name: String
  package var summary: String
  /// Lines of at most 80 characters, printed as they are.
  package var body: String

  package init(_ name: String, _ summary: String, body: String) {
    self.name = name
    self.summary = summary
    self.body = body
  }
}

/// What a value may be. Says how it is checked and how a shell completes it.
package enum ValueType: Sendable, Equatable {
  case text
  case integer(ClosedRange<Int>)
  /// `500ms`, `90s`, `2m`, `1h`; a bare number counts seconds.
  case duration
  /// `host:port`; port 0 lets the system choose.
  case address
  /// `host` or `host:port`, several by commas.
  case addresses
  /// One of these words, case ignored.
  case choice([String])
  case file
  case directory
  /// Ids that only the server knows; the word is handed to `__complete`.
  case dynamic(String)
}

package struct OptionSpec: Sendable {
  package enum Kind: Sendable, Equatable {
    case flag
    case value
    /// Stands alone (then it is `bare`; "" means as if not given), or takes the next word: one of `words`, or any word when there are none.
    case optionalValue(bare: String, words: [String])
    case repeatable
  }

  /// Without dashes; words are parted by `-`, and `_` is accepted for it.
  package var long: String
  package var short: Character?
  package var kind: Kind
  package var type: ValueType
  package var metavar: String
  package var preset: String?
  package var env: String?
  package var help: String
  /// Options of one group exclude each other.
  package var group: String?
  /// Can also be set by the config file and the environment.
  package var configurable: Bool
  /// Never printed by `--print-config`.
  package var secret: Bool
  package var hidden: Bool

  package init(
    _ long: String, short: Character? = nil, _ kind: Kind = .value, type: ValueType = .text, metavar: String = "VALUE",
    preset: String? = nil, env: String? = nil, group: String? = nil, configurable: Bool = true, secret: Bool = false,
    hidden: Bool = false, help: String
  ) {
    self.long = long
    self.short = short
    self.kind = kind
    self.type = type
    self.metavar = metavar
    self.preset = preset
    self.env = env
    self.group = group
    self.configurable = configurable
    self.secret = secret
    self.hidden = hidden
    self.help = help
  }

  package static func flag(
    _ long: String, short: Character? = nil, group: String? = nil, configurable: Bool = true, hidden: Bool = false, help: String
  ) -> OptionSpec {
    OptionSpec(long, short: short, .flag, group: group, configurable: configurable, hidden: hidden, help: help)
  }

  /// `-h/--help`, known at every level.
  package static let help = OptionSpec.flag("help", short: "h", configurable: false, help: "show this help and exit")

  /// How messages name it: `-k/--kind`.
  package var display: String { (short.map { "-\($0)/" } ?? "") + "--\(long)" }

  package var takesValue: Bool { kind != .flag }

  /// The spelling that lookups compare: `--flowd_host` and `--flowd-host` are one option.
  package static func normalized(_ name: some StringProtocol) -> String { String(name.map { $0 == "_" ? "-" : $0 }) }
}

package struct PositionalSpec: Sendable {
  package var name: String
  package var minimum: Int
  /// nil when there may be any number.
  package var maximum: Int?
  package var type: ValueType
  package var help: String

  package init(_ name: String, minimum: Int = 1, maximum: Int? = 1, type: ValueType = .text, help: String) {
    self.name = name
    self.minimum = minimum
    self.maximum = maximum
    self.type = type
    self.help = help
  }

  /// `ID`, `[ID]`, `ID...`, `[ID...]`.
  package var display: String {
    let word = name.uppercased() + (maximum == 1 ? "" : "...")
    return minimum == 0 ? "[\(word)]" : word
  }
}
