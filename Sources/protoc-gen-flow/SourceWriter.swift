/// Lines of Swift with their indentation.
struct SourceWriter {
  private(set) var text = ""
  private var level = 0

  mutating func line(_ line: String = "") {
    if !line.isEmpty { text += String(repeating: "  ", count: level) + line }
    text += "\n"
  }

  /// A line that opens a block, its lines, and the brace that closes it.
  mutating func block(_ head: String, _ body: (inout SourceWriter) throws -> Void) rethrows {
    line(head + " {")
    level += 1
    try body(&self)
    level -= 1
    line("}")
  }

  mutating func doc(_ comment: String?) {
    guard let comment else { return }
    for text in comment.split(separator: "\n", omittingEmptySubsequences: false) { line(text.isEmpty ? "///" : "/// \(text)") }
  }
}
