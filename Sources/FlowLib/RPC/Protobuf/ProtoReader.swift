import FlowCore

/// How a field lies on the wire.
///
/// - Source: protobuf.dev, Encoding.
package enum WireType: UInt64, Sendable {
  case varint = 0, fixed64, delimited, startGroup, endGroup, fixed32
}

/// Takes a message apart. Borrows its bytes: it must not leave the closure that lent them.
package struct ProtoReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private var depthLeft = Limits.protobufDepth
  private var messagesLeft = Limits.protobufMessages

  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  package var remaining: Int { bytes.count - offset }
  package var atEnd: Bool { offset == bytes.count }

  /// Number and wire type of the next field as one number; nil at the end of the message.
  package mutating func tag() throws(ProtoError) -> UInt64? {
    guard !atEnd else { return nil }
    let tag = try varint()
    guard tag >= 8, tag <= UInt64(UInt32.max) else { throw .badTag }
    return tag
  }

  package mutating func varint() throws(ProtoError) -> UInt64 {
    var byte = try byte()
    guard byte >= 0x80 else { return UInt64(byte) }
    var value = UInt64(byte & 0x7F)
    for shift in stride(from: UInt64(7), to: 64, by: 7) {
      byte = try self.byte()
      guard shift < 63 || byte < 2 else { throw .badVarint }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw .badVarint
  }

  private mutating func byte() throws(ProtoError) -> UInt8 {
    guard offset < bytes.count else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  package mutating func fixed32() throws(ProtoError) -> UInt32 {
    guard remaining >= 4 else { throw .truncated }
    defer { offset += 4 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  package mutating func fixed64() throws(ProtoError) -> UInt64 {
    guard remaining >= 8 else { throw .truncated }
    defer { offset += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// A length and the bytes behind it, lent.
  package mutating func delimited() throws(ProtoError) -> UnsafeRawBufferPointer {
    let count = try varint()
    guard count <= UInt64(remaining) else { throw .truncated }
    defer { offset += Int(count) }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Int(count)])
  }

  /// Where the reader is, for callers that copy whole fields.
  var position: Int { offset }

  /// Narrows the reader to the next length-delimited field while `body` reads it.
  mutating func nested(_ body: (inout ProtoReader) throws(ProtoError) -> Void) throws(ProtoError) {
    let bytes = try delimited()
    guard depthLeft > 0 else { throw .tooDeep }
    guard messagesLeft > 0 else { throw .tooManyMessages }
    var inner = ProtoReader(bytes)
    inner.depthLeft = depthLeft - 1
    inner.messagesLeft = messagesLeft - 1
    try body(&inner)
    messagesLeft = inner.messagesLeft
  }

  /// Passes over a field that nobody knows.
  package mutating func skip(_ tag: UInt64) throws(ProtoError) {
    guard let wireType = WireType(rawValue: tag & 7) else { throw .badTag }
    switch wireType {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed64()
    case .delimited: _ = try delimited()
    case .fixed32: _ = try fixed32()
    case .startGroup: try skipGroup(tag >> 3)
    case .endGroup: throw .badTag
    }
  }

  /// Groups are history, but an old writer may still send one as an unknown field.
  private mutating func skipGroup(_ number: UInt64) throws(ProtoError) {
    guard depthLeft > 0 else { throw .tooDeep }
    depthLeft -= 1
    while let tag = try tag() {
      if tag == number << 3 | WireType.endGroup.rawValue {
        depthLeft += 1
        return
      }
      try skip(tag)
    }
    throw .truncated
  }
}

extension ProtoReader {
  package mutating func value<C: ProtoCodec>(_ codec: C.Type) throws(ProtoError) -> C.Value { try C.read(from: &self) }

  /// A message, merged into what an earlier field of the same number brought.
  package mutating func message<M: ProtoMessage>(_ earlier: M?) throws(ProtoError) -> M {
    var message = earlier ?? M()
    try nested { reader throws(ProtoError) in try message.read(from: &reader) }
    return message
  }

  package mutating func packed<C: ProtoCodec>(_ codec: C.Type, into values: inout [C.Value]) throws(ProtoError) {
    var inner = ProtoReader(try delimited())
    while !inner.atEnd { values.append(try C.read(from: &inner)) }
  }

  package mutating func entry<K: ProtoCodec, V: ProtoCodec>(
    _ key: K.Type, _ value: V.Type, into entries: inout [K.Value: V.Value]
  ) throws(ProtoError) {
    var name = K.initial
    var item = V.initial
    try nested { reader throws(ProtoError) in
      while let tag = try reader.tag() {
        switch tag {
        case 8 | K.wireType.rawValue: name = try K.read(from: &reader)
        case 16 | V.wireType.rawValue: item = try V.read(from: &reader)
        default: try reader.skip(tag)
        }
      }
    }
    entries[name] = item
  }
}
