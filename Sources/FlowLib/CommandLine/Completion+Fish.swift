extension Completion {
  static func fish(_ program: CommandSpec) -> String {
    let name = program.name
    let places = places(program)
    let names = places.dropFirst().map { fishQuote($0.name) }.joined(separator: " ")
    var out = "# fish completion for \(name); use: \(name) completion fish | source\n"
    out += "function __\(name)_at\n  set -l at \(fishQuote(name))\n  set -l words (commandline -opc)\n  for word in $words[2..-1]\n"
    if !names.isEmpty { out += "    switch \"$at $word\"\n      case \(names)\n        set at \"$at $word\"\n    end\n" }
    out += "  end\n  test \"$at\" = \"$argv[1]\"\nend\ncomplete -c \(name) -f\n"
    return out + places.map { fishLines($0, name) }.joined()
  }

  private static func fishLines(_ place: Place, _ name: String) -> String {
    let start = "complete -c \(name) -n \(fishQuote("__\(name)_at \"\(place.name)\""))"
    var out = place.verbs.map { "\(start) -a \(fishQuote($0.name)) -d \(fishQuote($0.summary))\n" }.joined()
    out += place.command.positionals.compactMap { fishWords(words($0.type), name).map { "\(start) \($0)\n" } }.joined()
    out += place.options.map { option in
      let short = option.short.map { " -s \($0)" } ?? ""
      // Only `-x` keeps fish from offering files beside the words.
      let value = needsWord(option) && !isOptional(option) ? (words(option) == .files ? " -r" : " -x") : ""
      let words = option.takesValue ? fishWords(words(option), name).map { " " + $0 } ?? "" : ""
      return "\(start)\(short) -l \(option.long)\(value)\(words) -d \(fishQuote(option.help))\n"
    }.joined()
    return out
  }

  private static func isOptional(_ option: OptionSpec) -> Bool {
    if case .optionalValue = option.kind { return true }
    return false
  }

  private static func fishWords(_ words: Words, _ name: String) -> String? {
    switch words {
    case .none: nil
    case .files: "-F"
    case .directories: "-a '(__fish_complete_directories (commandline -ct))'"
    case .fixed(let words): "-a " + fishQuote(words.joined(separator: " "))
    case .asked(let kind): "-a '(\(name) __complete \(kind) (commandline -ct) 2>/dev/null)'"
    }
  }

  private static func fishQuote(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
