/// A piece of a page. Literals are markup; whatever is interpolated is text and gets escaped, unless it is `HTML` itself.
///
/// So `"<b>\(name)</b>" as HTML` is safe for any name, and no other way leads from a `String` into a page.
package struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  package private(set) var text: String

  package init(stringLiteral value: String) { text = value }
  package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  package static let empty: HTML = ""

  package var isEmpty: Bool { text.isEmpty }

  package static func + (left: HTML, right: HTML) -> HTML { "\(left)\(right)" }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity + 16 * interpolationCount) }

    package mutating func appendLiteral(_ literal: String) { text += literal }
    package mutating func appendInterpolation(_ value: String) { HTML.escape(value, to: &text) }
    package mutating func appendInterpolation(_ value: some BinaryInteger) { text += String(value) }
    package mutating func appendInterpolation(_ value: HTML) { text += value.text }
    package mutating func appendInterpolation(_ value: HTML?) { if let value { text += value.text } }
    package mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.text } }
  }

  private static let entities: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"]

  /// Escapes for text and for quoted attributes alike; control characters that no page may hold become U+FFFD.
  private static func escape(_ value: String, to out: inout String) {
    for scalar in value.unicodeScalars {
      if let entity = entities[scalar] {
        out += entity
      } else {
        let isControl = scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7F...0x9F).contains(scalar.value)
        out.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
  }
}

extension String {
  /// The first `count` characters, with an ellipsis where something was left out. Looks at no more of the text than it keeps.
  func shortened(to count: Int) -> String {
    guard let end = index(startIndex, offsetBy: count, limitedBy: endIndex), end < endIndex else { return self }
    return self[..<end] + "…"
  }
}
