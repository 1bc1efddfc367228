import FlowAPI
import FlowCore
import FlowEngine
import FlowHTTP
import FlowServer
import FlowStorage
import Synchronization

/// A node over a store in memory, its HTTP surface on a free port, and a service that answers when the test lets it.
final class FlowHTTPAPIBench: Sendable {
  let store = MemoryStore()
  let server: Server
  private let http: HTTPServer
  private let service: HTTPServer
  private let held: HeldReplies
  private let client = HTTPClient()

  init(baseURL: String? = nil) throws {
    let held = HeldReplies()
    self.held = held
    var router = Router()
    router.on("POST", "/") { request, reply in held.take(request, reply) }
    service = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0)), handler: router.handler)
    var configuration = ServerConfiguration(dataDirectory: "")
    configuration.runsProcesses = false
    configuration.resolve = ["calc": service.address]
    server = try Server(configuration, store: store, viewPath: ":memory:")
    try server.start()
    let draining = Draining()
    self.draining = draining
    let info = FlowHTTPInfo(version: "1.2.3", store: "memory", baseURL: baseURL, isDraining: { draining.isOn })
    let api = FlowHTTPAPI(server: server, info: info)
    http = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0)), handler: api.router.handler)
    api.listens(on: http.address)
  }

  private let draining: Draining

  func drain() { draining.turnOn() }

  deinit {
    held.release()
    http.stop(graceMs: 0)
    server.stop()
    service.stop(graceMs: 0)
    client.close()
  }

  var address: String { http.address.description }

  // MARK: calls

  func call(_ method: String, _ path: String, _ headers: HTTPHeaders = [:], body: String? = nil) throws -> HTTPClientResponse {
    try call(method, path, headers, bytes: body.map { Array($0.utf8) })
  }

  func call(_ method: String, _ path: String, _ headers: HTTPHeaders = [:], bytes: [UInt8]?) throws -> HTTPClientResponse {
    try client.sendAndWait(HTTPClientRequest(method, "http://\(address)\(path)", headers: headers, body: bytes))
  }

  func get(_ path: String) throws -> HTTPClientResponse { try call("GET", path) }

  func json(_ path: String) throws -> JSON { try JSON(parsing: try get(path).body) }

  // MARK: what is there

  /// Applies a process with one service task; its deployment is RUNNING unless it is asked to be stopped.
  func apply(_ id: String = "Calc", isRecoverable: Bool = false, isStopped: Bool = false) throws -> String {
    let model = PreparedModel(Array(FlowHTTPAPIBench.model(id, isRecoverable: isRecoverable).utf8))
    return try server.apply(model, resourceName: "calc.bpmn", isStopped: isStopped).deploymentID
  }

  /// Lets all calls of the service go, those that wait and those to come.
  func releaseService() { held.release() }

  /// Waits until the service was called so often, and gives the body of the last call.
  func serviceCalled(_ times: Int = 1) -> HTTPRequest? { held.called(times) }

  /// Starts an instance that waits for its service.
  func start(_ deployment: String, _ body: String = #"{"a":1}"#) throws -> String {
    let answer = try call("POST", "/start/\(deployment)/begin", ["Content-Type": "application/json"], body: body)
    return try JSON(parsing: answer.body)["id"]?.string ?? ""
  }

  /// The instance once it has come into this state; services answer in their own time.
  func instance(_ id: String, once state: String) throws -> JSON {
    let deadline = ContinuousClock.now + .seconds(20)
    var shown = try json("/v1/instances/\(id)")
    while shown["state"]?.string != state, ContinuousClock.now < deadline { shown = try json("/v1/instances/\(id)") }
    return shown
  }

  static func model(_ id: String, isRecoverable: Bool) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
      <bpmn:process id="\(id)" isExecutable="true">
        <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
        <bpmn:serviceTask id="sum" name="Add it up"><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
        <bpmn:endEvent id="done"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
        <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="sum"/>
        <bpmn:sequenceFlow id="f2" sourceRef="sum" targetRef="done"/>
        <bpmn:textAnnotation id="a1"><bpmn:text>rexflow:
      preexisting: true
      service: {host: calc, port: 80}</bpmn:text></bpmn:textAnnotation>
        <bpmn:association id="s1" sourceRef="sum" targetRef="a1"/>
        <bpmn:textAnnotation id="a2"><bpmn:text>rexflow_global_properties:
      recoverable: \(isRecoverable)
      user_opaque_metadata: {team: blue}</bpmn:text></bpmn:textAnnotation>
      </bpmn:process>
    </bpmn:definitions>
    """
  }
}

/// The service's calls that wait for the test.
final class HeldReplies: Sendable {
  private struct State {
    var replies: [(HTTPRequest, HTTPReply)] = []
    var last: HTTPRequest?
    var count = 0
    var isOpen = false
  }

  private let state = Mutex(State())

  func take(_ request: HTTPRequest, _ reply: HTTPReply) {
    let goes = state.withLock { state -> Bool in
      state.last = request
      state.count += 1
      if !state.isOpen { state.replies.append((request, reply)) }
      return state.isOpen
    }
    if goes { HeldReplies.echo(request, reply) }
  }

  func release() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.replies = [] }
      return state.replies
    }
    for (request, reply) in waiting { HeldReplies.echo(request, reply) }
  }

  func called(_ times: Int) -> HTTPRequest? {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if let last = state.withLock({ $0.count >= times ? $0.last : nil }) { return last }
    }
    return nil
  }

  private static func echo(_ request: HTTPRequest, _ reply: HTTPReply) {
    reply.send(HTTPResponse(200, headers: ["Content-Type": request.headers["Content-Type"] ?? "application/json"], body: request.body))
  }
}

private final class Draining: Sendable {
  private let flag = Atomic<Bool>(false)

  var isOn: Bool { flag.load(ordering: .sequentiallyConsistent) }
  func turnOn() { flag.store(true, ordering: .sequentiallyConsistent) }
}
