import FlowCrypto
import Testing

@Suite struct HexTests {
  @Test("bytes come back from their digits")
  func roundTrip() {
    let bytes: [UInt8] = [0, 1, 0x7F, 0x80, 0xAB, 0xFF]

    #expect(Hex.text(bytes) == "00017f80abff")
    #expect(Hex.bytes("00017F80abff") == bytes)
    #expect(Hex.bytes("") == [])
  }

  @Test("what is not hex has no bytes", arguments: ["0", "0g", "é0", " 0"])
  func refuses(_ text: String) {
    #expect(Hex.bytes(text) == nil)
  }
}
