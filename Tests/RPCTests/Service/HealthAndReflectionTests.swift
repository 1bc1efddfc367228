import FlowCore
import FlowRPC
import Testing

@Suite("grpc.health.v1")
struct HealthTests {
  private static func client(_ loopback: Loopback) -> GrpcHealthV1.HealthClient { GrpcHealthV1.HealthClient(loopback.channel) }

  @Test("Check tells each service's status, and NOT_FOUND for one nobody knows")
  func check() throws {
    let health = RPCHealth(services: ["flow.v1.Flow"])
    let loopback = try Loopback(services: [health.service])
    defer { loopback.stop() }
    let client = HealthTests.client(loopback)

    #expect(try client.check(.init(service: "flow.v1.Flow")).status == .notServing)
    health.setAll(.serving)

    #expect(try client.check(.init()).status == .serving)
    #expect(try client.check(.init(service: "flow.v1.Flow")).status == .serving)
    #expect(throws: Status(.notFound, "no service nope is known here")) { try client.check(.init(service: "nope")) }
  }

  @Test("Watch tells the status now and each change, of an unknown service too")
  func watch() throws {
    let health = RPCHealth(services: [], .serving)
    let loopback = try Loopback(services: [health.service])
    defer { loopback.stop() }
    let client = HealthTests.client(loopback)
    let whole = client.watch(.init())
    let late = client.watch(.init(service: "late"))

    #expect(try whole.next()?.status == .serving)
    #expect(try late.next()?.status == .serviceUnknown)
    health.set("", .serving)
    health.set("", .notServing)
    health.set("late", .serving)

    #expect(try whole.next()?.status == .notServing)
    #expect(try late.next()?.status == .serving)
    whole.cancel()
    late.cancel()
  }
}

@Suite("Server reflection")
struct ReflectionTests {
  private typealias Request = GrpcReflectionV1.ServerReflectionRequest

  private static func ask(_ questions: [Request]) throws -> [GrpcReflectionV1.ServerReflectionResponse.MessageResponseOneOf?] {
    let health = RPCHealth(services: [])
    let flow = RPCService(name: "flow.v1.Flow", file: FlowV1.file, handlers: [])
    let sample = RPCService(name: "sample.Sample", file: Sample.file, handlers: [])
    let loopback = try Loopback(services: RPCReflection.adding(to: [health.service, flow, sample]))
    defer { loopback.stop() }
    let stream = GrpcReflectionV1.ServerReflectionClient(loopback.channel).serverReflectionInfo()
    var answers: [GrpcReflectionV1.ServerReflectionResponse.MessageResponseOneOf?] = []
    for question in questions {
      stream.send(question)
      let answer = try stream.next()
      #expect(answer?.originalRequest == question)
      answers.append(answer?.messageResponse)
    }
    stream.finishSending()
    #expect(try stream.next() == nil)
    return answers
  }

  private static func names(_ answer: GrpcReflectionV1.ServerReflectionResponse.MessageResponseOneOf?) throws -> [String] {
    guard case .fileDescriptorResponse(let files) = answer else { return [] }
    return try files.fileDescriptorProto.map { try Descriptor.FileDescriptor(decoding: $0).name }
  }

  @Test("lists the services, its own too")
  func services() throws {
    let answers = try ReflectionTests.ask([Request(messageRequest: .listServices(""))])

    guard case .listServicesResponse(let list) = answers.first else { throw Status(.internal, "no list: \(answers)") }
    #expect(
      list.service.map(\.name) == [
        "flow.v1.Flow", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
        "sample.Sample",
      ])
  }

  @Test(
    "finds the file of a service, method, message, field, enum and enum value",
    arguments: [
      "flow.v1.Flow", "flow.v1.Flow.Apply", ".flow.v1.Deployment", "flow.v1.Deployment.id", "flow.v1.ReportProbesRequest.Report",
      "flow.v1.InstanceState", "flow.v1.INSTANCE_RUNNING",
    ])
  func symbols(symbol: String) throws {
    let answers = try ReflectionTests.ask([Request(messageRequest: .fileContainingSymbol(symbol))])

    #expect(try ReflectionTests.names(answers[0]) == ["flow/v1/flow.proto"])
  }

  @Test("a file brings the files it imports, without their comments")
  func imports() throws {
    let answers = try ReflectionTests.ask([Request(messageRequest: .fileByFilename("everything.proto"))])

    #expect(try ReflectionTests.names(answers[0]) == ["everything.proto", "imported.proto"])
    guard case .fileDescriptorResponse(let files) = answers[0] else { return }
    #expect(try Descriptor.FileDescriptor(decoding: files.fileDescriptorProto[0]).sourceInfo == nil)
  }

  @Test("what is not there is NOT_FOUND, and the stream goes on")
  func notFound() throws {
    let answers = try ReflectionTests.ask([
      Request(messageRequest: .fileByFilename("nope.proto")),
      Request(messageRequest: .fileContainingSymbol("flow.v1.Nope")),
      Request(messageRequest: .fileContainingExtension(.init(containingType: "flow.v1.Deployment", extensionNumber: 7))),
      Request(messageRequest: .allExtensionNumbersOfType("flow.v1.Nope")),
      Request(messageRequest: .allExtensionNumbersOfType("flow.v1.Deployment")),
      Request(),
    ])

    let codes = answers.map { answer -> Int32? in
      guard case .errorResponse(let error) = answer else { return nil }
      return error.errorCode
    }
    #expect(codes == [5, 5, 5, 5, nil, 12])
    #expect(answers[4] == .allExtensionNumbersResponse(.init(baseTypeName: "flow.v1.Deployment")))
  }

  @Test("v1alpha answers as v1 does")
  func alpha() throws {
    let flow = RPCService(name: "FlowDaemon", file: FlowProto.file, handlers: [])
    let loopback = try Loopback(services: RPCReflection.adding(to: [flow]))
    defer { loopback.stop() }
    let stream = GrpcReflectionV1alpha.ServerReflectionClient(loopback.channel).serverReflectionInfo()

    stream.send(.init(messageRequest: .fileContainingSymbol("FlowDaemon")))

    guard case .fileDescriptorResponse(let files) = try stream.next()?.messageResponse else { throw Status(.internal, "no file") }
    #expect(try Descriptor.FileDescriptor(decoding: files.fileDescriptorProto[0]).services.map(\.name) == ["FlowDaemon"])
    stream.cancel()
  }
}
