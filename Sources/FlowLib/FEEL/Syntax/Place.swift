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

/// The line of a text that a message speaks of, and how much of it lies before the place.
package struct Excerpt: Sendable, Equatable {
  package let line: String
  package let before: String

  /// Characters of a long line that are kept on either side of the place.
  private static let reach = 60

  /// - Parameter offset: bytes from the start of the text.
  package init(of text: String, at offset: Int) {
    let bytes = Array(text.utf8)
    let place = min(max(0, offset), bytes.count)
    let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
    let head = String(decoding: bytes[start..<place], as: UTF8.self)
    let tail = String(decoding: bytes[place..<end], as: UTF8.self)
    before = head.count > Excerpt.reach ? "…" + head.suffix(Excerpt.reach) : head
    line = before + (tail.count > Excerpt.reach ? tail.prefix(Excerpt.reach) + "…" : tail)
  }
}
