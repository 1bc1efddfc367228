extension HelpText {
  /// What `help WORDS` prints: help of a verb, a topic, the list of topics, or of the program.
  package static func help(on words: [String], program: CommandSpec) throws(UsageError) -> String {
    guard let first = words.first else { return text(for: [program]) }
    let topics = allTopics(program)
    if first == "topics", words.count == 1 {
      let width = topics.reduce(0) { max($0, $1.name.count) }
      return topics.map { $0.name.padded(to: width) + "  " + $0.summary + "\n" }.joined()
    }
    if let topic = topics.first(where: { $0.name == first }), words.count == 1 { return topic.body }
    var path = [program]
    for word in words {
      guard let next = path[path.count - 1].subcommand(word) else {
        let known = program.subcommands.filter { !$0.hidden }.map(\.name) + topics.map(\.name) + ["topics"]
        throw UsageError(
          "there is no help on '\(words.joined(separator: " "))'", hint: Suggestion.hint(for: word, among: known), command: program.name)
      }
      path.append(next)
    }
    return text(for: path)
  }

  /// A program's own topics, then those that its table answers.
  package static func allTopics(_ program: CommandSpec) -> [HelpTopic] {
    let own = program.topics
    return own + [environmentTopic(program)].filter { made in !own.contains { $0.name == made.name } }
  }

  private static func environmentTopic(_ program: CommandSpec) -> HelpTopic {
    let rows = program.options.compactMap { option in
      program.environmentName(of: option).map { ($0, "like --\(option.long): \(option.help)") }
    }
    let body = "Variables that set options; an option on the command line goes before them,\nand they go before the config file.\n\n"
    let common = [
      ("NO_COLOR", "no colours, whatever its value"), ("CLICOLOR_FORCE", "colours also where the output is no terminal"),
      ("TERM", "`dumb`: no colours"),
    ]
    return HelpTopic(
      "environment", "Variables that set options",
      body: body + (rows.sorted { $0.0 < $1.0 } + common).map { row($0.0, $0.1) }.joined())
  }
}
