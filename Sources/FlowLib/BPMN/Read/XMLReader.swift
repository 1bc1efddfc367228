import CLibXML2
import FlowBPMN
import FlowCore

/// Why bytes are not XML that we read.
struct XMLFailure: Error, Equatable {
  var code: String
  var line: Int
  var message: String
  var hint: String
}

/// Reads bytes as namespace-well-formed XML into a tree. The only place that knows libxml2.
///
/// No network, no declarations in a document type, so no entities but the five of XML; every bound is checked while reading.
func readTree(_ bytes: [UInt8]) throws(XMLFailure) -> (root: Element, counts: Counts) {
  try checkBounds(bytes)
  _ = initialised
  // What libxml2 reports outside of a parser (unknown encodings) would go to stderr; the structured handler has it all.
  xmlSetStructuredErrorFunc(nil) { _, _ in }
  let builder = TreeBuilder()
  let parsed = bytes.withUnsafeBytes { builder.parse($0) }
  if let failure = builder.failure { throw failure }
  guard parsed, let root = builder.root else {
    throw XMLFailure(
      code: "xml-not-well-formed", line: 0, message: "the file is not well-formed XML", hint: "open it in an XML editor")
  }
  return (root, builder.counts)
}

private let initialised: Void = xmlInitParser()

private func checkBounds(_ bytes: [UInt8]) throws(XMLFailure) {
  guard !bytes.isEmpty else {
    throw XMLFailure(code: "xml-empty", line: 0, message: "the file is empty", hint: "give a BPMN 2.0 file")
  }
  let countable = XMLPrescan.attributesCanBeCounted(bytes)
  let limit = countable ? Limits.bpmnFileBytes : Limits.bpmnFileBytesUncommonEncoding
  guard bytes.count <= limit else {
    throw XMLFailure(
      code: "xml-too-large", line: 0, message: "the file has \(bytes.count) bytes, more than the limit of \(limit)",
      hint: countable ? "split the model" : "save it in UTF-8, where the limit is \(Limits.bpmnFileBytes)")
  }
  if countable, let line = XMLPrescan.lineOfTooManyAttributes(bytes) {
    throw XMLFailure(
      code: "xml-too-many-attributes", line: line,
      message: "an element has more than \(Limits.xmlAttributes) attributes", hint: "no model needs that many; check how it was made")
  }
}

/// Builds the tree from libxml2's SAX2 events, which come on the caller's thread while `parse` runs.
private final class TreeBuilder {
  // Events come one after the other and none from inside another, so that no access can overlap with itself.
  @exclusivity(unchecked) private(set) var root: Element?
  @exclusivity(unchecked) private(set) var failure: XMLFailure?
  @exclusivity(unchecked) private var context: xmlParserCtxtPtr?
  @exclusivity(unchecked) private var open: [Element] = []
  /// Character data of all open elements, one after the other; `textStarts` tells where each begins.
  @exclusivity(unchecked) private var text: [UInt8] = []
  @exclusivity(unchecked) private var textStarts: [Int] = []
  @exclusivity(unchecked) private var elements = 0
  @exclusivity(unchecked) private var namespacesInForce = 0
  @exclusivity(unchecked) private(set) var counts = Counts()
  @exclusivity(unchecked) private var kinds = NameCache<Counts.Kind?>(nil) { Counts.Kind(String(cString: $0)) }
  @exclusivity(unchecked) private var names = NameCache<String>("") { String(cString: $0) }
  @exclusivity(unchecked) private var namespaces = NameCache<Namespace>(.none) { Namespace(String(cString: $0)) }

  func parse(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let context = xmlCreateMemoryParserCtxt(bytes.baseAddress, Int32(bytes.count)) else { return false }
    defer {
      self.context = nil
      // libxml2 makes a document of its own for the entities of a document type behind an error.
      if let leftover = context.pointee.myDoc { xmlFreeDoc(leftover) }
      xmlFreeParserCtxt(context)
    }
    self.context = context
    xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue))
    context.pointee.sax.pointee = saxHandler()
    context.pointee.userData = Unmanaged.passUnretained(self).toOpaque()
    xmlParseDocument(context)
    return context.pointee.wellFormed == 1 && context.pointee.nsWellFormed == 1
  }

  private var line: Int { context?.pointee.input.map { Int($0.pointee.line) } ?? 0 }

  private func stop(_ code: String, _ message: String, _ hint: String) {
    guard failure == nil, let context else { return }
    failure = XMLFailure(code: code, line: line, message: message, hint: hint)
    xmlStopParser(context)
  }

  /// Called behind the names of a document type, in front of its own declarations. A type that only names a file defines
  /// nothing: the file is not fetched, and an entity of it is undefined.
  func doctype() {
    guard let next = context?.pointee.input?.pointee.cur, next.pointee == UInt8(ascii: "[") else { return }
    stop(
      "xml-doctype", "the document type declaration has declarations in it, which can define entities",
      "remove the <!DOCTYPE …> line; BPMN has no use for it")
  }

  func reported(_ error: xmlError) {
    guard failure == nil, error.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
    // The parser may be in the middle of its buffers, which xmlStopParser would free: only tell it to end soon.
    context?.pointee.disableSAX = 1
    context?.pointee.instate = XML_PARSER_EOF
    let message = error.message.map { String(cString: $0) } ?? "not well-formed XML"
    let isNamespace = error.domain == Int32(XML_FROM_NAMESPACE.rawValue)
    failure = XMLFailure(
      code: isNamespace ? "xml-namespace" : "xml-not-well-formed", line: Int(error.line),
      message: String(message.split(whereSeparator: \.isNewline).first ?? "not well-formed XML"),
      hint: isNamespace ? "declare the prefix with xmlns:prefix=\"…\" on the root element" : "mend the XML at this line")
  }

  func started(
    _ name: UnsafePointer<xmlChar>, prefix: UnsafePointer<xmlChar>?, uri: UnsafePointer<xmlChar>?,
    declarations: UnsafeBufferPointer<UnsafePointer<xmlChar>?>, attributes: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
  ) {
    guard failure == nil, withinBounds(newNamespaces: declarations.count / 2) else { return }
    var element = Element(namespace: namespaces[uri], prefix: names[prefix], name: names[name], line: line)
    for index in stride(from: 0, to: declarations.count, by: 2) {
      element.declarations.append(.init(prefix: names[declarations[index]], uri: names[declarations[index + 1]]))
    }
    if !attributes.isEmpty { element.attributes = read(attributes) }
    if element.namespace == .bpmn, let kind = kinds[name] { counts.add(kind) }
    open.append(element)
    textStarts.append(text.count)
  }

  private func withinBounds(newNamespaces: Int) -> Bool {
    elements += 1
    namespacesInForce += newNamespaces
    if elements > Limits.xmlElements {
      stop("xml-too-many-elements", "the file has more than \(Limits.xmlElements) elements", "split the model")
    } else if open.count >= Limits.xmlDepth {
      stop("xml-too-deep", "elements are nested deeper than \(Limits.xmlDepth) levels", "flatten the model")
    } else if namespacesInForce > Limits.xmlNamespaces {
      stop(
        "xml-too-many-namespaces", "more than \(Limits.xmlNamespaces) namespaces are in force", "declare each namespace once, on the root")
    }
    return failure == nil
  }

  /// Five pointers an attribute: name, prefix, namespace, begin and end of the value.
  private func read(_ raw: UnsafeBufferPointer<UnsafePointer<xmlChar>?>) -> [Element.Attribute] {
    var attributes: [Element.Attribute] = []
    attributes.reserveCapacity(raw.count / 5)
    for index in stride(from: 0, to: raw.count, by: 5) {
      guard let begin = raw[index + 3], let end = raw[index + 4] else { continue }
      let value = String(decoding: UnsafeBufferPointer(start: begin, count: end - begin), as: UTF8.self)
      attributes.append(
        .init(namespace: namespaces[raw[index + 2]], prefix: names[raw[index + 1]], name: names[raw[index]], value: value))
    }
    return attributes
  }

  func characters(_ chunk: UnsafeBufferPointer<xmlChar>) {
    if failure == nil { text.append(contentsOf: chunk) }
  }

  func ended() {
    guard failure == nil, var element = open.popLast(), let start = textStarts.popLast() else { return }
    namespacesInForce -= element.declarations.count
    // Indentation between children is layout, not text.
    if text.count > start {
      let hasChildren = !element.children.isEmpty
      element.text = text.withUnsafeBufferPointer { all in
        let own = UnsafeBufferPointer(rebasing: all[start...])
        return hasChildren && own.allSatisfy { $0 <= 0x20 } ? "" : String(decoding: own, as: UTF8.self)
      }
      text.removeLast(text.count - start)
    }
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }
}

/// What names stand for. libxml2 keeps one copy of each name while a parser lives, so that its address is enough to know it.
private struct NameCache<Value> {
  private var slots: [(name: UnsafePointer<xmlChar>?, value: Value)]
  private let none: Value
  private let make: (UnsafePointer<xmlChar>) -> Value

  init(_ none: Value, make: @escaping (UnsafePointer<xmlChar>) -> Value) {
    slots = Array(repeating: (nil, none), count: 256)
    self.none = none
    self.make = make
  }

  subscript(name: UnsafePointer<xmlChar>?) -> Value {
    mutating get {
      guard let name else { return none }
      let address = UInt(bitPattern: name)
      let slot = Int((address >> 2 ^ address >> 10) & 255)
      if slots[slot].name == name { return slots[slot].value }
      let value = make(name)
      slots[slot] = (name, value)
      return value
    }
  }
}

private func saxHandler() -> xmlSAXHandler {
  var handler = xmlSAXHandler()
  handler.initialized = UInt32(XML_SAX2_MAGIC)
  handler.startElementNs = { user, name, prefix, uri, declared, declarations, attributed, _, attributes in
    guard let name else { return }
    builder(user)?.started(
      name, prefix: prefix, uri: uri, declarations: UnsafeBufferPointer(start: declarations, count: Int(declared) * 2),
      attributes: UnsafeBufferPointer(start: attributes, count: Int(attributed) * 5))
  }
  handler.endElementNs = { user, _, _, _ in builder(user)?.ended() }
  handler.characters = { user, text, count in builder(user)?.characters(UnsafeBufferPointer(start: text, count: Int(count))) }
  handler.cdataBlock = handler.characters
  handler.ignorableWhitespace = handler.characters
  handler.internalSubset = { user, _, _, _ in builder(user)?.doctype() }
  handler.serror = { user, error in
    if let error { builder(user)?.reported(error.pointee) }
  }
  return handler
}

private func builder(_ user: UnsafeMutableRawPointer?) -> TreeBuilder? {
  user.map { Unmanaged<TreeBuilder>.fromOpaque($0).takeUnretainedValue() }
}
