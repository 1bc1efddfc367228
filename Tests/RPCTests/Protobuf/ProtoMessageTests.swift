import FlowCore
import FlowRPC
import Testing

@Suite("Protobuf messages")
struct ProtoMessageTests {
  @Test("what the official runtime wrote is read and written back byte for byte", arguments: Golden.messages)
  func goldenRoundTrip(hex: String) throws {
    let wire = bytes(hex: hex)

    let message = try Sample.Everything(decoding: wire)

    #expect(message.encoded() == wire)
  }

  @Test("an empty message has no bytes, and no bytes are an empty message")
  func emptyMessage() throws {
    #expect(Sample.Everything().encoded().isEmpty)
    #expect(try Sample.Everything(decoding: []) == Sample.Everything())
  }

  @Test("a negative int32 takes ten bytes and comes back")
  func negativeInt32() throws {
    let wire = Sample.Everything(anInt32: -1).encoded()

    #expect(wire == [8] + Array(repeating: 0xFF, count: 9) + [1])
    #expect(try Sample.Everything(decoding: wire).anInt32 == -1)
  }

  @Test("minus zero is written, zero is not")
  func minusZero() {
    #expect(Sample.Everything(aFloat: -0.0).encoded().count == 5)
    #expect(Sample.Everything(aFloat: 0, aDouble: 0).encoded().isEmpty)
  }

  @Test("an optional field tells unset from zero")
  func presence() throws {
    let wire = Sample.Everything(maybeInt32: 0, maybeString: "").encoded()

    let read = try Sample.Everything(decoding: wire)

    #expect(read.maybeInt32 == 0)
    #expect(read.maybeString == "")
    #expect(read.maybeColor == nil)
  }

  @Test("lists are read packed and unpacked, whatever the schema says")
  func packedAndUnpacked() throws {
    // Field 31 is 0xFA 0x01 packed and 0xF8 0x01 unpacked.
    let wire: [UInt8] = [0xFA, 1, 2, 1, 2, 0xF8, 1, 3, 0xFA, 1, 1, 4]

    #expect(try Sample.Everything(decoding: wire).int32s == [1, 2, 3, 4])
  }

  @Test("fields nobody knows are passed over, groups too")
  func unknownFields() throws {
    // Field 1000: varint, fixed64, bytes, group with a field inside, fixed32. Then an_int32 = 7.
    let unknown: [UInt8] =
      [0xC0, 0x3E, 5] + [0xC1, 0x3E] + Array(repeating: 9, count: 8) + [0xC2, 0x3E, 1, 0] + [0xC3, 0x3E, 8, 1, 0xC4, 0x3E]
      + [0xC5, 0x3E, 1, 2, 3, 4]

    #expect(try Sample.Everything(decoding: unknown + [8, 7]).anInt32 == 7)
  }

  @Test("a known field of another wire type is passed over")
  func otherWireType() throws {
    #expect(try Sample.Everything(decoding: [10, 1, 65, 0x70, 1]) == Sample.Everything())
  }

  @Test("an enum keeps a number that it has no name for")
  func openEnum() throws {
    let read = try Sample.Everything(decoding: [0x80, 1, 77])

    #expect(read.color == .unrecognized(77))
    #expect(read.encoded() == [0x80, 1, 77])
  }

  @Test("a message that comes twice is merged, a scalar takes the last")
  func merging() throws {
    let first = Sample.Everything(anInt64: 1, nested: .init(name: "a", children: [.init(name: "x")]))
    let second = Sample.Everything(anInt64: 2, nested: .init(children: [.init(name: "y")]))

    let read = try Sample.Everything(decoding: first.encoded() + second.encoded())

    #expect(read.anInt64 == 2)
    #expect(read.nested == .init(name: "a", children: [.init(name: "x"), .init(name: "y")]))
  }

  @Test("the last member of a oneof counts")
  func oneofLast() throws {
    let wire = Sample.Everything(choice: .number(0)).encoded() + Sample.Everything(choice: .word("w")).encoded()

    #expect(try Sample.Everything(decoding: wire).choice == .word("w"))
    #expect(Sample.Everything(choice: .number(0)).encoded().count == 3)
  }

  @Test("a map entry without key or value has their initial values, and the last of equal keys counts")
  func mapEntries() throws {
    // Field 61: an empty entry, then "" = "b".
    let read = try Sample.Everything(decoding: [0xEA, 3, 0, 0xEA, 3, 3, 0x12, 1, 98])

    #expect(read.texts == ["": "b"])
  }

  @Test("messages nested 100 deep are read, 101 are refused")
  func depth() throws {
    func nested(_ levels: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      for _ in 0..<levels { bytes = [0x12] + varint(bytes.count) + bytes }
      return bytes
    }

    #expect(throws: Never.self) { try Sample.Everything.Nested(decoding: nested(Limits.protobufDepth)) }
    #expect(throws: ProtoError.tooDeep) { try Sample.Everything.Nested(decoding: nested(Limits.protobufDepth + 1)) }
  }

  @Test("deep groups do not take the stack")
  func deepGroups() {
    let opening = Array(repeating: [0xC3, 0x3E] as [UInt8], count: 100_000).flatMap { $0 }

    #expect(throws: ProtoError.tooDeep) { try Sample.Everything(decoding: opening) }
  }

  @Test("more nested messages than the limit are refused")
  func messageBomb() {
    let bomb = Array(repeating: [0x12, 0] as [UInt8], count: Limits.protobufMessages + 1).flatMap { $0 }

    #expect(throws: ProtoError.tooManyMessages) { try Sample.Everything.Nested(decoding: bomb) }
  }

  @Test(
    "bytes that are no message say why",
    arguments: [
      ([8], ProtoError.truncated), ([8] + Array(repeating: 0xFF, count: 10), .badVarint),
      ([8] + Array(repeating: 0x80, count: 9) + [2], .badVarint), ([0], .badTag), ([7], .badTag), ([0x0E], .badTag), ([0x0C], .badTag),
      ([0x72, 2, 0xC3, 0x28], .badUTF8), ([0x72, 5, 65], .truncated), ([0x3D, 1, 2], .truncated), ([0x41, 1], .truncated),
      ([0xFA, 1, 1, 0x80], .truncated), ([0xC3, 0x3E, 8, 1], .truncated),
      ([0x72] + Array(repeating: 0xFF, count: 9) + [1], .truncated),
    ] as [([UInt8], ProtoError)])
  func malformed(wire: [UInt8], error: ProtoError) {
    #expect(throws: error) { try Sample.Everything(decoding: wire) }
  }

  @Test("50,000 mutated messages are read or refused, and what is read can be written")
  func mutations() throws {
    var generator = SeededGenerator(seed: 20_261_120)
    let seeds = Golden.messages.map { bytes(hex: $0) }
    var refused = 0
    for round in 0..<50_000 {
      var wire = seeds[round % seeds.count]
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        wire[Int.random(in: 0..<wire.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if round % 5 == 0 { wire.removeLast(Int.random(in: 0..<wire.count, using: &generator)) }
      do {
        let read = try Sample.Everything(decoding: wire)
        _ = read.encoded()
      } catch {
        refused += 1
      }
    }
    #expect(refused > 10_000 && refused < 50_000)
  }
}

private func varint(_ value: Int) -> [UInt8] { value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7) }
