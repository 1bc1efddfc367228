import FlowRPC

/// Writes one service: its methods, the protocol a server implements, the client a caller uses.
struct ServiceEmitter {
  private struct Method {
    let name: String
    let path: String
    let kind: String
    let input: String
    let output: String
    let doc: String?
  }

  private let service: Descriptor.ServiceDescriptor
  private let fullName: String
  private let namespace: String
  private let doc: String?
  private let methods: [Method]

  init(
    _ service: Descriptor.ServiceDescriptor, in file: Descriptor.FileDescriptor, path: [Int32], comments: Comments, schema: Schema
  ) throws {
    self.service = service
    namespace = Naming.namespace(of: file)
    doc = comments[path]
    let fullName = file.package.isEmpty ? service.name : "\(file.package).\(service.name)"
    self.fullName = fullName
    methods = try service.methods.enumerated().map { index, method in
      Method(
        name: Naming.member(method.name), path: "/\(fullName)/\(method.name)", kind: ServiceEmitter.kind(of: method),
        input: try schema.swiftName(method.input), output: try schema.swiftName(method.output), doc: comments[path + [2, Int32(index)]])
    }
  }

  private static func kind(of method: Descriptor.MethodDescriptor) -> String {
    switch (method.isClientStreaming, method.isServerStreaming) {
    case (false, false): "unary"
    case (true, false): "clientStreaming"
    case (false, true): "serverStreaming"
    case (true, true): "bidirectional"
    }
  }

  /// Inside the namespace.
  func emit(to out: inout SourceWriter) {
    out.line("/// The methods of `\(fullName)`.")
    out.block("package enum \(service.name)Methods") { out in
      for method in methods {
        out.doc(method.doc)
        out.line("package static let \(method.name) = RPCMethod<\(method.input), \(method.output)>(\"\(method.path)\", .\(method.kind))")
      }
    }
    out.line()
    out.doc(doc ?? "Serves `\(fullName)`.")
    out.block("package protocol \(service.name)Service: RPCServiceProvider") { out in
      for method in methods {
        out.doc(method.doc)
        out.line("func \(method.name)(_ call: \(callType(method)))")
      }
    }
    out.line()
    emitClient(to: &out)
  }

  private func callType(_ method: Method) -> String {
    let name = method.kind == "unary" ? "UnaryCall" : method.kind == "serverStreaming" ? "ServerStreamCall" : "BidiCall"
    return "\(name)<\(method.input), \(method.output)>"
  }

  private func emitClient(to out: inout SourceWriter) {
    out.line("/// Calls `\(fullName)`.")
    out.block("package struct \(service.name)Client: Sendable") { out in
      out.line("package let channel: RPCChannel")
      out.line()
      out.line("package init(_ channel: RPCChannel) { self.channel = channel }")
      for method in methods {
        out.line()
        out.doc(method.doc)
        emitClientCall(method, to: &out)
      }
    }
  }

  private func emitClientCall(_ method: Method, to out: inout SourceWriter) {
    let constant = "\(service.name)Methods.\(method.name)"
    let request = "_ request: \(method.input), "
    let options = "options: CallOptions = CallOptions()"
    let stream = "ClientStream<\(method.input), \(method.output)>"
    switch method.kind {
    case "unary":
      out.block("package func \(method.name)(\(request)\(options)) throws(Status) -> \(method.output)") { out in
        out.line("try channel.call(\(constant), request, options: options)")
      }
    case "serverStreaming":
      out.block("package func \(method.name)(\(request)\(options)) -> \(stream)") { out in
        out.line("channel.stream(\(constant), request, options: options)")
      }
    default:
      out.block("package func \(method.name)(\(options)) -> \(stream)") { out in
        out.line("channel.stream(\(constant), options: options)")
      }
    }
  }

  /// Outside the namespace: what a provider owes `RPCServer`.
  func emitRegistration(to out: inout SourceWriter) {
    out.block("extension \(namespace).\(service.name)Service") { out in
      out.line("/// What `RPCServer` needs to serve this.")
      out.block("package var service: RPCService") { out in
        out.line("RPCService(")
        out.line("  name: \"\(fullName)\", file: \(namespace).file,")
        out.line("  handlers: [")
        for method in methods {
          let factory = method.kind == "unary" || method.kind == "serverStreaming" ? method.kind : "streaming"
          out.line("    .\(factory)(\(namespace).\(service.name)Methods.\(method.name)) { self.\(method.name)($0) },")
        }
        out.line("  ])")
      }
    }
  }
}
