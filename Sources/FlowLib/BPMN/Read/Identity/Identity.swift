import FlowBPMN
import FlowCrypto

/// What a process is known by: 64 hex digits over its text and that of the root elements it refers to.
func digest(of process: Element, referring references: RootReferences) -> String {
  var text = ProcessText()
  text.write(process)
  for element in references.referred(by: process) { text.write(element) }
  return SHA256.hex(of: text.bytes)
}

/// The name under which the original addresses things: a DNS label. nil when nothing is left of `text`.
package func sanitised(_ text: String) -> String? {
  let dash = UInt8(ascii: "-")
  var out: [UInt8] = []
  // Letters beyond ASCII are dropped, but for those whose lower case is an ASCII letter.
  let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
  for byte in (isASCII ? text : text.lowercased()).utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): out.append(byte)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): out.append(byte | 0x20)
    case dash, UInt8(ascii: "."), UInt8(ascii: "_"), 0x20, 0x0A: if out.last != dash { out.append(dash) }
    default: continue
    }
  }
  let body = out.drop { $0 == dash }
  guard let last = body.lastIndex(where: { $0 != dash }) else { return nil }
  let name = String(decoding: body[...last], as: UTF8.self)
  guard name.utf8.count > 63 else { return name }
  return String(name.prefix(54)) + "-" + String(SHA256.hex(of: name).prefix(8))
}

/// The elements under `definitions` that a process may name: messages, errors, signals, item definitions, global tasks …
struct RootReferences {
  private let candidates: [Element]
  private let positions: [String: Int]

  init(_ root: Element) {
    let structure: Set<String> = [
      "process", "collaboration", "choreography", "import", "extensionElements", "relationship", "documentation",
    ]
    let own = root.children.filter { $0.namespace == Namespace.bpmn }
    candidates = own.filter { !structure.contains($0.name) } + own.flatMap(RootReferences.correlationKeys)
    var positions: [String: Int] = [:]
    for (position, element) in candidates.enumerated() {
      if let id = element[attribute: "id"], positions[id] == nil { positions[id] = position }
    }
    self.positions = positions
  }

  /// In document order, also those that are named by the named ones.
  func referred(by process: Element) -> [Element] {
    guard !positions.isEmpty else { return [] }
    var found: Set<Int> = []
    collect(process, into: &found)
    return found.sorted().map { candidates[$0] }
  }

  private func collect(_ element: Element, into found: inout Set<Int>) {
    for attribute in element.attributes where isReference(attribute.name) { follow(attribute.value, into: &found) }
    if isReference(element.name), element.children.isEmpty { follow(element.text, into: &found) }
    for child in element.children { collect(child, into: &found) }
  }

  private func isReference(_ name: String) -> Bool { name.utf8.suffix(3).elementsEqual("Ref".utf8) || name == "calledElement" }

  /// The keys that a process subscribes to lie in its collaboration or in a conversation of it.
  private static func correlationKeys(in element: Element) -> [Element] {
    if element.name == "correlationKey" { return [element] }
    guard holders.contains(element.name) else { return [] }
    return element.children.flatMap(correlationKeys)
  }

  private static let holders: Set<String> = ["collaboration", "choreography", "globalConversation", "conversation", "subConversation"]

  private func follow(_ reference: String, into found: inout Set<Int>) {
    let name = trimmed(reference)
    guard let position = positions[name] ?? positions[localName(name)], found.insert(position).inserted else { return }
    collect(candidates[position], into: &found)
  }
}
