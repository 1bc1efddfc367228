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
      name("#text", &isFirst)
      quote(text)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func writeAttributes(of element: Element, _ isFirst: inout Bool) {
    for declaration in element.declarations {
      name(declaration.prefix.isEmpty ? "@xmlns" : "@xmlns:" + declaration.prefix, &isFirst)
      quote(declaration.uri)
    }
    for attribute in element.attributes {
      name("@" + qualified(attribute.prefix, attribute.name), &isFirst)
      quote(attribute.value)
    }
  }

  /// Positions of the children, by name as written.
  private func groups(of element: Element) -> [(name: String, positions: [Int])] {
    var groups: [(name: String, positions: [Int])] = []
    var known: [String: Int] = [:]
    for (position, child) in element.children.enumerated() {
      let name = qualified(child.prefix, child.name)
      if let group = known[name] {
        groups[group].positions.append(position)
      } else {
        known[name] = groups.count
        groups.append((name, [position]))
      }
    }
    return groups
  }

  private mutating func writeGroup(_ group: (name: String, positions: [Int]), of element: Element, _ isFirst: inout Bool) {
    name(group.name, &isFirst)
    if group.positions.count == 1 { return write(element.children[group.positions[0]]) }
    for (index, position) in group.positions.enumerated() {
      add(index == 0 ? "[" : ", ")
      write(element.children[position])
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private func qualified(_ prefix: String, _ name: String) -> String { prefix.isEmpty ? name : prefix + ":" + name }

  private mutating func name(_ name: String, _ isFirst: inout Bool) {
    if !isFirst { add(", ") }
    isFirst = false
    quote(name)
    add(": ")
  }

  private mutating func add(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    let isPlain = text.withUTF8 { raw in
      let plain = raw.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
      if plain { bytes.append(contentsOf: raw) }
      return plain
    }
    if !isPlain { for unit in text.utf16 { escape(unit) } }
    bytes.append(UInt8(ascii: "\""))
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
