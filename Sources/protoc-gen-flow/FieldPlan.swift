import FlowRPC

/// How one field is declared, written and read in Swift.
struct FieldPlan {
  enum Shape {
    /// Has its initial value when it is not on the wire.
    case implicit
    /// An optional: messages, and fields marked `optional`.
    case explicit
    case repeated
    /// A list marked `packed = false`.
    case unpacked
    case map(keyCodec: String, valueCodec: String)
    /// A member of a oneof with that name in Swift.
    case oneof(String)
  }

  let name: String
  let number: Int
  let shape: Shape
  /// The type of one value in Swift, and the codec that moves it.
  let value: String
  let codec: String
  let wireType: WireType
  let isMessage: Bool
  let initial: String

  var declaredType: String {
    switch shape {
    case .implicit, .oneof: value
    case .explicit: value + "?"
    case .repeated, .unpacked: "[\(value)]"
    case .map: value
    }
  }

  var declaredInitial: String {
    switch shape {
    case .implicit: initial
    case .explicit, .oneof: "nil"
    case .repeated, .unpacked: "[]"
    case .map: "[:]"
    }
  }

  init(_ field: Descriptor.FieldDescriptor, of message: Descriptor.MessageDescriptor, schema: Schema) throws {
    name = Naming.member(field.name)
    number = Int(field.number)
    let scalar = try ScalarPlan(field, schema: schema)
    if let entry = schema.messages[field.typeName], entry.options?.isMapEntry == true, entry.fields.count == 2 {
      let key = try ScalarPlan(entry.fields[0], schema: schema)
      let item = try ScalarPlan(entry.fields[1], schema: schema)
      shape = .map(keyCodec: key.codec, valueCodec: item.codec)
      value = "[\(key.value): \(item.value)]"
    } else {
      shape = try FieldPlan.shape(of: field, in: message, isMessage: scalar.isMessage)
      value = scalar.value
    }
    codec = scalar.codec
    wireType = scalar.wireType
    isMessage = scalar.isMessage
    initial = scalar.initial
  }

  private static func shape(
    of field: Descriptor.FieldDescriptor, in message: Descriptor.MessageDescriptor, isMessage: Bool
  ) throws -> Shape {
    let repeatedLabel: Int32 = 3
    if field.label == repeatedLabel { return field.options?.isPacked == false ? .unpacked : .repeated }
    if let index = field.oneofIndex, !field.isProto3Optional {
      guard message.oneofs.indices.contains(Int(index)) else { throw GeneratorError("\(field.name): no oneof \(index)") }
      return .oneof(Naming.member(message.oneofs[Int(index)].name))
    }
    return isMessage || field.isProto3Optional ? .explicit : .implicit
  }
}

/// The Swift type and the codec of a value that stands alone.
struct ScalarPlan {
  let value: String
  let codec: String
  let wireType: WireType
  let isMessage: Bool
  let initial: String

  init(_ field: Descriptor.FieldDescriptor, schema: Schema) throws {
    let messageType: Int32 = 11
    let enumType: Int32 = 14
    isMessage = field.type == messageType
    if field.type == messageType {
      value = try schema.swiftName(field.typeName)
      (codec, wireType, initial) = ("ProtoNested<\(value)>", .delimited, "\(value)()")
    } else if field.type == enumType {
      value = try schema.swiftName(field.typeName)
      (codec, wireType, initial) = ("ProtoEnumCodec<\(value)>", .varint, "\(value)(rawValue: 0)")
    } else if let (value, codec, wireType, initial) = ScalarPlan.scalars[field.type] {
      (self.value, self.codec, self.wireType, self.initial) = (value, codec, wireType, initial)
    } else {
      throw GeneratorError("\(field.name): type \(field.type) is not known here")
    }
  }

  /// By the numbers of `FieldDescriptorProto.Type`.
  private static let scalars: [Int32: (value: String, codec: String, wireType: WireType, initial: String)] = [
    1: ("Double", "ProtoDouble", .fixed64, "0"), 2: ("Float", "ProtoFloat", .fixed32, "0"),
    3: ("Int64", "ProtoInt64", .varint, "0"), 4: ("UInt64", "ProtoUInt64", .varint, "0"),
    5: ("Int32", "ProtoInt32", .varint, "0"), 6: ("UInt64", "ProtoFixed64", .fixed64, "0"),
    7: ("UInt32", "ProtoFixed32", .fixed32, "0"), 8: ("Bool", "ProtoBool", .varint, "false"),
    9: ("String", "ProtoString", .delimited, "\"\""), 12: ("[UInt8]", "ProtoBytes", .delimited, "[]"),
    13: ("UInt32", "ProtoUInt32", .varint, "0"), 15: ("Int32", "ProtoSFixed32", .fixed32, "0"),
    16: ("Int64", "ProtoSFixed64", .fixed64, "0"), 17: ("Int32", "ProtoSInt32", .varint, "0"),
    18: ("Int64", "ProtoSInt64", .varint, "0"),
  ]
}
