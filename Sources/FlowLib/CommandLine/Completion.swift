/// Completion scripts for shells, made from the command table. Ids come from `<program> __complete KIND WORD` when they are asked for.
package enum Completion {
  package enum Shell: String, Sendable, CaseIterable {
    case bash, zsh, fish
  }

  package static func script(for program: CommandSpec, shell: Shell) -> String {
    switch shell {
    case .bash: bash(program)
    case .zsh: zsh(program)
    case .fish: fish(program)
    }
  }

  /// A command with the words that lead to it, and all options that can be said there.
  struct Place {
    var path: [CommandSpec]
    var name: String { path.map(\.name).joined(separator: " ") }
    var command: CommandSpec { path[path.count - 1] }
    var verbs: [CommandSpec] { command.subcommands.filter { !$0.hidden } }

    var options: [OptionSpec] {
      var seen: Set<String> = []
      return (path.reversed().flatMap(\.options) + [.help]).filter { !$0.hidden && seen.insert($0.long).inserted }
    }
  }

  /// What a shell can offer for a value.
  enum Words: Equatable {
    case none, files, directories
    case fixed([String])
    case asked(String)
  }

  static func places(_ program: CommandSpec) -> [Place] {
    func all(_ path: [CommandSpec]) -> [Place] {
      let place = Place(path: path)
      return [place] + place.verbs.flatMap { all(path + [$0]) }
    }
    return all([program])
  }

  static func words(_ type: ValueType) -> Words {
    switch type {
    case .text, .integer, .duration, .address, .addresses: .none
    case .choice(let words): .fixed(words)
    case .file: .files
    case .directory: .directories
    case .dynamic(let kind): .asked(kind)
    }
  }

  static func words(_ option: OptionSpec) -> Words {
    switch option.kind {
    case .optionalValue(_, let words) where !words.isEmpty: .fixed(words)
    case .flag, .value, .optionalValue, .repeatable: words(option.type)
    }
  }

  /// Spellings of an option: `-k`, `--kind`.
  static func spellings(_ option: OptionSpec) -> [String] { (option.short.map { ["-\($0)"] } ?? []) + ["--\(option.long)"] }

  /// A shell's single-quoted word.
  static func quote(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

  /// Options whose next word is their value and nothing else.
  static func needsWord(_ option: OptionSpec) -> Bool {
    switch option.kind {
    case .value, .repeatable: true
    case .optionalValue(_, let words): !words.isEmpty
    case .flag: false
    }
  }
}

// MARK: - bash

extension Completion {
  private static func bash(_ program: CommandSpec) -> String {
    let name = program.name
    let places = places(program)
    var out = "# bash completion for \(name); use: source <(\(name) completion bash)\n"
    out +=
      "_\(name)() {\n  local cur prev at i\n  COMPREPLY=()\n  cur=\"${COMP_WORDS[COMP_CWORD]}\"\n  prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
    out += "  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
    out += "  at=\(quote(name))\n  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$at ${COMP_WORDS[i]}\" in\n"
    out += verbPatterns(places, indent: "    ") + "    esac\n  done\n"
    out += "  case \"$at:$prev\" in\n" + places.map(bashValues).joined() + "  esac\n"
    out += "  if [[ $cur == -* ]]; then\n    case \"$at\" in\n"
    out += places.map { place in
      let words = place.options.map { "--\($0.long)" }.joined(separator: " ")
      return "    \(quote(place.name))) COMPREPLY=($(compgen -W \(quote(words)) -- \"$cur\")) ;;\n"
    }.joined()
    out += "    esac\n    return\n  fi\n  case \"$at\" in\n" + places.map(bashWords).joined() + "  esac\n}\n"
    return out + "complete -F _\(name) \(name)\n"
  }

  private static func verbPatterns(_ places: [Place], indent: String) -> String {
    let names = places.dropFirst().map { quote($0.name) }.joined(separator: " | ")
    return names.isEmpty ? "" : "\(indent)\(names)) at=\"$at ${COMP_WORDS[i]}\" ;;\n"
  }

  private static func bashValues(_ place: Place) -> String {
    place.options.filter(needsWord).map { option in
      let patterns = spellings(option).map { quote("\(place.name):\($0)") }.joined(separator: " | ")
      let reply = bashReply(words(option)).map { " \($0);" } ?? ""
      // A value that may be left out lets other words follow.
      if case .optionalValue = option.kind { return "  \(patterns))\(reply) [[ ${#COMPREPLY[@]} -gt 0 && -n $cur ]] && return ;;\n" }
      return "  \(patterns))\(reply) return ;;\n"
    }.joined()
  }

  private static func bashWords(_ place: Place) -> String {
    var replies = place.command.positionals.map { words($0.type) }
    if !place.verbs.isEmpty { replies.append(.fixed(place.verbs.map(\.name))) }
    let lines = replies.compactMap { bashReply($0) }
    return lines.isEmpty ? "" : "  \(quote(place.name))) " + lines.joined(separator: "; ") + " ;;\n"
  }

  private static func bashReply(_ words: Words) -> String? {
    switch words {
    case .none: nil
    case .files: "COMPREPLY+=($(compgen -f -- \"$cur\"))"
    case .directories: "COMPREPLY+=($(compgen -d -- \"$cur\"))"
    case .fixed(let words): "COMPREPLY+=($(compgen -W \(quote(words.joined(separator: " "))) -- \"$cur\"))"
    case .asked(let kind): "COMPREPLY+=($(compgen -W \"$(\"${COMP_WORDS[0]}\" __complete \(kind) \"$cur\" 2>/dev/null)\" -- \"$cur\"))"
    }
  }
}
