import Testing

@testable import FlowCore

@Suite("base64")
struct Base64Tests {
  // Source: RFC 4648, section 10.
  @Test(
    "the standard's vectors go both ways",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, coded: String) {
    #expect(base64(Array(plain.utf8)) == coded)
    #expect(decodeBase64(coded) == Array(plain.utf8))
  }

  @Test("every byte comes back")
  func everyByte() {
    let bytes = (0...255).map { UInt8($0) }

    #expect(decodeBase64(base64(bytes)) == bytes)
  }

  @Test("white space is passed over")
  func whiteSpace() {
    #expect(decodeBase64("Zm9v\r\n YmFy\t") == Array("foobar".utf8))
  }

  @Test("what is no base64 is refused", arguments: ["Zm9-", "Zg==Zg==", "Z", "Zm9vY", "Zm 9v\u{E9}"])
  func refused(text: String) {
    #expect(decodeBase64(text) == nil)
  }
}
