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
