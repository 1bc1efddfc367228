/// How values of one protobuf type lie on the wire. Generated code names the codec of each field.
package protocol ProtoCodec {
  associatedtype Value: Sendable
  static var wireType: WireType { get }
  /// What a field has that was never set.
  static var initial: Value { get }
  static func isInitial(_ value: Value) -> Bool
  static func write(_ value: Value, to sink: inout some ProtoSink)
  static func read(from reader: inout ProtoReader) throws(ProtoError) -> Value
}

extension ProtoCodec where Value: Equatable {
  package static func isInitial(_ value: Value) -> Bool { value == initial }
}

/// `int32`; a negative number takes ten bytes.
package enum ProtoInt32: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: Int32 = 0
  package static func write(_ value: Int32, to sink: inout some ProtoSink) { sink.varint(UInt64(bitPattern: Int64(value))) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Int32 { Int32(truncatingIfNeeded: try reader.varint()) }
}

package enum ProtoInt64: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: Int64 = 0
  package static func write(_ value: Int64, to sink: inout some ProtoSink) { sink.varint(UInt64(bitPattern: value)) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Int64 { Int64(bitPattern: try reader.varint()) }
}

package enum ProtoUInt32: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: UInt32 = 0
  package static func write(_ value: UInt32, to sink: inout some ProtoSink) { sink.varint(UInt64(value)) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> UInt32 { UInt32(truncatingIfNeeded: try reader.varint()) }
}

package enum ProtoUInt64: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: UInt64 = 0
  package static func write(_ value: UInt64, to sink: inout some ProtoSink) { sink.varint(value) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> UInt64 { try reader.varint() }
}

/// `sint32`: zigzag, small numbers of both signs are short.
package enum ProtoSInt32: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: Int32 = 0
  package static func write(_ value: Int32, to sink: inout some ProtoSink) {
    sink.varint(UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
  }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Int32 {
    let raw = UInt32(truncatingIfNeeded: try reader.varint())
    return Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)
  }
}

package enum ProtoSInt64: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: Int64 = 0
  package static func write(_ value: Int64, to sink: inout some ProtoSink) { sink.varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Int64 {
    let raw = try reader.varint()
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }
}

package enum ProtoFixed32: ProtoCodec {
  package static let wireType = WireType.fixed32
  package static let initial: UInt32 = 0
  package static func write(_ value: UInt32, to sink: inout some ProtoSink) { sink.fixed32(value) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> UInt32 { try reader.fixed32() }
}

package enum ProtoFixed64: ProtoCodec {
  package static let wireType = WireType.fixed64
  package static let initial: UInt64 = 0
  package static func write(_ value: UInt64, to sink: inout some ProtoSink) { sink.fixed64(value) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> UInt64 { try reader.fixed64() }
}

package enum ProtoSFixed32: ProtoCodec {
  package static let wireType = WireType.fixed32
  package static let initial: Int32 = 0
  package static func write(_ value: Int32, to sink: inout some ProtoSink) { sink.fixed32(UInt32(bitPattern: value)) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Int32 { Int32(bitPattern: try reader.fixed32()) }
}

package enum ProtoSFixed64: ProtoCodec {
  package static let wireType = WireType.fixed64
  package static let initial: Int64 = 0
  package static func write(_ value: Int64, to sink: inout some ProtoSink) { sink.fixed64(UInt64(bitPattern: value)) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Int64 { Int64(bitPattern: try reader.fixed64()) }
}

package enum ProtoFloat: ProtoCodec {
  package static let wireType = WireType.fixed32
  package static let initial: Float = 0
  package static func write(_ value: Float, to sink: inout some ProtoSink) { sink.fixed32(value.bitPattern) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Float { Float(bitPattern: try reader.fixed32()) }
  /// Minus zero is a value of its own and is written.
  package static func isInitial(_ value: Float) -> Bool { value.bitPattern == 0 }
}

package enum ProtoDouble: ProtoCodec {
  package static let wireType = WireType.fixed64
  package static let initial: Double = 0
  package static func write(_ value: Double, to sink: inout some ProtoSink) { sink.fixed64(value.bitPattern) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Double { Double(bitPattern: try reader.fixed64()) }
  /// Minus zero is a value of its own and is written.
  package static func isInitial(_ value: Double) -> Bool { value.bitPattern == 0 }
}

package enum ProtoBool: ProtoCodec {
  package static let wireType = WireType.varint
  package static let initial: Bool = false
  package static func write(_ value: Bool, to sink: inout some ProtoSink) { sink.varint(value ? 1 : 0) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> Bool { try reader.varint() != 0 }
}

package enum ProtoString: ProtoCodec {
  package static let wireType = WireType.delimited
  package static let initial: String = ""
  package static func write(_ value: String, to sink: inout some ProtoSink) {
    var text = value
    text.withUTF8 { sink.delimited(UnsafeRawBufferPointer($0)) }
  }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> String {
    guard let text = String(validating: try reader.delimited(), as: UTF8.self) else { throw .badUTF8 }
    return text
  }
}

package enum ProtoBytes: ProtoCodec {
  package static let wireType = WireType.delimited
  package static let initial: [UInt8] = []
  package static func write(_ value: [UInt8], to sink: inout some ProtoSink) { value.withUnsafeBytes { sink.delimited($0) } }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> [UInt8] { [UInt8](try reader.delimited()) }
}

/// An enum, by its number.
package enum ProtoEnumCodec<E: ProtoEnum>: ProtoCodec {
  package static var wireType: WireType { .varint }
  package static var initial: E { E(rawValue: 0) }
  package static func write(_ value: E, to sink: inout some ProtoSink) { ProtoInt32.write(value.rawValue, to: &sink) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> E { E(rawValue: try ProtoInt32.read(from: &reader)) }
}

/// A message inside a message. It is never "initial": whether it is set shows in its optional.
package enum ProtoNested<M: ProtoMessage>: ProtoCodec {
  package static var wireType: WireType { .delimited }
  package static var initial: M { M() }
  package static func isInitial(_ value: M) -> Bool { false }
  package static func write(_ value: M, to sink: inout some ProtoSink) { sink.delimited(value) }
  package static func read(from reader: inout ProtoReader) throws(ProtoError) -> M { try reader.message(nil) }
}
