/// Percent-encoding of URL parts (RFC 3986, section 2).
package enum PercentCoding {
  /// Encodes all but unreserved characters, so that the text is one path segment or query value.
  package static func encode(_ text: String) -> String {
    encode(text, keeping: isUnreserved)
  }

  /// Encodes what can not stand in a path at all, and keeps `/`, reserved characters and encoded triplets.
  package static func encodePath(_ text: String) -> String {
    encode(text) { isUnreserved($0) || "!$&'()*+,;=:@/%?".utf8.contains($0) }
  }

  private static func encode(_ text: String, keeping keep: (UInt8) -> Bool) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if keep(byte) {
        out.append(byte)
      } else {
        out.append(contentsOf: [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]])
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// - Parameter plusIsSpace: true for query strings of forms.
  /// - Returns: nil for a broken triplet, a NUL, or bytes that are not UTF-8.
  package static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool = false) -> String? {
    var out: [UInt8] = []
    var bytes = text.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = bytes.next().flatMap(hexDigit), let low = bytes.next().flatMap(hexDigit) else { return nil }
        out.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: out.append(0x20)
      default: out.append(byte)
      }
    }
    return out.contains(0) ? nil : String(validating: out, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._~".utf8.contains(byte)
    }
  }
}
