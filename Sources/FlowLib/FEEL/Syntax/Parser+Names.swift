extension Parser {
  /// Words that end a name made of several words.
  static let keywords: Set<String> = [
    "and", "or", "in", "between", "then", "else", "return", "satisfies", "if", "for", "some", "every", "true", "false", "null", "function",
  ]

  /// Built-in names and types with a keyword inside, as their words.
  private static let withKeywords: [[String]] = [
    ["date", "and", "time"], ["years", "and", "months", "duration"], ["days", "and", "time", "duration"], ["get", "or", "else"],
  ]

  /// Two names can not stand side by side, so words in a row are one name: `string length`, `first name`.
  mutating func name() throws(ExpressionError) -> String {
    if let known = declaredName() { return known }
    if let quoted = quotedName() { return quoted }
    for words in Parser.withKeywords where words.indices.allSatisfy({ ahead($0).isWord(words[$0]) }) {
      at += words.count
      return words.joined(separator: " ")
    }
    guard let first = token.word else { throw fail("expected a name but found \(token.shown)") }
    guard !Parser.keywords.contains(first) else { throw fail("unexpected \(token.shown)") }
    return joinedWords()
  }

  /// A name behind a dot, where keywords are names too (`range.end included`), and the keys of a context that stands before it.
  mutating func memberName(of base: Expression) throws(ExpressionError) -> String {
    if let quoted = quotedName() { return quoted }
    if case .context(let entries) = base.kind, let known = longest(of: entries.compactMap { DeclaredName($0.name) }) { return known }
    guard token.word != nil else { throw fail("expected a name after '.' but found \(token.shown)") }
    return joinedWords()
  }

  private mutating func quotedName() -> String? {
    guard case .quoted(let text) = token.kind else { return nil }
    at += 1
    return text
  }

  private mutating func joinedWords() -> String {
    var words: [String] = []
    while let word = token.word, words.isEmpty || !Parser.keywords.contains(word), words.count < 16 {
      if word == "instance", ahead(1).isWord("of"), !words.isEmpty { break }
      words.append(word)
      at += 1
      // A number inside a name is its own token: `item 2 price`. It belongs to the name when it stands between words.
      if case .number(let digits) = token.kind, ahead(1).word.map({ !Parser.keywords.contains($0) }) ?? false {
        words.append(digits)
        at += 1
      }
    }
    return words.joined(separator: " ")
  }

  /// The longest declared name with marks or keywords in it that stands here.
  private mutating func declaredName() -> String? { declared.isEmpty ? nil : longest(of: declared) }

  private mutating func longest(of names: [DeclaredName]) -> String? {
    var best: DeclaredName?
    for name in names where name.parts.count > best?.parts.count ?? 0 {
      if name.parts.indices.allSatisfy({ plainText(ahead($0)) == name.parts[$0] }) { best = name }
    }
    guard let best else { return nil }
    at += best.parts.count
    return best.name
  }

  func plainText(_ token: Token) -> String? {
    switch token.kind {
    case .word(let text), .mark(let text), .number(let text), .quoted(let text): text
    case .string, .temporal, .end: nil
    }
  }

  /// A key of a context or a parameter: a string, or any tokens up to the mark that ends it.
  mutating func key(endsWith ends: [String]) throws(ExpressionError) -> String {
    if case .string(let text) = token.kind {
      at += 1
      return text
    }
    if let quoted = quotedName() { return quoted }
    var parts: [String] = []
    while let part = plainText(token), !ends.contains(part), parts.count < 32 {
      guard !"(){}[],:;".contains(part) else { break }
      parts.append(part)
      at += 1
    }
    guard !parts.isEmpty else { throw fail("expected a name but found \(token.shown)") }
    let name = DeclaredName(parts: parts, name: parts.joined(separator: " "))
    if !name.isPlain, declared.count < Parser.declaredMax { declared.append(name) }
    return name.name
  }

  /// Names that are kept as declared at one place; every name that is read is compared with them.
  static let declaredMax = 64
}

/// A name that only its declaration makes one (`key + 1`, `a and b`), as the words and marks that it is made of.
struct DeclaredName {
  let parts: [String]
  let name: String

  init(parts: [String], name: String) {
    self.parts = parts
    self.name = name
  }

  /// Nil when no text of FEEL can be this name.
  init?(_ name: String) {
    let tokens: [Token]
    do throws(ExpressionError) { tokens = try Lexer.tokens(of: name, .feel) } catch { return nil }
    var parts: [String] = []
    for token in tokens.dropLast() {
      switch token.kind {
      case .word(let text), .mark(let text), .number(let text): parts.append(text)
      case .quoted, .string, .temporal, .end: return nil
      }
    }
    guard let first = parts.first?.utf8.first, Lexer.startsWord(first), parts.count <= 32 else { return nil }
    self.init(parts: parts, name: name)
  }

  /// Whether the words alone make it a name, so that nobody has to know it.
  var isPlain: Bool { parts.allSatisfy { Lexer.startsWord($0.utf8.first ?? 0) && !Parser.keywords.contains($0) } }
}
