/// The messages of `descriptor.proto` and `plugin.proto` as far as the generator and server reflection need them. Written by
/// hand, because the generator can not be generated before it exists.
///
/// - Source: protocolbuffers/protobuf, descriptor.proto and compiler/plugin.proto (field numbers).
package enum Descriptor {
  /// A `.proto` file.
  package struct FileDescriptor: ProtoMessage {
    package var name = ""
    package var package = ""
    package var dependencies: [String] = []
    package var messages: [MessageDescriptor] = []
    package var enums: [EnumDescriptor] = []
    package var services: [ServiceDescriptor] = []
    package var extensions: [FieldDescriptor] = []
    package var sourceInfo: SourceInfo?
    package var syntax = ""

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.value(ProtoString.self, 2, package)
      sink.repeated(ProtoString.self, 3, dependencies)
      sink.repeated(ProtoNested<MessageDescriptor>.self, 4, messages)
      sink.repeated(ProtoNested<EnumDescriptor>.self, 5, enums)
      sink.repeated(ProtoNested<ServiceDescriptor>.self, 6, services)
      sink.repeated(ProtoNested<FieldDescriptor>.self, 7, extensions)
      sink.optional(ProtoNested<SourceInfo>.self, 9, sourceInfo)
      sink.value(ProtoString.self, 12, syntax)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 18: package = try reader.value(ProtoString.self)
        case 26: dependencies.append(try reader.value(ProtoString.self))
        case 34: messages.append(try reader.message(nil))
        case 42: enums.append(try reader.message(nil))
        case 50: services.append(try reader.message(nil))
        case 58: extensions.append(try reader.message(nil))
        case 74: sourceInfo = try reader.message(sourceInfo)
        case 98: syntax = try reader.value(ProtoString.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct MessageDescriptor: ProtoMessage {
    package var name = ""
    package var fields: [FieldDescriptor] = []
    package var messages: [MessageDescriptor] = []
    package var enums: [EnumDescriptor] = []
    package var extensions: [FieldDescriptor] = []
    package var options: MessageOptions?
    package var oneofs: [OneofDescriptor] = []

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.repeated(ProtoNested<FieldDescriptor>.self, 2, fields)
      sink.repeated(ProtoNested<MessageDescriptor>.self, 3, messages)
      sink.repeated(ProtoNested<EnumDescriptor>.self, 4, enums)
      sink.repeated(ProtoNested<FieldDescriptor>.self, 6, extensions)
      sink.optional(ProtoNested<MessageOptions>.self, 7, options)
      sink.repeated(ProtoNested<OneofDescriptor>.self, 8, oneofs)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 18: fields.append(try reader.message(nil))
        case 26: messages.append(try reader.message(nil))
        case 34: enums.append(try reader.message(nil))
        case 50: extensions.append(try reader.message(nil))
        case 58: options = try reader.message(options)
        case 66: oneofs.append(try reader.message(nil))
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct MessageOptions: ProtoMessage {
    package var isMapEntry = false

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoBool.self, 7, isMapEntry)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 56: isMapEntry = try reader.value(ProtoBool.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct FieldDescriptor: ProtoMessage {
    package var name = ""
    package var number: Int32 = 0
    package var label: Int32 = 0
    package var type: Int32 = 0
    package var typeName = ""
    package var options: FieldOptions?
    package var oneofIndex: Int32?
    package var isProto3Optional = false

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.value(ProtoInt32.self, 3, number)
      sink.value(ProtoInt32.self, 4, label)
      sink.value(ProtoInt32.self, 5, type)
      sink.value(ProtoString.self, 6, typeName)
      sink.optional(ProtoNested<FieldOptions>.self, 8, options)
      sink.optional(ProtoInt32.self, 9, oneofIndex)
      sink.value(ProtoBool.self, 17, isProto3Optional)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 24: number = try reader.value(ProtoInt32.self)
        case 32: label = try reader.value(ProtoInt32.self)
        case 40: type = try reader.value(ProtoInt32.self)
        case 50: typeName = try reader.value(ProtoString.self)
        case 66: options = try reader.message(options)
        case 72: oneofIndex = try reader.value(ProtoInt32.self)
        case 136: isProto3Optional = try reader.value(ProtoBool.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct FieldOptions: ProtoMessage {
    package var isPacked: Bool?

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.optional(ProtoBool.self, 2, isPacked)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 16: isPacked = try reader.value(ProtoBool.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct OneofDescriptor: ProtoMessage {
    package var name = ""

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct EnumDescriptor: ProtoMessage {
    package var name = ""
    package var values: [EnumValueDescriptor] = []

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.repeated(ProtoNested<EnumValueDescriptor>.self, 2, values)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 18: values.append(try reader.message(nil))
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct EnumValueDescriptor: ProtoMessage {
    package var name = ""
    package var number: Int32 = 0

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.value(ProtoInt32.self, 2, number)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 16: number = try reader.value(ProtoInt32.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct ServiceDescriptor: ProtoMessage {
    package var name = ""
    package var methods: [MethodDescriptor] = []

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.repeated(ProtoNested<MethodDescriptor>.self, 2, methods)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 18: methods.append(try reader.message(nil))
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct MethodDescriptor: ProtoMessage {
    package var name = ""
    package var input = ""
    package var output = ""
    package var isClientStreaming = false
    package var isServerStreaming = false

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.value(ProtoString.self, 2, input)
      sink.value(ProtoString.self, 3, output)
      sink.value(ProtoBool.self, 5, isClientStreaming)
      sink.value(ProtoBool.self, 6, isServerStreaming)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 18: input = try reader.value(ProtoString.self)
        case 26: output = try reader.value(ProtoString.self)
        case 40: isClientStreaming = try reader.value(ProtoBool.self)
        case 48: isServerStreaming = try reader.value(ProtoBool.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct SourceInfo: ProtoMessage {
    package var locations: [SourceLocation] = []

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.repeated(ProtoNested<SourceLocation>.self, 1, locations)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: locations.append(try reader.message(nil))
        default: try reader.skip(tag)
        }
      }
    }
  }

  /// A place in a `.proto` file, named by field numbers and indexes, and the comments around it.
  package struct SourceLocation: ProtoMessage {
    package var path: [Int32] = []
    package var leadingComment = ""
    package var trailingComment = ""

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.repeated(ProtoInt32.self, 1, path)
      sink.value(ProtoString.self, 3, leadingComment)
      sink.value(ProtoString.self, 4, trailingComment)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 8: path.append(try reader.value(ProtoInt32.self))
        case 10: try reader.packed(ProtoInt32.self, into: &path)
        case 26: leadingComment = try reader.value(ProtoString.self)
        case 34: trailingComment = try reader.value(ProtoString.self)
        default: try reader.skip(tag)
        }
      }
    }
  }

  /// What `protoc` asks a plugin. The files stay bytes, because a plugin hands them on.
  package struct CodeGeneratorRequest: ProtoMessage {
    package var filesToGenerate: [String] = []
    package var parameter = ""
    package var files: [[UInt8]] = []

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.repeated(ProtoString.self, 1, filesToGenerate)
      sink.value(ProtoString.self, 2, parameter)
      sink.repeated(ProtoBytes.self, 15, files)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: filesToGenerate.append(try reader.value(ProtoString.self))
        case 18: parameter = try reader.value(ProtoString.self)
        case 122: files.append(try reader.value(ProtoBytes.self))
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct CodeGeneratorResponse: ProtoMessage {
    package var error: String?
    package var supportedFeatures: UInt64 = 0
    package var files: [GeneratedFile] = []

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.optional(ProtoString.self, 1, error)
      sink.value(ProtoUInt64.self, 2, supportedFeatures)
      sink.repeated(ProtoNested<GeneratedFile>.self, 15, files)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: error = try reader.value(ProtoString.self)
        case 16: supportedFeatures = try reader.value(ProtoUInt64.self)
        case 122: files.append(try reader.message(nil))
        default: try reader.skip(tag)
        }
      }
    }
  }

  package struct GeneratedFile: ProtoMessage {
    package var name = ""
    package var content = ""

    package init() {}

    package func write(to sink: inout some ProtoSink) {
      sink.value(ProtoString.self, 1, name)
      sink.value(ProtoString.self, 15, content)
    }

    package mutating func read(from reader: inout ProtoReader) throws(ProtoError) {
      while let tag = try reader.tag() {
        switch tag {
        case 10: name = try reader.value(ProtoString.self)
        case 122: content = try reader.value(ProtoString.self)
        default: try reader.skip(tag)
        }
      }
    }
  }
}
