/// White space as Unicode has it, which is what the original trims: no-break space included.
func trimmed(_ text: String) -> String {
  guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return "" }
  guard isSpace(first) || isSpace(last) else { return text }
  let scalars = text.unicodeScalars
  guard let start = scalars.firstIndex(where: { !isSpace($0) }), let end = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
  return String(scalars[start...end])
}

func isSpace(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0: true
  case ..<0x1680: false
  default: scalar.properties.isWhitespace
  }
}

/// A reference to an element: what is left of a QName when its prefix is gone.
func localName(_ reference: String) -> String {
  guard reference.utf8.contains(UInt8(ascii: ":")), let colon = reference.utf8.lastIndex(of: UInt8(ascii: ":")) else { return reference }
  return String(reference[reference.index(after: colon)...])
}
