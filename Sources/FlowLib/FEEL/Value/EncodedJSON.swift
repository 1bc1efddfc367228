import FlowCore

/// A JSON document as bytes, of which parts are read without building the rest. Linear in the bytes, and never recursive.
///
/// What is no JSON is told by nil; the caller then reads the whole and learns why.
struct EncodedJSON {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Where the member lies that a path of names leads to; the last of that name, as the parser has it.
  func member(_ path: some Collection<String>) -> Range<Int>? {
    var at = skipSpace(0)
    for name in path {
      guard let value = member(name, ofObjectAt: at) else { return nil }
      at = value
    }
    return end(ofValueAt: at).map { at..<$0 }
  }

  /// The document without the white space around it.
  var whole: Range<Int>? {
    let start = skipSpace(0)
    guard let end = end(ofValueAt: start), skipSpace(end) == bytes.count else { return nil }
    return start..<end
  }

  private func skipSpace(_ from: Int) -> Int {
    var at = from
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
    return at
  }

  /// Where the value of a member begins.
  private func member(_ name: String, ofObjectAt start: Int) -> Int? {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { return nil }
    var found: Int?
    var at = skipSpace(start + 1)
    if at < bytes.count, bytes[at] == UInt8(ascii: "}") { return nil }
    while at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
      guard let nameEnd = end(ofStringAt: at) else { return nil }
      let isIt = isName(name, at + 1..<nameEnd - 1)
      at = skipSpace(nameEnd)
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { return nil }
      at = skipSpace(at + 1)
      if isIt { found = at }
      guard let valueEnd = end(ofValueAt: at) else { return nil }
      at = skipSpace(valueEnd)
      guard at < bytes.count else { return nil }
      if bytes[at] == UInt8(ascii: "}") { return found }
      guard bytes[at] == UInt8(ascii: ",") else { return nil }
      at = skipSpace(at + 1)
    }
    return nil
  }

  private func isName(_ name: String, _ range: Range<Int>) -> Bool {
    if range.count == name.utf8.count { return bytes[range].elementsEqual(name.utf8) }
    // An escaped name is longer than what it says.
    guard range.count > name.utf8.count, bytes[range].contains(UInt8(ascii: "\\")) else { return false }
    do throws(JSONError) {
      return try JSON(parsing: Array(bytes[range.lowerBound - 1...range.upperBound])).string == name
    } catch {
      return false
    }
  }

  /// Behind the closing quote.
  private func end(ofStringAt start: Int) -> Int? {
    var at = start + 1
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "\"") { return at + 1 }
      at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }

  private func end(ofValueAt start: Int) -> Int? {
    guard start < bytes.count else { return nil }
    if bytes[start] == UInt8(ascii: "\"") { return end(ofStringAt: start) }
    if bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[") { return end(ofNestedAt: start) }
    var at = start
    while at < bytes.count, EncodedJSON.isPlain(bytes[at]) { at += 1 }
    return at > start ? at : nil
  }

  /// What numbers and the words `true`, `false` and `null` are made of.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || byte | 0x20 >= 97 && byte | 0x20 <= 122 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      || byte == UInt8(ascii: ".")
  }

  private func end(ofNestedAt start: Int) -> Int? {
    var (at, depth) = (start, 0)
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        guard let next = end(ofStringAt: at) else { return nil }
        at = next
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return at + 1 }
      default: break
      }
      at += 1
    }
    return nil
  }
}

extension EncodedJSON {
  /// A value that holds no others: null, a boolean, a number without exponent, a string without escapes. Nil for everything else.
  func scalar(_ range: Range<Int>) -> Value? {
    guard let first = range.first else { return nil }
    if bytes[first] == UInt8(ascii: "\"") {
      let text = bytes[range.lowerBound + 1..<range.upperBound - 1]
      guard !text.contains(where: { $0 == UInt8(ascii: "\\") || $0 < 0x20 }) else { return nil }
      return String(validating: text, as: UTF8.self).map { .string($0) }
    }
    if bytes[first] == UInt8(ascii: "t") { return bytes[range].elementsEqual("true".utf8) ? .boolean(true) : nil }
    if bytes[first] == UInt8(ascii: "f") { return bytes[range].elementsEqual("false".utf8) ? .boolean(false) : nil }
    if bytes[first] == UInt8(ascii: "n") { return bytes[range].elementsEqual("null".utf8) ? .null : nil }
    return integer(range).map { .number(Number($0)) }
  }

  /// A whole number of at most 18 digits, the way JSON writes it.
  func integer(_ range: Range<Int>) -> Int64? {
    var at = range.lowerBound
    let isNegative = bytes[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    let digits = range.upperBound - at
    guard 1...18 ~= digits, bytes[at] != UInt8(ascii: "0") || digits == 1 else { return nil }
    var value: Int64 = 0
    while at < range.upperBound {
      let digit = bytes[at] &- 48
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
      at += 1
    }
    return isNegative ? -value : value
  }
}
