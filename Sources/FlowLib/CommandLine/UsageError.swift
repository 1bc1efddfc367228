/// The caller's words make no sense: what, and what to try. Exit code 2.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  package static let exitCode: Int32 = 2

  package var message: String
  package var hint: String?
  /// `flowctl ps`, whose help the message points to.
  package var command: String

  package init(_ message: String, hint: String? = nil, command: String) {
    self.message = message
    self.hint = hint
    self.command = command
  }

  /// Lines for stderr, with a line feed at the end.
  package var description: String {
    let help = "\(command) --help"
    // A question stands alone; anything else is one of two things to try.
    let hint = hint.map { Printable.line($0) + ($0.hasSuffix("?") ? "  (or see: " + help + ")" : ", or see: " + help) } ?? help
    return "error: \(Printable.line(message))\ntry:   \(hint)\n"
  }
}
