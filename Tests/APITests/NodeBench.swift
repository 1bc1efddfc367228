import FlowCore
import FlowEngine
import FlowHTTP
import FlowRuntime
import FlowServer
import FlowStorage
import FlowThreads
import Foundation
import Synchronization

/// A node over a store that the test brings, with a clock that the test can move and a service that answers when it is let go.
final class NodeBench: Sendable {
  let server: Server
  let fatal = FirstText()
  private let service: HTTPServer
  private let other: HTTPServer
  private let held: HeldReplies

  init(_ store: any Store, viewPath: String = ":memory:", clock: ShiftedClock = ShiftedClock(), keepsJournal: Bool = false) throws {
    let held = HeldReplies()
    self.held = held
    var router = Router()
    router.on("POST", "/") { request, reply in held.take(request, reply) }
    service = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0)), handler: router.handler)
    other = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { _, reply in
      reply.send(HTTPResponse(200, body: Array("{}".utf8)))
    }
    var configuration = ServerConfiguration(dataDirectory: "")
    configuration.runsProcesses = false
    configuration.keepsJournal = keepsJournal
    configuration.world = clock.world
    configuration.resolve = ["calc": service.address, "other": other.address]
    configuration.fatal = { [fatal] in fatal.set($0) }
    server = try Server(configuration, store: store, viewPath: viewPath)
    try server.start()
  }

  private let stopped = Atomic(false)

  func stop() {
    guard !stopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    held.release()
    server.stop()
    service.stop(graceMs: 0)
    other.stop(graceMs: 0)
  }

  deinit { stop() }

  func releaseService() { held.release() }

  /// A process whose instances wait for the service.
  func applyWaiting() throws -> Key { try apply(FlowHTTPAPIBench.model("Calc", isRecoverable: false)) }

  /// Another process, whose service answers at once.
  func applyOther() throws -> Key {
    let model = FlowHTTPAPIBench.model("Other", isRecoverable: false)
    return try apply(model.split(separator: "host: calc", omittingEmptySubsequences: false).joined(separator: "host: other"))
  }

  /// A process whose service is probed and never answers; its deployment's id.
  func applyProbed() throws -> String {
    let service = "service: {host: calc, port: 80}"
    let probed = "service: {host: 127.0.0.1, port: 1}\n  health: {path: /, period: 5}"
    let model = FlowHTTPAPIBench.model("Probed", isRecoverable: false)
      .split(separator: service, omittingEmptySubsequences: false).joined(separator: probed)
    return try server.apply(PreparedModel(Array(model.utf8)), resourceName: "m.bpmn", isStopped: false).deploymentID
  }

  /// A process whose instances wait for the service and for a worker, and are STOPPED when one fails.
  func applyRecoverable() throws -> Key {
    let paid = """
      <bpmn:outgoing>f1</bpmn:outgoing><bpmn:outgoing>f3</bpmn:outgoing></bpmn:startEvent>
      <bpmn:sequenceFlow id="f3" sourceRef="begin" targetRef="pay"/>
      <bpmn:serviceTask id="pay"><bpmn:extensionElements>
        <zeebe:taskDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" type="pay"/>
      </bpmn:extensionElements><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:serviceTask>
      <bpmn:sequenceFlow id="f4" sourceRef="pay" targetRef="done"/>
      """
    let model = FlowHTTPAPIBench.model("Recoverable", isRecoverable: true)
    let begin = "<bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>"
    return try apply(model.split(separator: begin, omittingEmptySubsequences: false).joined(separator: paid))
  }

  /// A process whose instances end at once.
  func applyStraight() throws -> Key { try apply(NodeBench.straight) }

  private func apply(_ model: String) throws -> Key {
    let id = try server.apply(PreparedModel(Array(model.utf8)), resourceName: "m.bpmn", isStopped: false).deploymentID
    return try server.board.named(id).deployment.key
  }

  func create(_ deployment: Key, _ body: JSON = [1]) throws(Refusal) -> InstanceID {
    let promise = Promise<Result<InstanceID, Refusal>>()
    server.createInstance(of: deployment, start: nil, payload: Payload(json: body), metadata: []) { promise.keep($0.map(\.id)) }
    return try promise.wait().get()
  }

  /// All rows that readers have.
  var rows: Int { server.counts().reduce(0) { $0 + $1.count } }
  var completed: Int { server.counts().filter { $0.state == .completed }.reduce(0) { $0 + $1.count } }

  /// Whether a condition holds before a deadline.
  static func until(_ seconds: Int = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      if try condition() { return true }
      sched_yield()
    }
    return try condition()
  }

  private static let straight = """
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
      <bpmn:process id="Straight" isExecutable="true">
        <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
        <bpmn:endEvent id="done"><bpmn:incoming>f1</bpmn:incoming></bpmn:endEvent>
        <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="done"/>
      </bpmn:process>
    </bpmn:definitions>
    """
}

/// The machine's clock, some time ahead.
final class ShiftedClock: Sendable {
  private let ahead = Atomic<Int64>(0)

  func advance(ms: Int64) { ahead.add(ms, ordering: .sequentiallyConsistent) }
  var now: Instant { World.real.now() + ahead.load(ordering: .sequentiallyConsistent) }
  var world: World { World(now: { [self] in now }, entropy: World.real.entropy) }
}

/// The first text that was set.
final class FirstText: Sendable {
  private let text = Mutex<String?>(nil)

  var value: String? { text.withLock { $0 } }
  func set(_ new: String) { text.withLock { $0 = $0 ?? new } }
}

/// A directory of its own, gone when dropped.
final class ScratchFolder: Sendable {
  let path = NSTemporaryDirectory() + "flow-node-" + UUID().uuidString

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
