import FlowCore
import FlowThreads
import Glibc
import Synchronization
import Testing

@testable import FlowHTTP

@Suite("HTTPServer")
struct HTTPServerTests {
  let client = HTTPClient()

  @Test("method, path, query, headers and body reach the handler")
  func echoes() throws {
    let server = try loopback { router in
      router.on("POST", "/echo/{name}") { request, reply in
        let text = "\(request.method) \(request.path) \(request.query("a") ?? "-") \(request.headers["x-one"] ?? "-") "
        reply.send(HTTPResponse(201, headers: ["X-Two": "2"], body: Array(text.utf8) + request.body))
      }
    }

    let answer = try client.sendAndWait(
      HTTPClientRequest("POST", server.url + "/echo/n?a=1+2%2B&b", headers: ["X-One": "eins"], body: Array("body".utf8)))

    #expect(answer.status == 201)
    #expect(answer.headers["x-two"] == "2")
    #expect(String(decoding: answer.body, as: UTF8.self) == #"POST ["echo", "n"] 1 2+ eins body"#)
  }

  @Test("an answer may come later from another thread")
  func answersLater() throws {
    let waiting = Monitor<[HTTPReply]>([])
    let server = try loopback { router in
      router.on("GET", "/later") { _, reply in waiting.change { $0.append(reply) } }
    }
    let result = Monitor<[Int]>([])
    for _ in 0..<3 {
      client.send(HTTPClientRequest("GET", server.url + "/later")) { value in
        result.change { $0.append((try? value.get().status) ?? 0) }
      }
    }

    let replies = waiting.wait(untilMs: soon()) { $0.count == 3 ? $0 : nil }
    for reply in replies ?? [] { #expect(reply.send(.text("now"))) }
    waiting.change { $0 = [] }

    #expect(result.wait(untilMs: soon()) { $0.count == 3 ? $0 : nil } == [200, 200, 200])
    #expect(replies?.first?.send(.text("again")) == false)
  }

  @Test("a handler that throws, or forgets to answer, is a 500 problem; a thrown problem is itself")
  func failingHandlers() throws {
    struct Broken: Error {}
    let server = try loopback { router in
      router.on("GET", "/throws") { _, _ in throw Broken() }
      router.on("GET", "/forgets") { _, _ in }
      router.on("GET", "/conflict") { _, _ in throw HTTPProblem(409, "taken", members: ["code": "ALREADY_EXISTS"]) }
    }

    #expect(try client.sendAndWait(HTTPClientRequest("GET", server.url + "/throws")).status == 500)
    #expect(try client.sendAndWait(HTTPClientRequest("GET", server.url + "/forgets")).status == 500)
    let conflict = try client.sendAndWait(HTTPClientRequest("GET", server.url + "/conflict"))
    #expect(conflict.status == 409)
    #expect(try JSON(parsing: conflict.body)["code"] == "ALREADY_EXISTS")
  }

  @Test("a body at the limit passes, one byte more is a 413", arguments: [1000, 1001])
  func bodyLimit(bytes: Int) throws {
    let server = try loopback({ $0.bodyBytesMax = 1000 }) { router in
      router.on("POST", "/") { request, reply in reply.send(.text("\(request.body.count)")) }
    }

    let answer = try client.sendAndWait(HTTPClientRequest("POST", server.url, body: Array(repeating: 1, count: bytes)))

    #expect(answer.status == (bytes > 1000 ? 413 : 200))
  }

  @Test("a client that waits for 100 Continue hears of the limit before it sends")
  func expectContinue() throws {
    let server = try loopback({ $0.bodyBytesMax = 10 }) { router in router.on("POST", "/") { _, reply in reply.send(.text("")) } }

    let answer = rawExchange(
      server.address.port, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99\r\nConnection: close\r\n\r\n")

    #expect(answer.hasPrefix("HTTP/1.1 413 "))
  }

  @Test("a header section beyond the limit is refused")
  func headerLimit() throws {
    let server = try loopback { router in router.on("GET", "/") { _, reply in reply.send(.text("")) } }

    let field = String(repeating: "x", count: Limits.httpHeaderBytes)
    let answer = rawExchange(server.address.port, "GET / HTTP/1.1\r\nHost: x\r\nX: \(field)\r\n\r\n")

    #expect(!answer.hasPrefix("HTTP/1.1 200"))
  }

  @Test("a header with a line break never reaches the wire")
  func splitting() throws {
    let server = try loopback { router in
      router.on("GET", "/") { _, reply in reply.send(HTTPResponse(200, headers: ["X-A": "a\r\nX-B: b", "X-C": "c"])) }
    }

    let answer = try client.sendAndWait(HTTPClientRequest("GET", server.url))

    #expect(answer.headers["X-B"] == nil)
    #expect(answer.headers["X-C"] == "c")
  }

  @Test("a taken port is an error that names address and cause")
  func bindFailure() throws {
    let first = try loopback { _ in }

    let error = #expect(throws: HTTPServerError.self) {
      _ = try HTTPServer(HTTPServer.Options(address: first.address)) { _, _ in }
    }

    #expect(error?.code == .bind)
    #expect(error?.description == "can not listen on \(first.address): Address already in use")
  }

  @Test("a name that is none, and a certificate that is none, are errors")
  func startFailure() throws {
    var options = HTTPServer.Options(address: HTTPAddress(host: "no.such.host.invalid", port: 0))
    #expect(throws: HTTPServerError.self) { _ = try HTTPServer(options) { _, _ in } }
    options = HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))
    options.tls = HTTPServer.TLS(certificate: "nonsense", key: "nonsense")
    let error = #expect(throws: HTTPServerError.self) { _ = try HTTPServer(options) { _, _ in } }
    #expect(error?.code == .start)
  }

  @Test("who waits for an answer can be given one; what the handler answers later is not heard, and new requests are as usual")
  func endsWaiting() throws {
    let waiting = Monitor<[HTTPReply]>([])
    let server = try loopback { router in
      router.on("GET", "/later") { _, reply in waiting.change { $0.append(reply) } }
      router.on("GET", "/now") { _, reply in reply.send(.text("now")) }
    }
    let answers = Monitor<[String]>([])
    func ask() {
      client.send(HTTPClientRequest("GET", server.url + "/later")) { value in
        let text = (try? value.get()).map { "\($0.status) " + String(decoding: $0.body, as: UTF8.self) } ?? "failed"
        answers.change { $0.append(text) }
      }
    }
    ask()
    let reply = try #require(waiting.wait(untilMs: soon()) { $0.first })
    // The handler may not have returned yet; another request is taken only when it has.
    #expect(try client.sendAndWait(HTTPClientRequest("GET", server.url + "/now")).status == 200)

    server.endWaiting(.text("deposed", status: 503))

    #expect(answers.wait(untilMs: soon()) { $0.first } == "503 deposed")
    #expect(!reply.send(.text("late")))
    ask()
    try #require(waiting.wait(untilMs: soon()) { $0.count == 2 ? $0[1] : nil }).send(.text("in time"))
    #expect(answers.wait(untilMs: soon()) { $0.count == 2 ? $0[1] : nil } == "200 in time")
  }

  @Test("an address of every interface is known as one that nobody can go to")
  func wildcards() {
    for host in ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0", "*", "0"] {
      #expect(HTTPAddress(host: host, port: 1).isWildcard, "\(host)")
    }
    for host in ["127.0.0.1", "::1", "10.0.0.0", "localhost", "2001:db8::"] {
      #expect(!HTTPAddress(host: host, port: 1).isWildcard, "\(host)")
    }
  }

  @Test("stopping lets an answer under way finish")
  func gracefulStop() throws {
    let waiting = Monitor<HTTPReply?>(nil)
    let server = try loopback { router in router.on("GET", "/") { _, reply in waiting.change { $0 = reply } } }
    let status = Monitor<Int?>(nil)
    client.send(HTTPClientRequest("GET", server.url)) { value in status.change { $0 = (try? value.get().status) ?? -1 } }
    let reply = waiting.wait(untilMs: soon()) { $0 }

    let stopper = try WorkerThread { server.stop() }
    reply?.send(.text("late"))
    stopper.join()

    #expect(status.wait(untilMs: soon()) { $0 } == 200)
    #expect(throws: HTTPClientError.self) { try client.sendAndWait(HTTPClientRequest("GET", server.url)) }
  }

  @Test("stopping answers 503 to whoever would wait for ever")
  func stopWithWaiting() throws {
    let waiting = Monitor<HTTPReply?>(nil)
    let server = try loopback { router in router.on("GET", "/") { _, reply in waiting.change { $0 = reply } } }
    let status = Monitor<Int?>(nil)
    client.send(HTTPClientRequest("GET", server.url)) { value in status.change { $0 = (try? value.get().status) ?? -1 } }
    _ = waiting.wait(untilMs: soon()) { $0 }

    server.stop(graceMs: 10)

    #expect(status.wait(untilMs: soon()) { $0 } == 503)
  }

  @Test(
    "garbage on the wire is refused and the server lives on", arguments: ["\u{0}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"])
  func garbage(text: String) throws {
    let server = try loopback { router in router.on("GET", "/") { _, reply in reply.send(.text("")) } }

    _ = rawExchange(server.address.port, text)

    #expect(try client.sendAndWait(HTTPClientRequest("GET", server.url)).status == 200)
  }

  @Test("a page carries the headers that secure it")
  func page() throws {
    let server = try loopback { router in router.on("GET", "/") { _, reply in reply.send(.html("<p>", nonce: "n1")) } }

    let answer = try client.sendAndWait(HTTPClientRequest("GET", server.url))

    #expect(answer.headers["Content-Security-Policy"]?.contains("script-src 'self' 'nonce-n1'") == true)
    #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
  }
}

/// A deadline that only a broken test reaches.
func soon(_ ms: Int64 = 20_000) -> Int64 { MonotonicClock.milliseconds() + ms }
