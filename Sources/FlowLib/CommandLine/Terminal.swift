import Glibc

/// What the other end of an output can show.
package struct Terminal: Sendable, Equatable {
  package var isTerminal: Bool
  /// Columns of its window; nil when it is none, or does not tell.
  package var columns: Int?
  package var colour: Bool

  package init(isTerminal: Bool, columns: Int?, colour: Bool) {
    self.isTerminal = isTerminal
    self.columns = columns
    self.colour = colour
  }

  /// Looks at a descriptor, and at `NO_COLOR`, `CLICOLOR_FORCE` and `TERM=dumb`.
  package init(descriptor: Int32, environment: (String) -> String? = Environment.value) {
    isTerminal = isatty(descriptor) == 1
    columns = isTerminal ? Terminal.width(of: descriptor) : nil
    colour = Terminal.wantsColour(isTerminal: isTerminal, environment)
  }

  private static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// - Source: no-color.org, bixense.com/clicolors.
  package static func wantsColour(isTerminal: Bool, _ environment: (String) -> String?) -> Bool {
    if let none = environment("NO_COLOR"), !none.isEmpty { return false }
    if let force = environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
    return isTerminal && environment("TERM") != "dumb"
  }
}

/// A colour that repeats what the text says; it is never the only signal.
package enum Style: Sendable, Equatable {
  case plain, bold, dim, red, green, yellow, blue

  private var code: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .dim: "2"
    case .red: "31"
    case .green: "32"
    case .yellow: "33"
    case .blue: "34"
    }
  }

  package func applied(to text: String, colour: Bool) -> String {
    guard colour, let code, !text.isEmpty else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
