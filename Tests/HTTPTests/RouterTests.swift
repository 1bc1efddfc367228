import FlowCore
import Testing

@testable import FlowHTTP

@Suite("Router")
struct RouterTests {
  let server: HTTPServer
  let client = HTTPClient()

  init() throws {
    server = try loopback { router in
      router.on("GET", "/") { _, reply in reply.send(.text("root")) }
      router.on("GET", "/v1/things/{id}") { request, reply in reply.send(.text("thing \(request.parameters["id"] ?? "")")) }
      router.on("GET", "/v1/things/special") { _, reply in reply.send(.text("special")) }
      router.on("DELETE", "/v1/things/{id}") { _, reply in reply.send(HTTPResponse(204)) }
      router.on("GET", "/v1/things/special/parts/{part}") { request, reply in reply.send(.text(request.parameters["part"] ?? "")) }
      router.on("GET", "/files/{path*}") { request, reply in reply.send(.text(request.parameters["path"] ?? "")) }
    }
  }

  private func get(_ path: String, _ method: String = "GET") throws -> HTTPClientResponse {
    try client.sendAndWait(HTTPClientRequest(method, server.url + path))
  }

  @Test(
    "a path finds its handler",
    arguments: [
      ("/", "root"), ("/v1/things/7", "thing 7"), ("/v1/things/a%20b%2Fc", "thing a b/c"), ("/v1/things/special", "special"),
      ("/v1/things/special/parts/x", "x"), ("/files/a/b/c", "a/b/c"), ("/files", ""), ("//v1//things/7/", "thing 7"),
    ])
  func finds(path: String, text: String) throws {
    let answer = try get(path)

    #expect(answer.status == 200)
    #expect(String(decoding: answer.body, as: UTF8.self) == text)
  }

  @Test("an unknown path is a 404 problem")
  func unknownPath() throws {
    let answer = try get("/v2")

    #expect(answer.status == 404)
    #expect(answer.headers["content-type"] == "application/problem+json")
    let problem = try JSON(parsing: answer.body)
    #expect(problem["status"] == 404)
    #expect(problem["detail"]?.string == "there is nothing at /v2")
  }

  @Test("an unknown method is a 405 problem that says what is allowed")
  func unknownMethod() throws {
    let answer = try get("/v1/things/7", "PUT")

    #expect(answer.status == 405)
    #expect(answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS")
  }

  @Test("OPTIONS says what is allowed, HEAD is GET without a body")
  func optionsAndHead() throws {
    let options = try get("/v1/things/7", "OPTIONS")
    let head = try get("/v1/things/7", "HEAD")

    #expect(options.status == 204)
    #expect(options.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS")
    #expect(head.status == 200)
    #expect(head.headers["Content-Length"] == "7")
    #expect(head.body.isEmpty)
  }

  @Test("a path that can not be decoded, or climbs, is a 400", arguments: ["/%zz", "/%ff", "/a/%2e%2e/b", "/a?x=%0", "/%00"])
  func badPath(path: String) throws {
    let answer = rawExchange(server.address.port, "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    #expect(answer.hasPrefix("HTTP/1.1 400 "))
  }
}
