package enum Language: Sendable { case feel, python }

struct Token: Sendable {
  enum Kind: Sendable, Equatable {
    case number(String)
    case string(String)
    case temporal(String)
    case word(String)
    /// A name between backticks, as Camunda writes names with other signs in them.
    case quoted(String)
    case mark(String)
    case end
  }

  let kind: Kind
  let offset: Int

  func isMark(_ text: String) -> Bool { kind == .mark(text) }
  func isWord(_ text: String) -> Bool { kind == .word(text) }

  var word: String? {
    guard case .word(let text) = kind else { return nil }
    return text
  }

  /// As a message shows it.
  var shown: String {
    switch kind {
    case .number(let text), .word(let text), .quoted(let text), .mark(let text):
      "'\(text.count > 40 ? String(text.prefix(37)) + "..." : text)'"
    case .string: "a string"
    case .temporal: "a temporal literal"
    case .end: "the end"
    }
  }
}
