/// Why a text is not an expression, where, and what to try.
package struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String
  /// Bytes from the start of the text.
  package let offset: Int
  /// Both count from 1; a column is a character.
  package let line: Int
  package let column: Int
  package let hint: String?

  init(_ message: String, at offset: Int, in text: String, hint: String? = nil) {
    self.message = message
    self.offset = offset
    (line, column) = Place.of(offset, in: text)
    self.hint = hint
  }

  package var description: String { "\(line):\(column): \(message)" + (hint.map { " (try: \($0))" } ?? "") }
}

enum Place {
  /// Line and column of a byte of `text`.
  static func of(_ offset: Int, in text: String) -> (line: Int, column: Int) {
    let before = text.utf8.prefix(max(0, offset))
    let line = before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
    let start = before.lastIndex(of: 0x0A).map { before.index(after: $0) } ?? before.startIndex
    // Continuation bytes do not count, so that a column is what an editor shows.
    let column = before[start...].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    return (line, column)
  }
}
