import FlowCore

/// Server reflection, `v1` and `v1alpha`, over the descriptors that generated code brings.
package enum RPCReflection {
  /// The services given and the two of reflection, which know all of them and each other.
  package static func adding(to services: [RPCService]) -> [RPCService] {
    let names = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
    let own = [
      RPCService(name: names[0], file: GrpcReflectionV1.file, handlers: []),
      RPCService(name: names[1], file: GrpcReflectionV1alpha.file, handlers: []),
    ]
    let index = ReflectionIndex(services + own)
    return services + [ReflectionV1(index: index).service, ReflectionV1alpha(index: index).service]
  }
}

/// The two versions differ in their package's name only, so that this and its twin are alike line for line.
private struct ReflectionV1: GrpcReflectionV1.ServerReflectionService {
  typealias Question = GrpcReflectionV1.ServerReflectionRequest
  typealias Answer = GrpcReflectionV1.ServerReflectionResponse
  let index: ReflectionIndex

  func serverReflectionInfo(_ call: BidiCall<Question, Answer>) {
    call.receive { question in
      guard let question else { return call.finish() }
      let answer = Answer(validHost: question.host, originalRequest: question, messageResponse: respond(question))
      // The next question is read when this answer is out: a client that does not read is not answered into memory.
      call.send(answer) { isWritten in
        if isWritten { serverReflectionInfo(call) }
      }
    }
  }

  private func respond(_ question: Question) -> Answer.MessageResponseOneOf {
    switch index.answer(meaning(of: question)) {
    case .files(let files): .fileDescriptorResponse(.init(fileDescriptorProto: files))
    case .services(let names): .listServicesResponse(.init(service: names.map { .init(name: $0) }))
    case .extensions(let type, let numbers):
      .allExtensionNumbersResponse(.init(baseTypeName: type, extensionNumber: numbers))
    case .failure(let status): .errorResponse(.init(errorCode: Int32(status.code.rawValue), errorMessage: status.message))
    }
  }

  private func meaning(of question: Question) -> ReflectionIndex.Question {
    switch question.messageRequest {
    case .fileByFilename(let name): .file(name: name)
    case .fileContainingSymbol(let symbol): .symbol(symbol)
    case .fileContainingExtension(let item): .extension(of: item.containingType, number: item.extensionNumber)
    case .allExtensionNumbersOfType(let type): .extensions(of: type)
    case .listServices: .services
    case nil: .unknown
    }
  }
}

/// The two versions differ in their package's name only, so that this and its twin are alike line for line.
private struct ReflectionV1alpha: GrpcReflectionV1alpha.ServerReflectionService {
  typealias Question = GrpcReflectionV1alpha.ServerReflectionRequest
  typealias Answer = GrpcReflectionV1alpha.ServerReflectionResponse
  let index: ReflectionIndex

  func serverReflectionInfo(_ call: BidiCall<Question, Answer>) {
    call.receive { question in
      guard let question else { return call.finish() }
      let answer = Answer(validHost: question.host, originalRequest: question, messageResponse: respond(question))
      // The next question is read when this answer is out: a client that does not read is not answered into memory.
      call.send(answer) { isWritten in
        if isWritten { serverReflectionInfo(call) }
      }
    }
  }

  private func respond(_ question: Question) -> Answer.MessageResponseOneOf {
    switch index.answer(meaning(of: question)) {
    case .files(let files): .fileDescriptorResponse(.init(fileDescriptorProto: files))
    case .services(let names): .listServicesResponse(.init(service: names.map { .init(name: $0) }))
    case .extensions(let type, let numbers):
      .allExtensionNumbersResponse(.init(baseTypeName: type, extensionNumber: numbers))
    case .failure(let status): .errorResponse(.init(errorCode: Int32(status.code.rawValue), errorMessage: status.message))
    }
  }

  private func meaning(of question: Question) -> ReflectionIndex.Question {
    switch question.messageRequest {
    case .fileByFilename(let name): .file(name: name)
    case .fileContainingSymbol(let symbol): .symbol(symbol)
    case .fileContainingExtension(let item): .extension(of: item.containingType, number: item.extensionNumber)
    case .allExtensionNumbersOfType(let type): .extensions(of: type)
    case .listServices: .services
    case nil: .unknown
    }
  }
}
