/// A Swift file as the tidy rules see it: its lines as written, and its code with comments and text blanked out.
struct SourceText {
  let path: String
  let lines: [String]
  /// Same number of lines; every character of a comment or a string literal is a space, interpolated code is kept.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var blanker = Blanker(text)
    code = blanker.run().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

extension SourceText {
  /// Where the comment and the attributes right above a line begin, or the line itself.
  func firstLineOfComment(above index: Int) -> Int {
    var first = index
    while first > 0 {
      let above = lines[first - 1].drop { $0 == " " }
      guard above.hasPrefix("//") || above.hasPrefix("@") else { break }
      first -= 1
    }
    return first
  }
}

/// Blanks comments and string literals. Knows nested comments, raw and multi-line strings, and interpolation.
///
/// Works on bytes, and looks closer only at those that can begin or end something: the rules read the whole house in a debug build.
struct Blanker {
  private enum Context {
    case code(parentheses: Int)
    case string(hashes: Int, multiline: Bool)
    case lineComment
    case blockComment(depth: Int)
  }

  private static let newline = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  private static let slash = UInt8(ascii: "/")
  private static let star = UInt8(ascii: "*")
  private static let hash = UInt8(ascii: "#")
  private static let opening = UInt8(ascii: "(")
  private static let closing = UInt8(ascii: ")")

  private let text: [UInt8]
  private var at = 0
  private var output: [UInt8] = []
  private var contexts: [Context] = [.code(parentheses: 0)]

  init(_ text: String) {
    self.text = Array(text.utf8)
    output.reserveCapacity(self.text.count)
  }

  mutating func run() -> String {
    while at < text.count, let context = contexts.last {
      switch context {
      case .code(let parentheses): code(parentheses)
      case .string(let hashes, let multiline): string(hashes, multiline)
      case .lineComment: lineComment()
      case .blockComment(let depth): blockComment(depth)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The byte so many places on, or zero past the end.
  private func byte(_ offset: Int) -> UInt8 { at + offset < text.count ? text[at + offset] : 0 }

  private mutating func blank(_ count: Int) {
    for index in at..<min(at + count, text.count) { output.append(text[index] == Self.newline ? Self.newline : Self.space) }
    at += count
  }

  private mutating func keep() {
    output.append(text[at])
    at += 1
  }

  private mutating func replaceTop(_ context: Context) {
    contexts[contexts.count - 1] = context
  }

  private mutating func code(_ parentheses: Int) {
    switch byte(0) {
    case Self.slash where byte(1) == Self.slash: contexts.append(.lineComment)
    case Self.slash where byte(1) == Self.star: contexts.append(.blockComment(depth: 0))
    case Self.quote, Self.hash: quoteOrHash()
    case Self.opening:
      replaceTop(.code(parentheses: parentheses + 1))
      keep()
    case Self.closing: close(parentheses)
    default: keep()
    }
  }

  /// The end of an interpolation is the parenthesis that closes more than were opened in it.
  private mutating func close(_ parentheses: Int) {
    if parentheses == 0 && contexts.count > 1 {
      contexts.removeLast()
      return blank(1)
    }
    replaceTop(.code(parentheses: max(0, parentheses - 1)))
    keep()
  }

  private mutating func quoteOrHash() {
    var hashes = 0
    while byte(hashes) == Self.hash { hashes += 1 }
    guard byte(hashes) == Self.quote else { return keep() }
    let multiline = byte(hashes + 1) == Self.quote && byte(hashes + 2) == Self.quote
    contexts.append(.string(hashes: hashes, multiline: multiline))
    blank(hashes + (multiline ? 3 : 1))
  }

  private mutating func string(_ hashes: Int, _ multiline: Bool) {
    switch byte(0) {
    case Self.backslash where hasHashes(hashes, after: 1):
      let interpolates = byte(1 + hashes) == Self.opening
      if interpolates { contexts.append(.code(parentheses: 0)) }
      blank(2 + hashes)
    case Self.quote where !multiline && hasHashes(hashes, after: 1): end(1 + hashes)
    case Self.quote where multiline && byte(1) == Self.quote && byte(2) == Self.quote && hasHashes(hashes, after: 3): end(3 + hashes)
    case Self.newline where !multiline: end(1)
    default: blank(1)
    }
  }

  private func hasHashes(_ count: Int, after offset: Int) -> Bool {
    (0..<count).allSatisfy { byte(offset + $0) == Self.hash }
  }

  private mutating func end(_ count: Int) {
    contexts.removeLast()
    blank(count)
  }

  private mutating func lineComment() {
    if byte(0) == Self.newline { contexts.removeLast() }
    blank(1)
  }

  private mutating func blockComment(_ depth: Int) {
    if byte(0) == Self.slash, byte(1) == Self.star {
      replaceTop(.blockComment(depth: depth + 1))
      blank(2)
    } else if byte(0) == Self.star, byte(1) == Self.slash {
      if depth == 1 { contexts.removeLast() } else { replaceTop(.blockComment(depth: depth - 1)) }
      blank(2)
    } else {
      blank(1)
    }
  }
}
