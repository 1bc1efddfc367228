/// Where a message writes itself: once to count its bytes, once to lay them down.
package protocol ProtoSink {
  mutating func varint(_ value: UInt64)
  mutating func fixed32(_ value: UInt32)
  mutating func fixed64(_ value: UInt64)
  /// A length and the bytes behind it.
  mutating func delimited(_ bytes: UnsafeRawBufferPointer)
  /// The length of a message and the message behind it.
  mutating func delimited(_ message: some ProtoMessage)
}

extension ProtoSink {
  mutating func tag(_ number: UInt64, _ wireType: WireType) { varint(number << 3 | wireType.rawValue) }

  /// A field whether it has its initial value or not: members of a oneof.
  package mutating func always<C: ProtoCodec>(_ codec: C.Type, _ number: UInt64, _ value: C.Value) {
    tag(number, C.wireType)
    C.write(value, to: &self)
  }

  /// A field with implicit presence: its initial value is not written.
  package mutating func value<C: ProtoCodec>(_ codec: C.Type, _ number: UInt64, _ value: C.Value) {
    if !C.isInitial(value) { always(codec, number, value) }
  }

  /// A field that knows whether it is set.
  package mutating func optional<C: ProtoCodec>(_ codec: C.Type, _ number: UInt64, _ value: C.Value?) {
    if let value { always(codec, number, value) }
  }

  /// A list, packed when its items have no length of their own.
  package mutating func repeated<C: ProtoCodec>(_ codec: C.Type, _ number: UInt64, _ values: [C.Value]) {
    guard !values.isEmpty else { return }
    guard C.wireType != .delimited else {
      for value in values { always(codec, number, value) }
      return
    }
    var size = ProtoSizeSink()
    for value in values { C.write(value, to: &size) }
    tag(number, .delimited)
    varint(UInt64(size.count))
    for value in values { C.write(value, to: &self) }
  }

  /// A list that its schema wants unpacked.
  package mutating func unpacked<C: ProtoCodec>(_ codec: C.Type, _ number: UInt64, _ values: [C.Value]) {
    for value in values { always(codec, number, value) }
  }

  /// A map, in the order of its keys so that equal maps have equal bytes.
  package mutating func map<K: ProtoCodec, V: ProtoCodec>(_ key: K.Type, _ value: V.Type, _ number: UInt64, _ entries: [K.Value: V.Value])
  where K.Value: Comparable {
    for (name, item) in entries.sorted(by: { $0.key < $1.key }) {
      var size = ProtoSizeSink()
      size.always(key, 1, name)
      size.always(value, 2, item)
      tag(number, .delimited)
      varint(UInt64(size.count))
      always(key, 1, name)
      always(value, 2, item)
    }
  }
}

/// Counts the bytes that a message will take.
package struct ProtoSizeSink: ProtoSink {
  package private(set) var count = 0

  package init() {}

  package mutating func varint(_ value: UInt64) { count += (70 - (value | 1).leadingZeroBitCount) / 7 }
  package mutating func fixed32(_ value: UInt32) { count += 4 }
  package mutating func fixed64(_ value: UInt64) { count += 8 }

  package mutating func delimited(_ bytes: UnsafeRawBufferPointer) {
    varint(UInt64(bytes.count))
    count += bytes.count
  }

  package mutating func delimited(_ message: some ProtoMessage) {
    let size = message.wireSize
    varint(UInt64(size))
    count += size
  }
}

/// Writes into memory of exactly the counted size. Every write is checked: a message that counts wrongly must not corrupt memory.
package struct ProtoByteSink: ProtoSink {
  private var rest: UnsafeMutableRawBufferPointer

  init(_ buffer: UnsafeMutableRawBufferPointer) { rest = buffer }

  var isFull: Bool { rest.isEmpty }

  package mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      byte(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    byte(UInt8(truncatingIfNeeded: value))
  }

  package mutating func fixed32(_ value: UInt32) {
    precondition(rest.count >= 4, "protobuf message counted wrongly")
    rest.storeBytes(of: value.littleEndian, as: UInt32.self)
    advance(4)
  }

  package mutating func fixed64(_ value: UInt64) {
    precondition(rest.count >= 8, "protobuf message counted wrongly")
    rest.storeBytes(of: value.littleEndian, as: UInt64.self)
    advance(8)
  }

  package mutating func delimited(_ bytes: UnsafeRawBufferPointer) {
    varint(UInt64(bytes.count))
    precondition(rest.count >= bytes.count, "protobuf message counted wrongly")
    rest.copyMemory(from: bytes)
    advance(bytes.count)
  }

  package mutating func delimited(_ message: some ProtoMessage) {
    varint(UInt64(message.wireSize))
    message.write(to: &self)
  }

  private mutating func byte(_ value: UInt8) {
    precondition(!rest.isEmpty, "protobuf message counted wrongly")
    rest[0] = value
    advance(1)
  }

  private mutating func advance(_ count: Int) { rest = UnsafeMutableRawBufferPointer(rebasing: rest.dropFirst(count)) }
}
