/// Standard base64 with padding (RFC 4648, section 4).
package func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var out: [UInt8] = []
  out.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let rest = bytes.count - start
    let group = UInt32(bytes[start]) << 16 | (rest > 1 ? UInt32(bytes[start + 1]) << 8 : 0) | (rest > 2 ? UInt32(bytes[start + 2]) : 0)
    for index in 0..<4 {
      out.append(index <= rest ? alphabet[Int(group >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
    }
  }
  return String(decoding: out, as: UTF8.self)
}

/// Reads standard base64, white space passed over; nil when it is none.
package func decodeBase64(_ text: String) -> [UInt8]? {
  var out: [UInt8] = []
  var group: UInt32 = 0
  var bits = 0
  var isPadded = false
  for byte in text.utf8 {
    let value: UInt32
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte - 65)
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte - 71)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte + 4)
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    case UInt8(ascii: "="):
      isPadded = true
      continue
    case 0x20, 0x0A, 0x0D, 0x09: continue
    default: return nil
    }
    guard !isPadded else { return nil }
    group = group << 6 | value
    bits += 6
    if bits >= 8 {
      bits -= 8
      out.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      group &= (1 << UInt32(bits)) - 1
    }
  }
  return bits < 6 ? out : nil
}
