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
    for words in Parser.withKeywords where words.indices.allSatisfy({ ahead($0).isWord(words[$0]) }) {
      at += words.count
      return words.joined(separator: " ")
    }
    guard let first = token.word else { throw fail("expected a name but found \(token.shown)") }
    guard !Parser.keywords.contains(first) else { throw fail("unexpected \(token.shown)") }
    return joinedWords()
  }

  /// A name behind a dot, where keywords are names too (`range.end included`).
  mutating func memberName() throws(ExpressionError) -> String {
    guard token.word != nil else { throw fail("expected a name after '.' but found \(token.shown)") }
    return joinedWords()
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
  private mutating func declaredName() -> String? {
    var best: [String] = []
    for parts in declared where parts.count > best.count {
      if parts.indices.allSatisfy({ plainText(ahead($0)) == parts[$0] }) { best = parts }
    }
    guard !best.isEmpty else { return nil }
    at += best.count
    return best.joined(separator: " ")
  }

  func plainText(_ token: Token) -> String? {
    switch token.kind {
    case .word(let text), .mark(let text), .number(let text): text
    case .string, .temporal, .end: nil
    }
  }

  /// A key of a context or a parameter: a string, or any tokens up to the mark that ends it.
  mutating func key(endsWith ends: [String]) throws(ExpressionError) -> String {
    if case .string(let text) = token.kind {
      at += 1
      return text
    }
    var parts: [String] = []
    while let part = plainText(token), !ends.contains(part), parts.count < 32 {
      guard !"(){}[],:;".contains(part) else { break }
      parts.append(part)
      at += 1
    }
    guard !parts.isEmpty else { throw fail("expected a name but found \(token.shown)") }
    let isPlain = parts.allSatisfy { Lexer.startsWord($0.utf8.first ?? 0) && !Parser.keywords.contains($0) }
    if !isPlain, declared.count < 64 { declared.append(parts) }
    return parts.joined(separator: " ")
  }
}
