/// Which side of a call sends more than one message.
package enum RPCKind: Sendable { case unary, clientStreaming, serverStreaming, bidirectional }

/// A method of a service: its path on the wire and the types it carries. Generated code has one for each `rpc`.
package struct RPCMethod<Request: ProtoMessage, Response: ProtoMessage>: Sendable {
  /// `/flow.v1.Flow/Apply`.
  package let path: String
  package let kind: RPCKind

  package init(_ path: String, _ kind: RPCKind) {
    self.path = path
    self.kind = kind
  }
}

/// The descriptor of one `.proto` file, kept as hex text until reflection asks for it.
package struct RPCFileDescriptor: Sendable {
  /// `flow/v1/flow.proto`.
  package let name: String
  package let imports: [RPCFileDescriptor]
  private let hex: StaticString

  package init(name: String, imports: [RPCFileDescriptor] = [], hex: StaticString) {
    self.name = name
    self.imports = imports
    self.hex = hex
  }

  /// A `FileDescriptorProto` without its source information.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    hex.withUTF8Buffer { digits in
      bytes.reserveCapacity(digits.count / 2)
      for digit in digits {
        let value = digit >= UInt8(ascii: "a") ? digit &- UInt8(ascii: "a") &+ 10 : digit &- UInt8(ascii: "0")
        if let first = high { bytes.append(first << 4 | value & 15) }
        high = high == nil ? value : nil
      }
    }
    return bytes
  }
}
