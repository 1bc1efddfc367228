import FlowCore
import FlowThreads
import Testing

@testable import FlowHTTP

@Suite("who may ask an HTTP server")
struct HTTPGuardTests {
  private func status(_ guarded: HTTPGuard, _ method: String, _ headers: HTTPHeaders) throws -> Int? {
    let request = try #require(HTTPRequest(method: method, target: "/x", headers: headers))
    return guarded.refusal(of: request)?.status
  }

  private let local = HTTPAddress(host: "127.0.0.1", port: 9002)

  @Test(
    "on loopback this machine's names are taken, on any port",
    arguments: ["127.0.0.1:9002", "127.0.0.1", "localhost:1", "LOCALHOST", "localhost.", "[::1]:9002", "[::1]", "127.9.9.9:80"])
  func ownNames(host: String) throws {
    #expect(try status(HTTPGuard(listening: local), "GET", ["Host": host]) == nil)
  }

  @Test(
    "on loopback a name of somewhere else is misdirected",
    arguments: [
      "evil.example", "evil.example:9002", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.5", "", ":9002", "[::1",
      "[fe80::1]", "a b", "evil@127.0.0.1", "127.0.0.1\\@evil", "0.0.0.0", "2130706433",
    ])
  func otherNames(host: String) throws {
    #expect(try status(HTTPGuard(listening: local), "GET", ["Host": host]) == 421)
    #expect(try status(HTTPGuard(listening: local), "POST", ["Host": host]) == 421)
  }

  @Test("one good Host does not cover for a bad one, and none at all is a client that is no browser")
  func severalHosts() throws {
    let guarded = try HTTPGuard(listening: local)

    #expect(try status(guarded, "GET", ["Host": "localhost", "host": "evil.example"]) == 421)
    #expect(try status(guarded, "GET", [:]) == nil)
  }

  @Test("names that were set are taken beside those of the machine")
  func furtherNames() throws {
    let guarded = try HTTPGuard(listening: local, names: ["Flow.Example", "[fd00::5]"])

    for host in ["flow.example:443", "FLOW.EXAMPLE.", "[fd00::5]:1", "localhost"] {
      #expect(try status(guarded, "GET", ["Host": host]) == nil)
    }
    #expect(try status(guarded, "GET", ["Host": "x.flow.example"]) == 421)
  }

  @Test("beyond loopback every name is taken until some are set")
  func wide() throws {
    let wide = HTTPAddress(host: "0.0.0.0", port: 9002)

    #expect(try status(HTTPGuard(listening: wide), "GET", ["Host": "any.example"]) == nil)
    let set = try HTTPGuard(listening: HTTPAddress(host: "10.0.0.5", port: 1), names: ["flow.example"])
    #expect(try status(set, "GET", ["Host": "any.example"]) == 421)
    #expect(try status(set, "GET", ["Host": "10.0.0.5:1"]) == nil)
    #expect(try status(HTTPGuard(listening: local, names: ["*"]), "GET", ["Host": "any.example"]) == nil)
  }

  @Test("a name with a port, a path or a space is none", arguments: ["a:1", "http://a", "a b", "[::1]:1", "", "a/b"])
  func badNames(name: String) {
    #expect(throws: HTTPGuard.BadName(name: name)) { try HTTPGuard(listening: local, names: [name]) }
  }

  @Test(
    "a page of another origin may not change anything",
    arguments: [
      ["Origin": "http://evil.example"], ["Origin": "null"], ["Origin": "http://localhost:3000"], ["Origin": "localhost:9002"],
      ["Origin": ""], ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": "new-word"],
      ["Origin": "http://localhost:9002", "Sec-Fetch-Site": "cross-site"],
    ] as [HTTPHeaders])
  func foreignPages(headers: HTTPHeaders) throws {
    var all: HTTPHeaders = ["Host": "localhost:9002"]
    all.merge(headers)
    let guarded = try HTTPGuard(listening: local)

    for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] { #expect(try status(guarded, method, all) == 403) }
    for method in ["GET", "HEAD", "OPTIONS"] { #expect(try status(guarded, method, all) == nil) }
    if headers["Origin"] != nil { #expect(try status(guarded, "POST", headers) == 403) }
  }

  @Test(
    "own pages and clients that are no browsers may",
    arguments: [
      [:], ["Origin": "http://localhost:9002"], ["Origin": "HTTPS://LOCALHOST:9002", "Sec-Fetch-Site": "same-origin"],
      ["Sec-Fetch-Site": "none"],
    ] as [HTTPHeaders])
  func ownPages(headers: HTTPHeaders) throws {
    var all: HTTPHeaders = ["Host": "localhost:9002"]
    all.merge(headers)

    #expect(try status(HTTPGuard(listening: local), "POST", all) == nil)
  }

  @Test("a server with a guard answers what it refuses, also when a body comes, and its handler never hears of it")
  func onTheWire() throws {
    let guarded = try HTTPGuard(listening: local)
    let heard = Monitor(0)
    let server = try loopback({ $0.guarded = guarded }) { router in
      router.on("POST", "/") { _, reply in
        heard.change { $0 += 1 }
        reply.send(.text("done"))
      }
    }
    let body = String(repeating: "x", count: 100_000)

    func post(_ headers: String) -> String {
      rawExchange(server.address.port, "POST / HTTP/1.1\r\nContent-Length: 100000\r\nConnection: close\r\n\(headers)\r\n\(body)")
    }

    #expect(post("Host: evil.example\r\n").hasPrefix("HTTP/1.1 421 "))
    #expect(post("Host: localhost\r\nOrigin: http://evil.example\r\n").hasPrefix("HTTP/1.1 403 "))
    #expect(heard.withLock { $0 } == 0)
    #expect(post("Host: localhost\r\n").hasPrefix("HTTP/1.1 200 "))
  }

  @Test("papers that can not be used are told by their part")
  func papers() {
    let problem = HTTPServer.TLS(certificate: "nonsense", key: "nonsense", clientAuthorities: "nonsense").problem

    #expect(problem?.part == .pair)
    #expect(problem?.reason.isEmpty == false)
    #expect(PEMProblem.of(certificate: nil, key: nil, authorities: "nonsense")?.part == .authorities)
    #expect(PEMProblem.of(certificate: nil, key: nil, authorities: nil) == nil)
  }
}
