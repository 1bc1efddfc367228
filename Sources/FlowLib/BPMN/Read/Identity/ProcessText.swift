import FlowBPMN

/// The JSON text of an element's tree, from which the original hashes deployment ids.
///
/// Attributes first as `@name`, children in order of first appearance, repeated ones as an array, text as `#text`; an
/// element with text only is a string, an empty one null. Non-ASCII as `\uXXXX`, separators `", "` and `": "`.
struct ProcessText {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ element: Element) {
    let text = trimmed(element.text)
    guard !(element.attributes.isEmpty && element.declarations.isEmpty && element.children.isEmpty) else {
      if text.isEmpty { add("null") } else { quote(text) }
      return
    }
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    writeAttributes(of: element, &isFirst)
    for group in groups(of: element) { writeGroup(group, of: element, &isFirst) }
    if !text.isEmpty {
      name("#", "", "text", &isFirst)
      quote(text)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func writeAttributes(of element: Element, _ isFirst: inout Bool) {
    for declaration in element.declarations {
      if declaration.prefix.isEmpty { name("@", "", "xmlns", &isFirst) } else { name("@", "xmlns", declaration.prefix, &isFirst) }
      quote(declaration.uri)
    }
    for attribute in element.attributes {
      name("@", attribute.prefix, attribute.name, &isFirst)
      quote(attribute.value)
    }
  }

  /// Positions of the children, by name as written. Few names are searched; with many a table takes over, so that hostile
  /// files stay linear.
  private func groups(of element: Element) -> [[Int]] {
    let children = element.children
    if children.count == 1 { return [[0]] }
    var groups: [[Int]] = []
    var known: [String: Int] = [:]
    for position in children.indices {
      let group =
        groups.count <= 24 ? groups.firstIndex { isNamed(children[$0[0]], like: children[position]) } : known[title(children[position])]
      if let group {
        groups[group].append(position)
      } else {
        groups.append([position])
        if groups.count == 25 { for (index, group) in groups.enumerated() { known[title(children[group[0]])] = index } }
        if groups.count > 25 { known[title(children[position])] = groups.count - 1 }
      }
    }
    return groups
  }

  private func isNamed(_ left: Element, like right: Element) -> Bool { left.name == right.name && left.prefix == right.prefix }

  private func title(_ element: Element) -> String { qualified(element.prefix, element.name) }

  private mutating func writeGroup(_ positions: [Int], of element: Element, _ isFirst: inout Bool) {
    let first = element.children[positions[0]]
    name("", first.prefix, first.name, &isFirst)
    if positions.count == 1 { return write(first) }
    for (index, position) in positions.enumerated() {
      add(index == 0 ? "[" : ", ")
      write(element.children[position])
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func qualified(_ prefix: String, _ name: String) -> String { prefix.isEmpty ? name : prefix + ":" + name }

  private mutating func name(_ sign: StaticString, _ prefix: String, _ name: String, _ isFirst: inout Bool) {
    add(isFirst ? "\"" : ", \"")
    isFirst = false
    add(sign)
    if !prefix.isEmpty {
      escape(prefix)
      add(":")
    }
    escape(name)
    add("\": ")
  }

  private mutating func add(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    escape(text)
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ text: String) {
    var text = text
    let isPlain = text.withUTF8 { raw in
      // One or of all bytes' flaws runs eight times faster than leaving at the first.
      var flaws: UInt8 = 0
      for byte in raw {
        let isSpecial = byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
        flaws |= isSpecial ? 1 : 0
      }
      if flaws == 0 { bytes.append(contentsOf: raw) }
      return flaws == 0
    }
    if !isPlain { for unit in text.utf16 { escape(unit) } }
  }

  private mutating func escape(_ unit: UInt16) {
    switch unit {
    case 0x22: add("\\\"")
    case 0x5C: add("\\\\")
    case 0x0A: add("\\n")
    case 0x0D: add("\\r")
    case 0x09: add("\\t")
    case 0x08: add("\\b")
    case 0x0C: add("\\f")
    case 0x20..<0x7F: bytes.append(UInt8(truncatingIfNeeded: unit))
    default:
      add("\\u")
      for shift in stride(from: 12, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: unit >> UInt16(shift) & 15)
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }
}
