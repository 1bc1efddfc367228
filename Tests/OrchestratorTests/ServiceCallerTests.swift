import FlowCore
import FlowThreads
import Glibc
import Testing

@testable import FlowHTTP
@testable import FlowOrchestrator

@Suite("ServiceCaller")
struct ServiceCallerTests {
  let client = HTTPClient()

  private func call(
    _ port: UInt16, _ path: String = "/", method: String = "POST", attempts: Int = 1, body: String = "{}", readMs: Int = 10_000,
    headers: HTTPHeaders = [:]
  ) -> ServiceOutcome? {
    let target = ServiceTarget(
      host: "127.0.0.1", port: port, method: method, path: path, attemptsMax: attempts, connectTimeoutMs: 3_000, callTimeoutMs: readMs)
    let request = ServiceRequest(
      target: target, instance: "flow-1", deployment: "calc-1", element: "task1", idempotencyKey: "key-1", extraHeaders: headers,
      body: Array(body.utf8))
    let result = Monitor<ServiceOutcome??>(nil)
    let caller = ServiceCaller(client: client) { 0 }
    caller.call(request) { outcome in result.change { $0 = .some(outcome) } }
    return result.wait(untilMs: MonotonicClock.milliseconds() + 30_000) { $0 } ?? nil
  }

  private func failure(_ outcome: ServiceOutcome?) -> ServiceFailure? {
    guard case .failure(let failure)? = outcome else { return nil }
    return failure
  }

  /// A service that answers each call with the next status, the last one for ever; and how often it was called.
  private func service(_ statuses: Int..., body: String = "{}") throws -> (HTTPServer, Monitor<Int>) {
    let calls = Monitor(0)
    signal(SIGPIPE, SIG_IGN)
    let server = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { _, reply in
      let number = calls.change { count in
        count += 1
        return count
      }
      reply.send(HTTPResponse(statuses[min(number, statuses.count) - 1], headers: ["Content-Type": "text/x"], body: Array(body.utf8)))
    }
    return (server, calls)
  }

  @Test("the body goes out with the original's headers, the answer comes back as it is")
  func hop() throws {
    let seen = Monitor<HTTPRequest?>(nil)
    let server = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { request, reply in
      seen.change { $0 = request }
      reply.send(HTTPResponse(200, headers: ["Content-Type": "image/png"], body: [0xFF, 0x00]))
    }

    let outcome = call(server.address.port, "calc", body: "[42]", headers: ["X-Rexflow-Token-Pool-Id": "tk", "Host": "evil"])

    #expect(outcome == .success(body: [0xFF, 0x00], contentType: "image/png"))
    let request = try #require(seen.withLock { $0 })
    #expect(request.method == "POST")
    #expect(request.target == "/calc")
    #expect(request.body == Array("[42]".utf8))
    let wanted = [
      "X-Rexflow-Iid": "flow-1", "X-Rexflow-Did": "calc-1", "X-Rexflow-Tid": "task1", "Idempotency-Key": "key-1",
      "Content-Type": "application/json", "X-Rexflow-Token-Pool-Id": "tk", "Host": "127.0.0.1:\(server.address.port)",
    ]
    for (name, value) in wanted { #expect(request.headers[name] == value) }
  }

  @Test(
    "a path is filled from the body",
    arguments: [
      ("/coworker/{name}/food", #"{"name":"Ä b/c"}"#, "/coworker/%C3%84%20b%2Fc/food"), ("/{n}-{n}", #"{"n":7}"#, "/7-7"),
      ("/{x}", #"{"x":true}"#, "/true"), ("/a b{", "[]", "/a%20b%7B"), ("p?q={a}", #"{"a":"1&2"}"#, "/p?q=1%262"),
    ])
  func fills(template: String, body: String, path: String) throws {
    #expect(try PathTemplate.fill(template, from: Array(body.utf8)) == path)
  }

  @Test("a path takes from the body first, then from the context that the body was made of")
  func fillsFromContext() throws {
    let (body, context) = (Array(#"{"a":1}"#.utf8), Array(#"{"a":2,"b":"x y"}"#.utf8))
    #expect(try PathTemplate.fill("/{a}/{b}", from: body, context) == "/1/x%20y")
    #expect(throws: PathTemplateError.self) { try PathTemplate.fill("/{c}", from: body, context) }
    #expect(throws: PathTemplateError.self) { try PathTemplate.fill("/{b}", from: body) }
  }

  @Test(
    "a path that can not be filled fails before any call",
    arguments: [
      "{}", "[]", "not json", #"{"key":null}"#, #"{"key":[1]}"#, #"{"key":{}}"#, "",
    ])
  func missingKey(body: String) throws {
    let (server, calls) = try service(200)

    let failure = failure(call(server.address.port, "/{key}", body: body))

    #expect(failure?.code == .inputParsing)
    #expect(failure?.message.contains("'key'") == true)
    #expect(calls.withLock { $0 } == 0)
  }

  @Test("connections dropped twice are made good by the third attempt, with exactly three calls")
  func dropsThenAnswers() throws {
    let peer = try Dropper(drops: 2)

    #expect(call(peer.port, attempts: 3) == .success(body: Array("ok".utf8), contentType: "text/plain"))
    #expect(peer.calls == 3)
  }

  @Test("connections dropped too often are FAILED_CONNECTION")
  func dropsTooOften() throws {
    let peer = try Dropper(drops: 4)

    let failure = failure(call(peer.port, attempts: 3))

    #expect(failure?.code == .connection)
    #expect(failure?.attempts == 3)
    #expect(peer.calls == 3)
  }

  @Test(
    "statuses of 400 and more are tried again, and have their codes",
    arguments: [
      (503, "FAILED_CONNECTION"), (502, "FAILED_CONNECTION"), (500, "FAILED_TASK"), (404, "FAILED_TASK"),
    ])
  func statuses(status: Int, code: String) throws {
    let (failing, failingCalls) = try service(status, body: #"{"why":1}"#)
    let (healing, healingCalls) = try service(status, 200)

    let failure = failure(call(failing.address.port, attempts: 3))

    #expect(failure?.code.rawValue == code)
    #expect(failingCalls.withLock { $0 } == 3)
    #expect(failure?.payload["output_data"] == ["why": 1])
    #expect(call(healing.address.port, attempts: 2) == .success(body: Array("{}".utf8), contentType: "text/x"))
    #expect(healingCalls.withLock { $0 } == 2)
  }

  @Test("a redirect is a failure that is not tried again")
  func redirect() throws {
    let (server, calls) = try service(302)

    #expect(failure(call(server.address.port, attempts: 3))?.code == .task)
    #expect(calls.withLock { $0 } == 1)
  }

  @Test("the error object has the original's shape")
  func payload() throws {
    let (server, _) = try service(500, body: "oops")

    let payload = try #require(failure(call(server.address.port, body: #"{"a":1}"#))).payload

    #expect(
      payload.object?.names == [
        "error_code", "error_msg", "failed_task_id", "input_headers", "output_headers", "input_data", "output_data", "from_envoy",
      ])
    #expect(payload["error_code"] == "FAILED_TASK")
    #expect(payload["error_msg"]?.string == "http://127.0.0.1:\(server.address.port)/ answered 500 Internal Server Error")
    #expect(payload["failed_task_id"] == "task1")
    #expect(payload["input_headers"]?["X-Rexflow-Iid"] == "flow-1")
    #expect(payload["output_headers"]?["Content-Type"] == "text/x")
    #expect(payload["input_data"] == ["a": 1])
    #expect(payload["output_data"] == "b29wcw==")
    #expect(payload["from_envoy"] == false)
  }

  @Test("a service that hangs is FAILED_CONNECTION after its time")
  func hangs() throws {
    let (server, _) = try service(200)
    let waiting = Monitor<[HTTPReply]>([])
    let hanging = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { _, reply in
      waiting.change { $0.append(reply) }
    }
    server.stop()

    let target = ServiceTarget(host: "127.0.0.1", port: hanging.address.port, connectTimeoutMs: 50, callTimeoutMs: 100)
    let request = ServiceRequest(target: target, instance: "i", deployment: "d", element: "e", idempotencyKey: "k", body: [])
    let result = Monitor<ServiceOutcome?>(nil)
    ServiceCaller(client: client) { 0 }.call(request) { outcome in result.change { $0 = outcome } }
    let outcome = result.wait(untilMs: MonotonicClock.milliseconds() + 30_000) { $0 }

    #expect(failure(outcome)?.code == .connection)
    #expect(failure(outcome)?.message.contains("timed out after 100 ms") == true)
    #expect(failure(call(server.address.port))?.message == "connection to 127.0.0.1:\(server.address.port) refused")
    hanging.stop(graceMs: 0)
  }

  @Test("an answer beyond the payload's limit fails once, with the limit in its text")
  func tooLarge() throws {
    let (server, calls) = try service(200, body: String(repeating: "x", count: Limits.payloadBytes + 1))

    let failure = failure(call(server.address.port, attempts: 3))

    #expect(failure?.code == .task)
    #expect(failure?.message.contains("\(Limits.payloadBytes)") == true)
    #expect(calls.withLock { $0 } == 1)
  }

  @Test("a cancelled hop completes with nil and is not tried again")
  func cancels() throws {
    let (server, calls) = try service(500)
    let target = ServiceTarget(host: "127.0.0.1", port: server.address.port, attemptsMax: 100)
    let request = ServiceRequest(target: target, instance: "i", deployment: "d", element: "e", idempotencyKey: "k", body: [])
    let result = Monitor<[ServiceOutcome?]>([])
    let call = ServiceCaller(client: client) { 0 }.call(request) { outcome in result.change { $0.append(outcome) } }
    _ = calls.wait(untilMs: MonotonicClock.milliseconds() + 30_000) { $0 > 0 ? true : nil }

    call.cancel()

    #expect(result.wait(untilMs: MonotonicClock.milliseconds() + 30_000) { $0.first } == .some(nil))
  }

}

/// Closes so many connections after it read a request, then answers.
private final class Dropper: Sendable {
  let port: UInt16
  private let listener: Int32
  private let count = Monitor(0)

  var calls: Int { count.withLock { $0 } }

  init(drops: Int) throws {
    signal(SIGPIPE, SIG_IGN)
    let (descriptor, bound) = try ListeningSocket.open(HTTPAddress(host: "127.0.0.1", port: 0))
    listener = descriptor
    port = bound.port
    let count = count
    _ = try WorkerThread {
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        if read(connection, &buffer, buffer.count) > 0,
          count.change({
            $0 += 1; return $0
          }) > drops
        {
          let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
          _ = answer.withCString { write(connection, $0, strlen($0)) }
        }
        close(connection)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
