import FlowCore
import Glibc

/// A look at the bytes before libxml2 gets them: it compares all attributes of an element with each other, and no
/// callback comes before it is done.
enum XMLPrescan {
  /// Whether `=` and quotes are themselves in this encoding. It is so in all supersets of ASCII, and in UTF-16 and
  /// UTF-32 once the zero bytes are skipped.
  static func attributesCanBeCounted(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: usual.utf8) { return true }
    guard let name = declaredEncoding(bytes) else { return bytes.first != 0x4C }  // EBCDIC's `<`
    return ["utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "ucs-4", "utf-32"].contains(name)
      || name.hasPrefix("iso-8859-") || name.hasPrefix("windows-125")
  }

  private static let usual = "<?xml version=\"1.0\" encoding=\"UTF-8\""

  /// The name in the XML declaration, in lower case.
  private static func declaredEncoding(_ bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(400).filter { $0 != 0 && $0 < 0x80 }, as: UTF8.self)
    guard head.hasPrefix("<?xml"), let end = head.firstIndex(of: ">") else { return nil }
    let parts = head[..<end].split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" }
    guard parts.count == 2, let key = head[..<end].firstIndex(of: "e").flatMap({ encodingValue(head[$0..<end]) }) else { return nil }
    return key.lowercased()
  }

  /// What is quoted behind `encoding`.
  private static func encodingValue(_ declaration: Substring) -> String? {
    let words = declaration.split { "= \t\r\n\"'?".contains($0) }
    guard let key = words.firstIndex(of: "encoding"), key + 1 < words.endIndex else { return nil }
    return String(words[key + 1])
  }

  /// Looks for a stretch between two `<`, which can not stand inside an attribute, with too many of them.
  ///
  /// Only long stretches are looked into: an attribute takes five bytes at least.
  static func lineOfTooManyAttributes(_ bytes: [UInt8]) -> Int? {
    let found = bytes.withUnsafeBytes { all -> Int? in
      var start = 0
      while start < all.count {
        let rest = UnsafeRawBufferPointer(rebasing: all[start...])
        let length = distanceToNextTag(rest)
        if length > 5 * Limits.xmlAttributes, hasTooManyAttributes(rest.prefix(length)) { return start }
        start += length
      }
      return nil
    }
    return found.map { bytes[..<$0].count { $0 == 0x0A } + 1 }
  }

  private static func distanceToNextTag(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard let base = bytes.baseAddress, bytes.count > 1, let next = memchr(base + 1, 0x3C, bytes.count - 1) else { return bytes.count }
    return UnsafeRawPointer(next) - base
  }

  /// Counts `="` and `='`, with white space or UTF-16's zeros between.
  private static func hasTooManyAttributes(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    var count = 0
    var afterEquals = false
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "="): afterEquals = true
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        if afterEquals { count += 1 }
        afterEquals = false
      case 0...0x20: break
      default: afterEquals = false
      }
    }
    return count > Limits.xmlAttributes
  }
}
