/// Writes the house's stored forms: LEB128 varints, and bytes behind their length.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  package mutating func varint(_ value: Int) { varint(UInt64(value)) }

  /// A signed number, small ones of both signs short (zigzag).
  package mutating func signed(_ value: Int64) { varint(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

  package mutating func fixed64(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
  }

  package mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }
  package mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// Bytes as they are, without their length.
  package mutating func append(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  package mutating func blob(_ value: [UInt8]) {
    varint(value.count)
    bytes.append(contentsOf: value)
  }

  package mutating func string(_ value: String) {
    varint(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  /// A presence byte, and the value behind it.
  package mutating func optional<T>(_ value: T?, _ write: (inout ByteWriter, T) -> Void) {
    bool(value != nil)
    if let value { write(&self, value) }
  }

  package mutating func list<T>(_ items: [T], _ write: (inout ByteWriter, T) -> Void) {
    varint(items.count)
    for item in items { write(&self, item) }
  }
}

/// Stored bytes that do not have the form they should have.
package struct ByteCodingError: Error, Equatable, CustomStringConvertible {
  package let what: String
  package let offset: Int

  package init(_ what: String, at offset: Int) {
    self.what = what
    self.offset = offset
  }

  package var description: String { "\(what) at byte \(offset)" }
}

/// Reads what `ByteWriter` wrote. Never reads past its end, never trusts a length.
package struct ByteReader {
  private let bytes: [UInt8]
  package private(set) var offset: Int
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
  }

  package var atEnd: Bool { offset == end }
  package var remaining: Int { end - offset }

  package func fail(_ what: String) -> ByteCodingError { ByteCodingError(what, at: offset) }

  package mutating func byte() throws(ByteCodingError) -> UInt8 {
    guard offset < end else { throw fail("truncated") }
    defer { offset += 1 }
    return bytes[offset]
  }

  package mutating func bool() throws(ByteCodingError) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw fail("not a boolean")
    }
  }

  package mutating func varint() throws(ByteCodingError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try byte()
      guard shift < 63 || byte < 2 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw fail("varint too long")
  }

  package mutating func int() throws(ByteCodingError) -> Int {
    guard let value = Int(exactly: try varint()) else { throw fail("number out of range") }
    return value
  }

  package mutating func signed() throws(ByteCodingError) -> Int64 {
    let raw = try varint()
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }

  package mutating func fixed64() throws(ByteCodingError) -> UInt64 {
    guard remaining >= 8 else { throw fail("truncated") }
    var value: UInt64 = 0
    for index in 0..<8 { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    offset += 8
    return value
  }

  package mutating func blob() throws(ByteCodingError) -> [UInt8] {
    let count = try int()
    guard count <= remaining else { throw fail("truncated") }
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  package mutating func string() throws(ByteCodingError) -> String {
    guard let text = String(validating: try blob(), as: UTF8.self) else { throw fail("not UTF-8") }
    return text
  }

  package mutating func optional<T>(_ read: (inout ByteReader) throws(ByteCodingError) -> T) throws(ByteCodingError) -> T? {
    try bool() ? try read(&self) : nil
  }

  package mutating func list<T>(_ read: (inout ByteReader) throws(ByteCodingError) -> T) throws(ByteCodingError) -> [T] {
    let count = try int()
    guard count <= remaining else { throw fail("list longer than its bytes") }
    var items: [T] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try read(&self)) }
    return items
  }
}
