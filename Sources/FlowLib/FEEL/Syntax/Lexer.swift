import FlowCore

/// Cuts the text of either language into tokens; white space and comments fall away.
struct Lexer {
  let text: String
  let bytes: [UInt8]
  let language: Language
  var at = 0

  init(_ text: String, _ language: Language) {
    self.text = text
    bytes = Array(text.utf8)
    self.language = language
  }

  func fail(_ message: String, at offset: Int, hint: String? = nil) -> ExpressionError {
    ExpressionError(message, at: offset, in: text, hint: hint)
  }

  static func tokens(of text: String, _ language: Language) throws(ExpressionError) -> [Token] {
    var lexer = Lexer(text, language)
    guard lexer.bytes.count <= Limits.expressionBytes else {
      throw ExpressionError("expression is longer than \(Limits.expressionBytes) bytes", at: 0, in: "")
    }
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  func peek(_ ahead: Int = 0) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : 0 }

  private mutating func next() throws(ExpressionError) -> Token {
    try skipSpace()
    let start = at
    guard at < bytes.count else { return Token(kind: .end, offset: start) }
    let byte = bytes[at]
    if byte &- 48 < 10 || byte == UInt8(ascii: ".") && peek(1) &- 48 < 10 { return Token(kind: number(), offset: start) }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") && language == .python {
      return Token(kind: .string(try string(quote: byte)), offset: start)
    }
    if byte == UInt8(ascii: "@"), peek(1) == UInt8(ascii: "\""), language == .feel {
      at += 1
      return Token(kind: .temporal(try string(quote: UInt8(ascii: "\""))), offset: start)
    }
    if byte == UInt8(ascii: "`"), language == .feel { return Token(kind: .quoted(try backticked()), offset: start) }
    if Lexer.startsWord(byte) { return Token(kind: .word(word()), offset: start) }
    return Token(kind: .mark(try mark()), offset: start)
  }

  static func startsWord(_ byte: UInt8) -> Bool { byte | 0x20 >= 97 && byte | 0x20 <= 122 || byte == 0x5F || byte >= 0x80 }

  private mutating func word() -> String {
    let start = at
    while at < bytes.count, Lexer.startsWord(bytes[at]) || bytes[at] &- 48 < 10, spaceWidth() == 0 { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func backticked() throws(ExpressionError) -> String {
    let start = at + 1
    at = start
    while at < bytes.count, bytes[at] != UInt8(ascii: "`") { at += 1 }
    guard at < bytes.count, at > start else { throw fail("name without end", at: start - 1, hint: "`") }
    defer { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func digits() {
    while peek() &- 48 < 10 { at += 1 }
  }

  private mutating func number() -> Token.Kind {
    let start = at
    digits()
    if peek() == UInt8(ascii: "."), peek(1) &- 48 < 10 || language == .python && peek(1) != UInt8(ascii: ".") && !Lexer.startsWord(peek(1))
    {
      at += 1
      digits()
    }
    if peek() | 0x20 == UInt8(ascii: "e") {
      let sign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 2 : 1
      if peek(sign) &- 48 < 10 {
        at += sign
        digits()
      }
    }
    return .number(String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private static let feelMarks = [
    "**", "..", "<=", ">=", "!=", "+", "-", "*", "/", "^", "(", ")", "[", "]", "{", "}", ",", ".", ":", "=", "<", ">", "?", ";", "'",
  ]
  private static let pythonMarks = [
    "**", "//", "<=", ">=", "!=", "==", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ".", ":", "<", ">",
  ]

  private mutating func mark() throws(ExpressionError) -> String {
    for mark in language == .feel ? Lexer.feelMarks : Lexer.pythonMarks {
      if bytes[at...].starts(with: mark.utf8) {
        at += mark.utf8.count
        return mark
      }
    }
    let scalar = String(decoding: bytes[at..<min(at + 4, bytes.count)], as: UTF8.self).unicodeScalars.first.map { String($0) } ?? "?"
    let hint: String? =
      switch (scalar, language) {
      case ("=", .python): "'==' compares"
      case ("&", _), ("|", _): "'and', 'or'"
      case ("!", .feel): "not(…)"
      default: nil
      }
    throw fail("unexpected character \(JSON.quote(scalar))", at: at, hint: hint)
  }
}

extension Lexer {
  /// Bytes of the white space at the position; 0 when there is none.
  private func spaceWidth() -> Int {
    let byte = peek()
    if at >= bytes.count { return 0 }
    if byte == 0x20 || byte >= 0x09 && byte <= 0x0D { return 1 }
    guard byte >= 0xC2 else { return 0 }
    switch (byte, peek(1), peek(2)) {
    case (0xC2, 0x85, _), (0xC2, 0xA0, _): return 2
    case (0xE1, 0x9A, 0x80), (0xE1, 0xA0, 0x8E), (0xE2, 0x80, 0x80...0x8B), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF),
      (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80), (0xEF, 0xBB, 0xBF):
      return 3
    default: return 0
    }
  }

  private mutating func skipSpace() throws(ExpressionError) {
    while at < bytes.count {
      let width = spaceWidth()
      if width > 0 {
        at += width
      } else if language == .feel, peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
      } else if language == .feel, peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        try skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(ExpressionError) {
    let start = at
    at += 2
    while at < bytes.count {
      if peek() == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        at += 2
        return
      }
      at += 1
    }
    throw fail("comment without end", at: start, hint: "*/")
  }

  private mutating func string(quote: UInt8) throws(ExpressionError) -> String {
    let start = at
    at += 1
    var out: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      if byte == quote {
        at += 1
        return String(decoding: out, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") {
        escape(into: &out)
      } else {
        guard byte != 0x0A || language == .feel else { break }
        out.append(byte)
        at += 1
      }
    }
    throw fail("string without end", at: start, hint: quote == UInt8(ascii: "'") ? "'" : "\"")
  }

  /// Takes one escape; what is none stays as it is written, as both languages do (`"\d"` in a pattern).
  private mutating func escape(into out: inout [UInt8]) {
    let letter = peek(1)
    at += min(2, bytes.count - at)
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): out.append(letter)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "x") where language == .python: unicode(letter, digits: 2, into: &out)
    case UInt8(ascii: "u"): unicode(letter, digits: 4, into: &out)
    case UInt8(ascii: "U"): unicode(letter, digits: language == .feel ? 6 : 8, into: &out)
    case 0 where at >= bytes.count: out.append(UInt8(ascii: "\\"))
    default: out.append(contentsOf: [UInt8(ascii: "\\"), letter])
    }
  }

  private func hex(_ from: Int, _ count: Int) -> UInt32? {
    guard from + count <= bytes.count else { return nil }
    return UInt32(String(decoding: bytes[from..<from + count], as: UTF8.self), radix: 16)
  }

  private mutating func unicode(_ letter: UInt8, digits: Int, into out: inout [UInt8]) {
    guard var unit = hex(at, digits) else {
      out.append(contentsOf: [UInt8(ascii: "\\"), letter])
      return
    }
    at += digits
    if unit & ~0x3FF == 0xD800, peek() == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u"), let low = hex(at + 2, 4), low & ~0x3FF == 0xDC00
    {
      unit = 0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF))
      at += 6
    }
    // Half a surrogate pair is no character; it shows as the replacement character.
    out.append(contentsOf: Array(String(Unicode.Scalar(unit).map { Character($0) } ?? "\u{FFFD}").utf8))
  }
}
