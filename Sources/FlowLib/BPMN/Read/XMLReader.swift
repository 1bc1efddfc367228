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
/// No network, no document type, so no entities but the five of XML; every bound is checked while reading.
func readTree(_ bytes: [UInt8]) throws(XMLFailure) -> Element {
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
  return root
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
  private(set) var root: Element?
  private(set) var failure: XMLFailure?
  private var context: xmlParserCtxtPtr?
  private var open: [Element] = []
  /// Character data of all open elements, one after the other; `textStarts` tells where each begins.
  private var text: [UInt8] = []
  private var textStarts: [Int] = []
  private var elements = 0
  private var namespacesInForce = 0
  /// libxml2 keeps one copy of each name while a parser lives, so that its address stands for it.
  private var names: [UnsafePointer<xmlChar>: String] = [:]

  func parse(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let context = xmlCreateMemoryParserCtxt(bytes.baseAddress, Int32(bytes.count)) else { return false }
    defer {
      self.context = nil
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

  func doctype() {
    stop(
      "xml-doctype", "the file has a document type declaration, which can define entities",
      "remove the <!DOCTYPE …> line; BPMN has no use for it")
  }

  func reported(_ error: xmlError) {
    guard failure == nil, error.level.rawValue >= XML_ERR_ERROR.rawValue else { return }
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
    var element = Element(namespace: interned(uri), prefix: interned(prefix), name: interned(name), line: line)
    for index in stride(from: 0, to: declarations.count, by: 2) {
      element.declarations.append(.init(prefix: interned(declarations[index]), uri: interned(declarations[index + 1])))
    }
    if !attributes.isEmpty { element.attributes = read(attributes) }
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
      stop("xml-too-many-namespaces", "more than \(Limits.xmlNamespaces) namespaces are in force", "declare each namespace once, on the root")
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
        .init(namespace: interned(raw[index + 2]), prefix: interned(raw[index + 1]), name: interned(raw[index]), value: value))
    }
    return attributes
  }

  private func interned(_ name: UnsafePointer<xmlChar>?) -> String {
    guard let name else { return "" }
    if let known = names[name] { return known }
    let text = String(cString: name)
    names[name] = text
    return text
  }

  func characters(_ chunk: UnsafeBufferPointer<xmlChar>) {
    if failure == nil { text.append(contentsOf: chunk) }
  }

  func ended() {
    guard failure == nil, var element = open.popLast(), let start = textStarts.popLast() else { return }
    namespacesInForce -= element.declarations.count
    // Indentation between children is layout, not text.
    let isLayout = !element.children.isEmpty && text[start...].allSatisfy { $0 <= 0x20 }
    if !isLayout, text.count > start { element.text = String(decoding: text[start...], as: UTF8.self) }
    text.removeSubrange(start...)
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
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
