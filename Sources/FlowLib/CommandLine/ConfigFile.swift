/// A settings file: a subset of TOML that fits on a card.
///
/// Lines are `key = value`, `[section]`, comments from `#`, or empty. A value is a bare word, a "quoted" text with the escapes
/// `\" \\ \n \t`, a 'literal' text, or a list `["a", "b"]` on one line.
package struct ConfigFile: Sendable {
  package struct Entry: Sendable, Equatable {
    /// `-` for every `_`; keys of a section are `section.key`.
    package var key: String
    package var values: [String]
    package var line: Int
  }

  package var path: String
  package var entries: [Entry]

  /// - Throws: `UsageError` with `path:line`.
  package init(path: String, text: String, command: String) throws(UsageError) {
    self.path = path
    entries = []
    var section = ""
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      number += 1
      do {
        var scanner = LineScanner(line)
        if let name = try scanner.section() {
          section = name + "."
        } else if let (key, values) = try scanner.setting() {
          try add(Entry(key: section + OptionSpec.normalized(key), values: values, line: number))
        }
      } catch {
        throw UsageError("\(path):\(number): \(error.what)", command: command)
      }
    }
  }

  private mutating func add(_ entry: Entry) throws(ConfigProblem) {
    if let earlier = entries.first(where: { $0.key == entry.key }) {
      throw ConfigProblem("'\(entry.key)' was set in line \(earlier.line) already")
    }
    entries.append(entry)
  }
}

private struct ConfigProblem: Error {
  let what: String
  init(_ what: String) { self.what = what }
}

/// Reads one line of a config file.
private struct LineScanner {
  private var rest: Substring

  init(_ line: Substring) { rest = line }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" } }

  private mutating func atEnd() -> Bool {
    skipSpace()
    return rest.isEmpty || rest.first == "#"
  }

  private mutating func word() -> String {
    let text = rest.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    rest = rest.dropFirst(text.count)
    return String(text)
  }

  private mutating func expect(_ sign: Character) throws(ConfigProblem) {
    skipSpace()
    guard rest.first == sign else { throw ConfigProblem("'\(sign)' expected") }
    rest.removeFirst()
    skipSpace()
  }

  mutating func section() throws(ConfigProblem) -> String? {
    skipSpace()
    guard rest.first == "[" else { return nil }
    try expect("[")
    let name = word()
    guard !name.isEmpty else { throw ConfigProblem("a section needs a name") }
    try expect("]")
    guard atEnd() else { throw ConfigProblem("text after ']'") }
    return name
  }

  mutating func setting() throws(ConfigProblem) -> (key: String, values: [String])? {
    if atEnd() { return nil }
    let key = word()
    guard !key.isEmpty else { throw ConfigProblem("a line must be `key = value`") }
    try expect("=")
    let values = rest.first == "[" ? try list() : [try value()]
    guard atEnd() else { throw ConfigProblem("text after the value; put it in quotes") }
    return (key, values)
  }

  private mutating func list() throws(ConfigProblem) -> [String] {
    var items: [String] = []
    try expect("[")
    while rest.first != "]" {
      items.append(try value())
      skipSpace()
      if rest.first != "]" { try expect(",") }
    }
    try expect("]")
    return items
  }

  private mutating func value() throws(ConfigProblem) -> String {
    if rest.first == "\"" { return try quoted() }
    if rest.first == "'" { return try literal() }
    let text = rest.prefix { !" \t\r#,]".contains($0) }
    guard !text.isEmpty else { throw ConfigProblem("a value is missing") }
    rest = rest.dropFirst(text.count)
    return String(text)
  }

  private mutating func literal() throws(ConfigProblem) -> String {
    rest.removeFirst()
    guard let end = rest.firstIndex(of: "'") else { throw ConfigProblem("the quote is not closed") }
    let text = rest[..<end]
    rest = rest[rest.index(after: end)...]
    return String(text)
  }

  private mutating func quoted() throws(ConfigProblem) -> String {
    rest.removeFirst()
    var text = ""
    while let letter = rest.popFirst() {
      if letter == "\"" { return text }
      if letter != "\\" {
        text.append(letter)
        continue
      }
      switch rest.popFirst() {
      case "\"": text.append("\"")
      case "\\": text.append("\\")
      case "n": text.append("\n")
      case "t": text.append("\t")
      default: throw ConfigProblem("unknown escape in a quoted text")
      }
    }
    throw ConfigProblem("the quote is not closed")
  }
}
