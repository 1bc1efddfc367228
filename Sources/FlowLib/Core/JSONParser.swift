/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  public enum Reason: String, Sendable {
    case syntax = "not JSON"
    case trailing = "text after the end of the document"
    case encoding = "not UTF-8"
    case depth = "nested deeper than the limit"
    case range = "number out of range"
  }

  public let reason: Reason
  /// Bytes from the start of the text.
  public let offset: Int

  public var description: String { "\(reason.rawValue) at byte \(offset)" }
}

extension JSON {
  /// Reads one document that fills all of `bytes`, nested at most `Limits.jsonDepth`.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }

  public init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}

struct JSONParser {
  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSON {
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard at == bytes.count else { throw fail(.trailing) }
    return value
  }

  private func fail(_ reason: JSONError.Reason) -> JSONError { JSONError(reason: reason, offset: at) }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard depth < Limits.jsonDepth else { throw fail(.depth) }
    guard at < bytes.count else { throw fail(.syntax) }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw fail(.syntax)
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let count = text.utf8CodeUnitCount
    guard bytes.count - at >= count else { throw fail(.syntax) }
    for index in 0..<count where bytes[at + index] != text.utf8Start[index] { throw fail(.syntax) }
    at += count
    return value
  }

  /// Takes the next byte if it is `wanted`, after white space.
  private mutating func take(_ wanted: UInt8) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == wanted else { return false }
    at += 1
    return true
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    at += 1
    var items: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(items) }
    repeat {
      skipSpace()
      items.append(try value(depth: depth + 1))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw fail(.syntax) }
    return .array(items)
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    at += 1
    var object = JSON.Object()
    var seen: [String: Int] = [:]
    if take(UInt8(ascii: "}")) { return .object(object) }
    repeat {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw fail(.syntax) }
      let name = try string()
      guard take(UInt8(ascii: ":")) else { throw fail(.syntax) }
      skipSpace()
      let member = try value(depth: depth + 1)
      add(member, named: name, to: &object, seen: &seen)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw fail(.syntax) }
    return .object(object)
  }

  /// Small objects are searched; a table is kept only from 16 members on, so that hostile ones stay linear.
  private func add(_ member: JSON, named name: String, to object: inout JSON.Object, seen: inout [String: Int]) {
    if object.count < 16 {
      object[name] = member
      return
    }
    if seen.isEmpty { for (index, known) in object.members.enumerated() { seen[known.name] = index } }
    if seen[name] != nil {
      object[name] = member
    } else {
      seen[name] = object.count
      object.append(name, member)
    }
  }

  private mutating func digits() -> Int {
    let start = at
    while at < bytes.count, bytes[at] &- 48 < 10 { at += 1 }
    return at - start
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = at
    if bytes[at] == UInt8(ascii: "-") { at += 1 }
    let leading = at
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[leading] != UInt8(ascii: "0") else { throw fail(.syntax) }
    var isInteger = true
    var significant = whole
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      isInteger = false
      let fraction = digits()
      guard fraction > 0 else { throw fail(.syntax) }
      significant += fraction
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      isInteger = false
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      guard digits() > 0 else { throw fail(.syntax) }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw fail(.range) }
    return significant > 15 ? .decimal(text) : .double(value)
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    let start = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 { at += 1 }
    guard at < bytes.count else { throw fail(.syntax) }
    if bytes[at] == UInt8(ascii: "\"") {
      defer { at += 1 }
      return try decode(bytes[start..<at])
    }
    return try escapedString(from: start)
  }

  private func decode(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw fail(.encoding) }
    return text
  }

  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var out = Array(bytes[start..<at])
    while at < bytes.count {
      let byte = bytes[at]
      guard byte >= 0x20 else { throw fail(.syntax) }
      at += 1
      if byte == UInt8(ascii: "\"") { return try decode(out[...]) }
      if byte != UInt8(ascii: "\\") { out.append(byte) } else { try escape(into: &out) }
    }
    throw fail(.syntax)
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
    guard at < bytes.count else { throw fail(.syntax) }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "u"): out.append(contentsOf: Array(String(Character(try unicodeEscape())).utf8))
    default: throw fail(.syntax)
    }
  }

  /// The four digits after `\u`, and a second escape when they are the first half of a surrogate pair.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    var unit = try hex4()
    if unit & 0xFC00 == 0xD800 {
      guard bytes.count - at >= 6, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else { throw fail(.syntax) }
      at += 2
      let low = try hex4()
      guard low & 0xFC00 == 0xDC00 else { throw fail(.syntax) }
      unit = 0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF))
    }
    guard let scalar = Unicode.Scalar(unit) else { throw fail(.syntax) }
    return scalar
  }

  private mutating func hex4() throws(JSONError) -> UInt32 {
    guard bytes.count - at >= 4 else { throw fail(.syntax) }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue, bytes[at] < 0x80 else { throw fail(.syntax) }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }
}
