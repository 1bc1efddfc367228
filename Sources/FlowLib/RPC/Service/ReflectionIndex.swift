import FlowCore

/// What server reflection knows: files by name and by the symbols in them.
struct ReflectionIndex: Sendable {
  enum Question {
    case services
    case file(name: String)
    case symbol(String)
    case `extension`(of: String, number: Int32)
    case extensions(of: String)
    case unknown
  }

  enum Answer: Equatable {
    /// The file asked for, then the files it imports.
    case files([[UInt8]])
    case services([String])
    case extensions(of: String, numbers: [Int32])
    case failure(Status)
  }

  private let services: [String]
  private var files: [String: RPCFileDescriptor] = [:]
  private var symbols: [String: String] = [:]
  private var messages: Set<String> = []

  init(_ services: [RPCService]) {
    self.services = services.map(\.name).sorted()
    for service in services {
      if let file = service.file { add(file) }
    }
  }

  private mutating func add(_ file: RPCFileDescriptor) {
    guard files.updateValue(file, forKey: file.name) == nil else { return }
    for imported in file.imports { add(imported) }
    do throws(ProtoError) {
      let descriptor = try Descriptor.FileDescriptor(decoding: file.bytes)
      let scope = descriptor.package.isEmpty ? "" : descriptor.package + "."
      for service in descriptor.services {
        symbols[scope + service.name] = file.name
        for method in service.methods { symbols["\(scope)\(service.name).\(method.name)"] = file.name }
      }
      add(descriptor.messages, descriptor.enums, scope: scope, file: file.name)
    } catch {
      preconditionFailure("the generated descriptor of \(file.name) is broken: \(error)")
    }
  }

  private mutating func add(
    _ nested: [Descriptor.MessageDescriptor], _ enums: [Descriptor.EnumDescriptor], scope: String, file: String
  ) {
    for item in enums {
      symbols[scope + item.name] = file
      // Values of an enum are siblings of the enum.
      for value in item.values { symbols[scope + value.name] = file }
    }
    for message in nested {
      let name = scope + message.name
      symbols[name] = file
      messages.insert(name)
      for field in message.fields { symbols["\(name).\(field.name)"] = file }
      for oneof in message.oneofs { symbols["\(name).\(oneof.name)"] = file }
      add(message.messages, message.enums, scope: name + ".", file: file)
    }
  }

  func answer(_ question: Question) -> Answer {
    switch question {
    case .services: return .services(services)
    case .file(let name):
      guard let file = files[name] else { return .failure(Status(.notFound, "no file \(name)")) }
      return .files(closure(file))
    case .symbol(let symbol):
      let plain = symbol.hasPrefix(".") ? String(symbol.dropFirst()) : symbol
      guard let file = symbols[plain].flatMap({ files[$0] }) else { return .failure(Status(.notFound, "no symbol \(symbol)")) }
      return .files(closure(file))
    case .extension(let type, let number): return .failure(Status(.notFound, "no extension \(number) of \(type)"))
    case .extensions(let type):
      // proto3 has no extensions, so that a known message has none.
      guard messages.contains(type) else { return .failure(Status(.notFound, "no message \(type)")) }
      return .extensions(of: type, numbers: [])
    case .unknown: return .failure(Status(.unimplemented, "this question is not known here"))
    }
  }

  private func closure(_ file: RPCFileDescriptor) -> [[UInt8]] {
    var seen: Set<String> = []
    var order: [RPCFileDescriptor] = [file]
    var bytes: [[UInt8]] = []
    while let next = order.popLast() {
      guard seen.insert(next.name).inserted else { continue }
      bytes.append(next.bytes)
      order.append(contentsOf: next.imports.reversed())
    }
    return bytes
  }
}
