/// A protobuf message as a Swift value. The generator writes the types; this runtime moves them to and from the wire.
package protocol ProtoMessage: Sendable, Equatable {
  init()

  /// Hands every field that is set to the sink, in the order of field numbers.
  func write(to sink: inout some ProtoSink)

  /// Takes fields until the reader is at its end. A field that comes twice follows protobuf's rules: the last scalar wins,
  /// messages merge, lists grow.
  mutating func read(from reader: inout ProtoReader) throws(ProtoError)
}

/// A protobuf enum. Open, as proto3 wants it: numbers that nobody named are kept in a case of their own.
package protocol ProtoEnum: RawRepresentable, Hashable, Sendable where RawValue == Int32 {
  init(rawValue: Int32)
}

/// Why bytes are not the message they should be.
package enum ProtoError: Error, Equatable, CustomStringConvertible {
  case truncated, badVarint, badTag, badUTF8, tooDeep, tooManyMessages

  package var description: String {
    switch self {
    case .truncated: "a field is longer than the message"
    case .badVarint: "a varint has more than 64 bits"
    case .badTag: "a field has no valid number and wire type"
    case .badUTF8: "a string is not UTF-8"
    case .tooDeep: "messages are nested too deeply"
    case .tooManyMessages: "the message holds too many messages"
    }
  }
}

extension ProtoMessage {
  /// Bytes on the wire. A message walks its nested messages anew at each level, so the cost grows with depth times size.
  package var wireSize: Int {
    var sink = ProtoSizeSink()
    write(to: &sink)
    return sink.count
  }

  package func encoded() -> [UInt8] {
    let size = wireSize
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      var sink = ProtoByteSink(UnsafeMutableRawBufferPointer(buffer))
      write(to: &sink)
      precondition(sink.isFull, "\(Self.self) wrote fewer bytes than it counted")
      count = size
    }
  }

  package init(decoding bytes: [UInt8]) throws(ProtoError) {
    let result: Result<Self, ProtoError> = bytes.withUnsafeBytes { buffer in
      var message = Self()
      var reader = ProtoReader(buffer)
      do throws(ProtoError) {
        try message.read(from: &reader)
        return .success(message)
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }
}
