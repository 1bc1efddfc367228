import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
  /// 32 bytes.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let done = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    guard done == 1 else { preconditionFailure("OpenSSL has no SHA-256") }
    return digest
  }

  /// 64 lower-case hex digits.
  package static func hex(of bytes: [UInt8]) -> String { Hex.text(digest(of: bytes)) }

  package static func hex(of text: String) -> String { hex(of: Array(text.utf8)) }
}
