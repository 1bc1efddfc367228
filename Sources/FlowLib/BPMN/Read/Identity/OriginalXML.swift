import FlowBPMN

/// The process of a file as the original keeps it under `proc`: what its XML library writes of the process's tree.
///
/// Children of one name come together, in the order in which names first appear; text stands behind the children, without the blanks
/// around it; no element is written in the short form, and no namespace is declared that `process` itself does not declare. Elements of
/// BPMN have the prefix `bpmn:`, by which the original's readers find them.
///
/// - Returns: nil when the bytes are not a file with such a process.
/// - Source: reference, sections 5 and 9.
package func originalProcessXML(of file: [UInt8], process id: String) -> [UInt8]? {
  let root: Element
  do { root = try readTree(file).root } catch { return nil }
  let process = root.all("process", in: .bpmn).first { $0[attribute: "id"] == id }
  guard let process else { return nil }
  var text = OriginalXML()
  text.write(process)
  return text.bytes
}

private struct OriginalXML {
  private(set) var bytes = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".utf8)

  mutating func write(_ element: Element) {
    let name = OriginalXML.name(of: element)
    add("<" + name)
    for declaration in element.declarations {
      attribute(declaration.prefix.isEmpty ? "xmlns" : "xmlns:" + declaration.prefix, declaration.uri)
    }
    for each in element.attributes { attribute(each.prefix.isEmpty ? each.name : each.prefix + ":" + each.name, each.value) }
    add(">")
    for child in OriginalXML.grouped(element.children) { write(child) }
    for byte in trimmed(element.text).utf8 { escape(byte) }
    add("</" + name + ">")
  }

  private static func name(of element: Element) -> String {
    if element.namespace == .bpmn { return "bpmn:" + element.name }
    return element.prefix.isEmpty ? element.name : element.prefix + ":" + element.name
  }

  private static func grouped(_ children: [Element]) -> [Element] {
    guard children.count > 2 else { return children }
    var (groups, places): ([[Element]], [String: Int]) = ([], [:])
    for child in children {
      let name = name(of: child)
      if let place = places[name] {
        groups[place].append(child)
      } else {
        places[name] = groups.count
        groups.append([child])
      }
    }
    return groups.flatMap { $0 }
  }

  private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Quoted by whichever mark the value does not hold; what a reader would take for a blank is written as its number.
  private mutating func attribute(_ name: String, _ value: String) {
    let quote = value.utf8.contains(UInt8(ascii: "\"")) && !value.utf8.contains(UInt8(ascii: "'")) ? UInt8(ascii: "'") : UInt8(ascii: "\"")
    add(" " + name + "=")
    bytes.append(quote)
    for byte in value.utf8 {
      switch byte {
      case 0x0A: add("&#10;")
      case 0x0D: add("&#13;")
      case 0x09: add("&#9;")
      case UInt8(ascii: "\"") where quote == byte: add("&quot;")
      case _: escape(byte)
      }
    }
    bytes.append(quote)
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "&"): add("&amp;")
    case UInt8(ascii: "<"): add("&lt;")
    case UInt8(ascii: ">"): add("&gt;")
    case _: bytes.append(byte)
    }
  }
}
