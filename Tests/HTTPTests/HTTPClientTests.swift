import FlowCore
import FlowThreads
import Glibc
import Synchronization
import Testing

@testable import FlowHTTP

@Suite("HTTPClient")
struct HTTPClientTests {
  let client = HTTPClient()

  private func failure(_ url: String, _ change: (inout HTTPClientRequest) -> Void = { _ in }) -> HTTPClientError? {
    var request = HTTPClientRequest("POST", url, body: Array("{}".utf8), timeoutMs: 60_000)
    change(&request)
    do {
      _ = try client.sendAndWait(request)
      return nil
    } catch {
      return error
    }
  }

  @Test("a port where nobody listens is 'could not connect'")
  func refused() throws {
    let (descriptor, bound) = try ListeningSocket.open(HTTPAddress(host: "127.0.0.1", port: 0))
    close(descriptor)

    let error = failure("http://\(bound)")

    #expect(error?.kind == .couldNotConnect)
    #expect(error?.message == "connection to \(bound) refused")
  }

  @Test("an unknown name is told as such")
  func unknownName() {
    #expect(failure("http://no.such.host.invalid/")?.kind == .unknownName)
  }

  @Test("a server that accepts and says nothing times out")
  func hangs() throws {
    let peer = try RawPeer { connection, _ in RawPeer.hang(connection) }

    let error = failure(peer.url) { $0.timeoutMs = 150 }

    #expect(error?.kind == .timedOut)
    #expect(error?.message == "no whole answer from 127.0.0.1:\(peer.port): timed out after 150 ms")
  }

  @Test("a server that trickles is bounded by the total time")
  func trickles() throws {
    let peer = try RawPeer { connection, _ in
      RawPeer.readHead(connection)
      _ = RawPeer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", to: connection)
      while RawPeer.write("x", to: connection) { usleep(10_000) }
    }

    #expect(failure(peer.url) { $0.timeoutMs = 200 }?.kind == .timedOut)
  }

  @Test("a server that closes before or within its answer drops", arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
  func drops(start: String) throws {
    let peer = try RawPeer { connection, _ in
      RawPeer.readHead(connection)
      _ = RawPeer.write(start, to: connection)
    }

    #expect(failure(peer.url)?.kind == .dropped)
    #expect(peer.connections == 1)
  }

  @Test("an answer beyond the limit is 'too large', announced or not")
  func tooLarge() throws {
    let server = try loopback { router in
      router.on("POST", "/") { _, reply in reply.send(HTTPResponse(200, body: Array(repeating: 65, count: 5000))) }
    }
    let endless = try RawPeer { connection, _ in
      RawPeer.readHead(connection)
      _ = RawPeer.write("HTTP/1.1 200 OK\r\n\r\n", to: connection)
      while RawPeer.write(String(repeating: "x", count: 1000), to: connection) {}
    }

    #expect(failure(server.url) { $0.maxResponseBytes = 4999 }?.kind == .tooLarge)
    #expect(failure(server.url) { $0.maxResponseBytes = 5000 } == nil)
    #expect(failure(endless.url)?.kind == .tooLarge)
  }

  @Test("endless headers are 'too large'")
  func endlessHeaders() throws {
    let peer = try RawPeer { connection, _ in
      RawPeer.readHead(connection)
      _ = RawPeer.write("HTTP/1.1 200 OK\r\n", to: connection)
      while RawPeer.write("X-A: \(String(repeating: "x", count: 1000))\r\n", to: connection) {}
    }

    #expect(failure(peer.url)?.kind == .tooLarge)
  }

  @Test("a peer that does not speak HTTP is told so")
  func notHTTP() throws {
    let peer = try RawPeer { connection, _ in
      RawPeer.readHead(connection)
      _ = RawPeer.write("220 smtp ready\r\n", to: connection)
    }

    #expect(failure(peer.url)?.kind == .other)
  }

  @Test(
    "what is no http URL, method or header is refused",
    arguments: ["", "nonsense://x", "file:///etc/passwd", "http://", "http://a b/", "http://x:99999/"])
  func badURL(url: String) {
    #expect(failure(url)?.kind == .badURL)
  }

  @Test("a header with a line break is refused")
  func badHeader() {
    #expect(failure("http://127.0.0.1:1/") { $0.headers = ["X-A": "a\r\nX-B: b"] }?.kind == .badURL)
    #expect(failure("http://127.0.0.1:1/") { $0.method = "GET /x" }?.kind == .badURL)
  }

  @Test("redirects are handed over, not followed")
  func redirect() throws {
    let server = try loopback { router in
      router.on("GET", "/") { _, reply in reply.send(HTTPResponse(302, headers: ["Location": "/other"])) }
    }

    let answer = try client.sendAndWait(HTTPClientRequest("GET", server.url))

    #expect(answer.status == 302)
    #expect(answer.headers["location"] == "/other")
  }

  @Test(
    "method, headers and body arrive as given; nothing is added that was not asked for",
    arguments: ["POST", "PUT", "PATCH", "GET", "DELETE"])
  func sends(method: String) throws {
    let server = try loopback { router in
      router.on(method, "/") { request, reply in
        reply.send(
          HTTPResponse(
            200, headers: ["X-Expect": request.headers["Expect"] ?? "-", "X-Type": request.headers["Content-Type"] ?? "-"],
            body: request.body))
      }
    }

    let answer = try client.sendAndWait(HTTPClientRequest(method, server.url, body: Array("payload".utf8)))

    #expect(String(decoding: answer.body, as: UTF8.self) == "payload")
    #expect(answer.headers["X-Expect"] == "-")
    #expect(answer.headers["X-Type"] == "-")
  }

  @Test("calls one after the other share a connection")
  func keepAlive() throws {
    let peer = try RawPeer { connection, _ in
      while !RawPeer.readHead(connection).isEmpty {
        _ = RawPeer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", to: connection)
      }
    }

    for _ in 0..<5 { #expect(try client.sendAndWait(HTTPClientRequest("GET", peer.url)).status == 200) }

    #expect(peer.connections == 1)
  }

  @Test("a cancelled call completes once, as cancelled")
  func cancels() throws {
    let peer = try RawPeer { connection, _ in RawPeer.hang(connection) }
    let results = Monitor<[HTTPClientError.Kind?]>([])

    let call = client.send(HTTPClientRequest("GET", peer.url)) { result in
      results.change { $0.append(kind(result)) }
    }
    call.cancel()
    call.cancel()
    let delayed = client.send(HTTPClientRequest("GET", peer.url), afterMs: 60_000) { result in
      results.change { $0.append(kind(result)) }
    }
    delayed.cancel()

    #expect(results.wait(untilMs: soon()) { $0.count == 2 ? $0 : nil } == [.cancelled, .cancelled])
  }

  @Test("closing completes all calls as cancelled, later ones too")
  func closes() throws {
    let client = HTTPClient(inFlightMax: 2)
    let peer = try RawPeer { connection, _ in RawPeer.hang(connection) }
    let results = Monitor<[HTTPClientError.Kind?]>([])
    for _ in 0..<5 { client.send(HTTPClientRequest("GET", peer.url)) { result in results.change { $0.append(kind(result)) } } }

    client.close()
    client.send(HTTPClientRequest("GET", peer.url)) { result in results.change { $0.append(kind(result)) } }

    #expect(results.withLock { $0 } == Array(repeating: .cancelled, count: 6))
  }

  @Test("beyond transfers and queue a call is refused at once")
  func queueFull() throws {
    let client = HTTPClient(inFlightMax: 1, queuedMax: 1)
    let peer = try RawPeer { connection, _ in RawPeer.hang(connection) }
    let results = Monitor<[HTTPClientError.Kind?]>([])

    for _ in 0..<3 { client.send(HTTPClientRequest("GET", peer.url)) { result in results.change { $0.append(kind(result)) } } }

    #expect(results.withLock { $0 } == [.queueFull])
    client.close()
  }

  @Test("a delayed call starts after its delay and before a later one")
  func delays() throws {
    let server = try loopback { router in router.on("GET", "/{n}") { request, reply in reply.send(.text(request.parameters["n"] ?? "")) } }
    let order = Monitor<[String]>([])
    for (name, delay) in [("c", 120), ("b", 60), ("a", 0)] {
      client.send(HTTPClientRequest("GET", "\(server.url)/\(name)"), afterMs: Int64(delay)) { result in
        order.change { $0.append((try? result.get()).map { String(decoding: $0.body, as: UTF8.self) } ?? "?") }
      }
    }

    #expect(order.wait(untilMs: soon()) { $0.count == 3 ? $0 : nil } == ["a", "b", "c"])
  }

  @Test("1,000 calls are in flight at once on a handful of threads")
  func thousand() throws {
    let waiting = Monitor<[HTTPReply]>([])
    let server = try loopback { router in router.on("POST", "/") { _, reply in waiting.change { $0.append(reply) } } }
    let done = Monitor(0)
    let before = threads()

    for _ in 0..<1200 {
      client.send(HTTPClientRequest("POST", server.url, body: Array("{}".utf8))) { result in
        if case .success(let answer) = result, answer.status == 200 { done.change { $0 += 1 } }
      }
    }
    let first = waiting.wait(untilMs: soon(60_000)) { $0.count == 1000 ? $0 : nil }
    #expect(first?.count == 1000)
    // Other tests run beside this one with threads of their own; one a call would be far beyond.
    #expect(threads() < before + 150)
    for reply in first ?? [] { reply.send(.text("ok")) }
    #expect(waiting.wait(untilMs: soon(60_000)) { $0.count == 1200 ? true : nil } == true)
    waiting.withLock { replies in
      for reply in replies[1000...] { reply.send(.text("ok")) }
      replies = []
    }

    #expect(done.wait(untilMs: soon(60_000)) { $0 == 1200 ? true : nil } == true)
  }
}

private func kind(_ result: Result<HTTPClientResponse, HTTPClientError>) -> HTTPClientError.Kind? {
  switch result {
  case .success: nil
  case .failure(let error): error.kind
  }
}

/// Threads of this process.
private func threads() -> Int {
  guard let directory = opendir("/proc/self/task") else { return 0 }
  defer { closedir(directory) }
  var count = -2
  while readdir(directory) != nil { count += 1 }
  return count
}
