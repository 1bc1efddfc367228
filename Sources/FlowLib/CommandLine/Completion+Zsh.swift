extension Completion {
  static func zsh(_ program: CommandSpec) -> String {
    let name = program.name
    let places = places(program)
    let names = places.dropFirst().map { quote($0.name) }.joined(separator: " | ")
    var out = "#compdef \(name)\n# zsh completion for \(name); use: source <(\(name) completion zsh)\n"
    out += "_\(name)() {\n  local at=\(quote(name)) cur=\"$words[CURRENT]\" prev=\"$words[CURRENT-1]\" i\n  local -a list\n"
    if !names.isEmpty {
      out +=
        "  for ((i = 2; i < CURRENT; i++)); do\n    case \"$at $words[i]\" in\n    \(names)) at=\"$at $words[i]\" ;;\n    esac\n  done\n"
    }
    out += "  case \"$at:$prev\" in\n" + places.map(values).joined() + "  esac\n"
    out += "  if [[ $cur == -* ]]; then\n    case \"$at\" in\n" + places.map(optionList).joined()
    out += "    esac\n    _describe -o option list\n    return\n  fi\n  case \"$at\" in\n" + places.map(wordList).joined() + "  esac\n}\n"
    return out + "if [[ $funcstack[1] == _\(name) ]]; then _\(name) \"$@\"; else compdef _\(name) \(name); fi\n"
  }

  private static func values(_ place: Place) -> String {
    place.options.filter(needsWord).map { option in
      let patterns = spellings(option).map { quote("\(place.name):\($0)") }.joined(separator: " | ")
      let reply = reply(words(option)).map { " \($0);" } ?? ""
      if case .optionalValue = option.kind { return "  \(patterns))\(reply) ;;\n" }
      return "  \(patterns))\(reply) return ;;\n"
    }.joined()
  }

  private static func optionList(_ place: Place) -> String {
    "    \(quote(place.name))) list=(" + place.options.map { described("--\($0.long)", $0.help) }.joined(separator: " ") + ") ;;\n"
  }

  private static func wordList(_ place: Place) -> String {
    var lines = place.command.positionals.compactMap { reply(words($0.type)) }
    if !place.verbs.isEmpty {
      lines.append("list=(" + place.verbs.map { described($0.name, $0.summary) }.joined(separator: " ") + "); _describe verb list")
    }
    return lines.isEmpty ? "" : "  \(quote(place.name))) " + lines.joined(separator: "; ") + " ;;\n"
  }

  /// A colon parts the word from what it means.
  private static func described(_ word: String, _ meaning: String) -> String { quote(word + ":" + meaning.replacing(":", with: " ")) }

  private static func reply(_ words: Words) -> String? {
    switch words {
    case .none: nil
    case .files: "_files"
    case .directories: "_files -/"
    case .fixed(let words): "compadd -- " + words.map(quote).joined(separator: " ")
    case .asked(let kind): "compadd -- ${(f)\"$(\"$words[1]\" __complete \(kind) \"$cur\" 2>/dev/null)\"}"
    }
  }
}
