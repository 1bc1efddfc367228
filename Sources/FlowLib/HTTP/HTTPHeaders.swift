/// Header fields in the order of the message; names compare without case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  package private(set) var fields: [(name: String, value: String)] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { add(name, value) }
  }

  /// The first value of a name. Setting replaces all values of it; nil removes them.
  package subscript(name: String) -> String? {
    get { fields.first { HTTPHeaders.same($0.name, name) }?.value }
    set {
      fields.removeAll { HTTPHeaders.same($0.name, name) }
      if let newValue { fields.append((name, newValue)) }
    }
  }

  /// All values of a name, in their order.
  package func values(_ name: String) -> [String] { fields.filter { HTTPHeaders.same($0.name, name) }.map(\.value) }

  package mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

  /// Sets what `other` has, and keeps the rest.
  package mutating func merge(_ other: HTTPHeaders) {
    for field in other.fields { self[field.name] = field.value }
  }

  package static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.fields.elementsEqual(right.fields) { same($0.name, $1.name) && $0.value == $1.value }
  }

  /// True when name and value can stand in a message: a token, and no line break or NUL.
  package static func isValid(name: String, value: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy(isTokenByte) && !value.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
  }

  /// - Source: RFC 9110, section 5.6.2 (tchar).
  package static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lower($0) == lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
