import FlowRPC

/// Writes one message as a Swift struct.
struct MessageEmitter {
  let message: Descriptor.MessageDescriptor
  let path: [Int32]
  let comments: Comments
  let schema: Schema
  private let fields: [FieldPlan]

  init(_ message: Descriptor.MessageDescriptor, path: [Int32], comments: Comments, schema: Schema) throws {
    self.message = message
    self.path = path
    self.comments = comments
    self.schema = schema
    fields = try message.fields.map { try FieldPlan($0, of: message, schema: schema) }
    for field in message.fields where field.typeName.hasSuffix(".\(message.name)") && field.label != 3 {
      throw GeneratorError("\(message.name).\(field.name): a message inside itself needs a list around it here")
    }
  }

  func emit(to out: inout SourceWriter) throws {
    out.doc(comments[path])
    try out.block("package struct \(Naming.type(message.name)): ProtoMessage") { out in
      try emitNested(to: &out)
      emitProperties(to: &out)
      emitInitializers(to: &out)
      emitWrite(to: &out)
      emitRead(to: &out)
    }
  }

  private func emitNested(to out: inout SourceWriter) throws {
    for (index, item) in message.enums.enumerated() {
      EnumEmitter(item, path: path + [4, Int32(index)], comments: comments).emit(to: &out)
      out.line()
    }
    for (index, nested) in message.messages.enumerated() where nested.options?.isMapEntry != true {
      try MessageEmitter(nested, path: path + [3, Int32(index)], comments: comments, schema: schema).emit(to: &out)
      out.line()
    }
    for (index, oneof) in message.oneofs.enumerated() where !members(of: oneof).isEmpty {
      out.doc(comments[path + [8, Int32(index)]])
      out.block("package enum \(oneofType(Naming.member(oneof.name))): Sendable, Equatable") { out in
        for (field, commentPath) in members(of: oneof) {
          out.doc(comments[commentPath])
          out.line("case \(field.name)(\(field.value))")
        }
      }
      out.line()
    }
  }

  private func members(of oneof: Descriptor.OneofDescriptor) -> [(field: FieldPlan, commentPath: [Int32])] {
    let name = Naming.member(oneof.name)
    return fields.enumerated().compactMap { index, field in
      guard case .oneof(name) = field.shape else { return nil }
      return (field, path + [2, Int32(index)])
    }
  }

  /// What the struct stores: a property a field, and one for each oneof where its first member stands.
  private var stored: [(name: String, type: String, initial: String, commentPath: [Int32])] {
    var seen: Set<String> = []
    return fields.enumerated().compactMap { index, field in
      guard case .oneof(let oneof) = field.shape else {
        return (field.name, field.declaredType, field.declaredInitial, path + [2, Int32(index)])
      }
      return seen.insert(oneof).inserted ? (oneof, oneofType(oneof) + "?", "nil", path + [8, -1]) : nil
    }
  }

  private func oneofType(_ name: String) -> String {
    let plain = name.filter { $0 != "`" }
    return plain.prefix(1).uppercased() + plain.dropFirst() + "OneOf"
  }

  private func emitProperties(to out: inout SourceWriter) {
    for property in stored {
      out.doc(comments[property.commentPath])
      out.line("package var \(property.name): \(property.type)" + (property.initial == "nil" ? "" : " = \(property.initial)"))
    }
    if !stored.isEmpty { out.line() }
  }

  private func emitInitializers(to out: inout SourceWriter) {
    out.line("package init() {}")
    out.line()
    guard !stored.isEmpty else { return }
    let parameters = stored.map { "\($0.name): \($0.type) = \($0.initial)" }
    let short = "package init(\(parameters.joined(separator: ", ")))"
    if short.count < 100 {
      out.block(short) { out in emitAssignments(to: &out) }
    } else {
      out.line("package init(")
      for (index, parameter) in parameters.enumerated() { out.line("  \(parameter)\(index + 1 < parameters.count ? "," : "")") }
      out.block(")") { out in emitAssignments(to: &out) }
    }
    out.line()
  }

  private func emitAssignments(to out: inout SourceWriter) {
    for property in stored { out.line("self.\(property.name) = \(property.name)") }
  }

  private func emitWrite(to out: inout SourceWriter) {
    guard !fields.isEmpty else { return out.line("package func write(to sink: inout some ProtoSink) {}") }
    out.block("package func write(to sink: inout some ProtoSink)") { out in
      for field in fields.sorted(by: { $0.number < $1.number }) {
        switch field.shape {
        case .implicit: out.line("sink.value(\(field.codec).self, \(field.number), \(field.name))")
        case .explicit: out.line("sink.optional(\(field.codec).self, \(field.number), \(field.name))")
        case .repeated: out.line("sink.repeated(\(field.codec).self, \(field.number), \(field.name))")
        case .unpacked: out.line("sink.unpacked(\(field.codec).self, \(field.number), \(field.name))")
        case .map(let key, let value): out.line("sink.map(\(key).self, \(value).self, \(field.number), \(field.name))")
        case .oneof(let oneof):
          out.line("if case .\(field.name)(let value) = \(oneof) { sink.always(\(field.codec).self, \(field.number), value) }")
        }
      }
    }
  }

  private func emitRead(to out: inout SourceWriter) {
    out.line()
    out.block("package mutating func read(from reader: inout ProtoReader) throws(ProtoError)") { out in
      guard !fields.isEmpty else { return out.line("while let tag = try reader.tag() { try reader.skip(tag) }") }
      out.block("while let tag = try reader.tag()") { out in
        out.line("switch tag {")
        for field in fields { emitCases(of: field, to: &out) }
        out.line("default: try reader.skip(tag)")
        out.line("}")
      }
    }
  }

  private func emitCases(of field: FieldPlan, to out: inout SourceWriter) {
    let tag = UInt64(field.number) << 3 | field.wireType.rawValue
    let one = field.isMessage ? "try reader.message(nil)" : "try reader.value(\(field.codec).self)"
    switch field.shape {
    case .implicit: out.line("case \(tag): \(field.name) = \(one)")
    case .explicit:
      out.line("case \(tag): \(field.name) = " + (field.isMessage ? "try reader.message(\(field.name))" : one))
    case .repeated, .unpacked:
      out.line("case \(tag): \(field.name).append(\(one))")
      guard field.wireType != .delimited else { return }
      let packed = UInt64(field.number) << 3 | WireType.delimited.rawValue
      out.line("case \(packed): try reader.packed(\(field.codec).self, into: &\(field.name))")
    case .map(let key, let value):
      out.line("case \(tag): try reader.entry(\(key).self, \(value).self, into: &\(field.name))")
    case .oneof(let oneof):
      guard field.isMessage else { return out.line("case \(tag): \(oneof) = .\(field.name)(\(one))") }
      out.line("case \(tag):")
      out.line("  var earlier: \(field.value)?")
      out.line("  if case .\(field.name)(let value) = \(oneof) { earlier = value }")
      out.line("  \(oneof) = .\(field.name)(try reader.message(earlier))")
    }
  }
}
