import FlowRPC

/// What stops the generator: always something in a `.proto` file that it does not know how to write in Swift.
struct GeneratorError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// Answers protoc's request: one Swift file for each `.proto` file it names.
func generate(_ request: [UInt8]) -> Descriptor.CodeGeneratorResponse {
  var response = Descriptor.CodeGeneratorResponse()
  response.supportedFeatures = 1  // FEATURE_PROTO3_OPTIONAL
  do {
    let request = try Descriptor.CodeGeneratorRequest(decoding: request)
    let sources = try request.files.map { try ProtoSource($0) }
    // `--flow_opt=import=FlowRPC` for files outside of FlowRPC.
    let imports = request.parameter.split(separator: ",").compactMap { $0.hasPrefix("import=") ? String($0.dropFirst(7)) : nil }
    let schema = try Schema(sources.map(\.descriptor))
    for source in sources where request.filesToGenerate.contains(source.descriptor.name) {
      var file = Descriptor.GeneratedFile()
      file.name = Naming.swiftFile(of: source.descriptor)
      file.content = try FileEmitter(source: source, schema: schema, imports: imports).text()
      response.files.append(file)
    }
  } catch let error as GeneratorError {
    response.error = error.message
  } catch {
    response.error = "unreadable request: \(error)"
  }
  return response
}

/// One `.proto` file: its bytes as protoc sent them, and what they say.
struct ProtoSource {
  let descriptor: Descriptor.FileDescriptor
  /// The same without source information, for reflection.
  let bareBytes: [UInt8]

  init(_ bytes: [UInt8]) throws {
    descriptor = try Descriptor.FileDescriptor(decoding: bytes)
    guard descriptor.syntax == "proto3" else { throw GeneratorError("\(descriptor.name): only proto3 is known here") }
    bareBytes = try bytes.withUnsafeBytes { try ProtoSource.withoutSourceInfo($0) }
  }

  private static func withoutSourceInfo(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
    let sourceInfo: UInt64 = 9
    var kept: [UInt8] = []
    var reader = ProtoReader(bytes)
    while !reader.atEnd {
      let start = bytes.count - reader.remaining
      guard let tag = try reader.tag() else { break }
      try reader.skip(tag)
      if tag >> 3 != sourceInfo { kept.append(contentsOf: bytes[start..<bytes.count - reader.remaining]) }
    }
    return kept
  }
}

/// Every message and enum that protoc sent, by full name with its leading dot.
struct Schema {
  private(set) var swiftNames: [String: String] = [:]
  private(set) var messages: [String: Descriptor.MessageDescriptor] = [:]
  /// The Swift namespace of each file.
  private(set) var namespaces: [String: String] = [:]

  init(_ files: [Descriptor.FileDescriptor]) throws {
    for file in files {
      let namespace = Naming.namespace(of: file)
      guard !namespaces.values.contains(namespace) else { throw GeneratorError("\(file.name): a second file of its package") }
      namespaces[file.name] = namespace
      let scope = file.package.isEmpty ? "" : ".\(file.package)"
      add(file.messages, file.enums, scope: scope, swiftScope: Naming.namespace(of: file))
    }
  }

  private mutating func add(
    _ nested: [Descriptor.MessageDescriptor], _ enums: [Descriptor.EnumDescriptor], scope: String, swiftScope: String
  ) {
    for item in enums { swiftNames["\(scope).\(item.name)"] = "\(swiftScope).\(Naming.type(item.name))" }
    for message in nested {
      let name = "\(scope).\(message.name)"
      let swiftName = "\(swiftScope).\(Naming.type(message.name))"
      swiftNames[name] = swiftName
      messages[name] = message
      add(message.messages, message.enums, scope: name, swiftScope: swiftName)
    }
  }

  func swiftName(_ typeName: String) throws -> String {
    guard let name = swiftNames[typeName] else { throw GeneratorError("\(typeName) is not in the request") }
    return name
  }
}
