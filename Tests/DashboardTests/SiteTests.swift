import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC
import FlowThreads
import Testing

@testable import healthd

/// A healthd before a fake flowd and one service that is probed, all on free ports of this machine.
private final class House {
  let flowd: FakeFlowd
  let flowdServer: RPCServer
  let service: HTTPServer
  let daemon: Daemon
  let client = HTTPClient()
  let deployment: FlowV1.Deployment

  init(instances: [FlowV1.Instance] = [Sample.instance(1), Sample.instance(2, .stopped, code: "FAILED_TASK")]) throws {
    let service = try HTTPServer(.init(address: HTTPAddress(host: "127.0.0.1", port: 0))) { request, reply in
      reply.send(.text("", status: request.path == ["well"] ? 200 : 503))
    }
    let address = service.address
    var deployment = Sample.deployment()
    deployment.probes = ["well", "sick"].map {
      FlowV1.ProbeTarget(elementID: $0, url: "http://\(address)/\($0)", periodMs: 60_000)
    }
    self.service = service
    self.deployment = deployment
    flowd = FakeFlowd([deployment], instances: instances)
    flowdServer = try RPCServer(services: [flowd.service], listeners: [.init("127.0.0.1:0")])
    try flowdServer.start()
    daemon = try House.start(flowdPort: flowdServer.boundPorts[0])
  }

  static func start(flowdPort: Int) throws -> Daemon {
    let arguments = ["--flowd", "127.0.0.1:\(flowdPort)", "--http-address", "127.0.0.1:0", "--grpc-address", "127.0.0.1:0"]
    guard case .run(let settings) = ProgramStart.daemon(Options.program, version: "0", arguments: arguments, environment: { _ in nil })
    else {
      throw Status(.internal, "the options were refused")
    }
    return try Daemon(try Options(settings), log: .none)
  }

  /// Waits until healthd has told flowd how both tasks are.
  func isSettled() -> Bool {
    flowd.report { $0.reports.contains { $0.elements.count == 2 } } != nil
  }

  func get(_ path: String, html: Bool = false) throws -> HTTPClientResponse {
    try client.sendAndWait(
      HTTPClientRequest("GET", "http://\(daemon.httpAddress)\(path)", headers: html ? ["Accept": "text/html,*/*;q=0.8"] : ["Accept": "*/*"])
    )
  }

  func text(_ path: String, html: Bool = false) throws -> String { String(decoding: try get(path, html: html).body, as: UTF8.self) }

  deinit {
    client.close()
    daemon.stop()
    flowdServer.shutdown(graceMs: 100)
    service.stop(graceMs: 100)
  }
}

@Suite("healthd as a whole", .serialized) struct SiteTests {
  @Test("probes are made, reported with our address, and told in the original's JSON")
  func probes() throws {
    let house = try House()
    let report = try #require(house.flowd.report { $0.reports.contains { $0.elements.count == 2 } })

    #expect(report.healthAddress == house.daemon.grpcAddress)
    #expect(report.reports.first?.elements.map(\.reason) == ["HTTP 503", ""])
    let id = house.deployment.id
    #expect(try house.text("/") == #"{"\#(id)":{"sick":"DOWN","well":"UP"}}"#)
    #expect(try house.text("/probe/\(id)") == #"{"\#(id)":[["sick","DOWN"],["well","UP"]]}"#)
    #expect(try house.text("/probe/CALC") == #"{"\#(id)":[["sick","DOWN"],["well","UP"]]}"#)
    #expect(try house.text("/probe/all") == #"[{"\#(id)":[["sick","DOWN"],["well","UP"]]}]"#)
    #expect(try house.text("/probe/nobody") == #"{"result":"Workflow 'nobody' not found"}"#)
  }

  @Test("a page of another site can not make healthd probe, and a name that was rebound gets nothing")
  func strangers() throws {
    let house = try House()
    #expect(house.isSettled())
    func status(_ path: String, _ headers: HTTPHeaders) throws -> Int {
      try house.client.sendAndWait(HTTPClientRequest("GET", "http://\(house.daemon.httpAddress)\(path)", headers: headers)).status
    }

    for site in ["cross-site", "same-site"] { #expect(try status("/probe/all", ["Sec-Fetch-Site": site]) == 403) }
    #expect(try status("/probe/all", ["Origin": "http://evil.example"]) == 403)
    #expect(try status("/probe/all", ["Sec-Fetch-Site": "same-origin"]) == 200)
    #expect(try status("/probe/all", ["Sec-Fetch-Site": "none"]) == 200)
    // A link from elsewhere to the dashboard is fine.
    #expect(try status("/", ["Sec-Fetch-Site": "cross-site", "Accept": "text/html"]) == 200)
    for path in ["/", "/probe/all", "/events", "/livez"] { #expect(try status(path, ["Host": "evil.example"]) == 421) }
    #expect(try status("/livez", ["Host": "localhost"]) == 200)
  }

  @Test("flow.v1.Health probes, reports and watches; health and reflection are there")
  func grpc() throws {
    let house = try House()
    #expect(house.isSettled())
    let channel = try RPCChannel(house.daemon.grpcAddress)
    defer { channel.close() }
    let health = FlowV1.HealthClient(channel)

    let seen = try health.probe(FlowV1.ProbeRequest(deployments: ["calc", "nobody"]))
    #expect(seen.deployments.map { $0.elements.map(\.up) } == [[false, true]])
    #expect(seen.unknown == ["nobody"])
    #expect(try health.report(FlowV1.ReportRequest()).live)
    #expect(try health.watch(FlowV1.WatchHealthRequest()).next()?.deploymentID == house.deployment.id)
    let check = try channel.call(GrpcHealthV1.HealthMethods.check, GrpcHealthV1.HealthCheckRequest(service: "flow.v1.Health"))
    #expect(check.status == .serving)
  }

  @Test("who asks for HTML gets the page, with a policy that lets in nothing else")
  func home() throws {
    let house = try House()
    #expect(house.isSettled())

    let answer = try house.get("/", html: true)

    #expect(answer.headers["Content-Type"] == "text/html; charset=utf-8")
    #expect(answer.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
    #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
    #expect(answer.headers["Referrer-Policy"] == "no-referrer")
    let page = String(decoding: answer.body, as: UTF8.self)
    #expect(page.contains("HTTP 503"))
    #expect(page.contains(Sample.instance(1).id))
    #expect(page.contains("FAILED_TASK"))
    #expect(page.contains("data-live"))
  }

  @Test("pages lead on: deployment, its part of the name, instances, one instance, and what is not there")
  func pages() throws {
    let house = try House()
    let id = house.deployment.id

    #expect(try house.text("/deployments/\(id)?state=stopped", html: true).contains(Sample.instance(2).id))
    #expect(try !house.text("/deployments/\(id)?state=stopped", html: true).contains(Sample.instance(1).id))
    let part = try house.get("/deployments/calc", html: true)
    #expect(part.status == 303)
    #expect(part.headers["Location"] == "/deployments/\(id)")
    #expect(try house.text("/instances?state=completed", html: true).contains(Sample.instance(1).id))
    #expect(try house.text("/instances/\(Sample.instance(1).id)", html: true).contains("3528.0"))
    #expect(try house.get("/?q=\(Sample.instance(1).id)", html: true).status == 303)
    for missing in ["/deployments/nobody", "/instances/nobody", "/nowhere", "/deployments/%3Cscript%3E"] {
      let answer = try house.get(missing, html: true)
      #expect(answer.status == 404)
      #expect(!String(decoding: answer.body, as: UTF8.self).contains("<script>alert"))
      #expect(String(decoding: answer.body, as: UTF8.self).contains("Not"))
    }
    #expect(try house.get("/nowhere").headers["Content-Type"] == "application/problem+json")
  }

  @Test("probes for operators tell ready from alive")
  func operations() throws {
    let house = try House()
    #expect(house.isSettled())
    #expect(try house.get("/readyz").status == 200)
    #expect(try house.text("/metrics").contains("flow_healthd_tasks{status=\"down\"} 1\n"))
    let port = house.flowdServer.boundPorts[0]

    // A second healthd before a port where nobody listens.
    house.flowdServer.shutdown(graceMs: 0)
    let lonely = try House.start(flowdPort: port)
    defer { lonely.stop() }
    let ready = try house.client.sendAndWait(HTTPClientRequest("GET", "http://\(lonely.httpAddress)/readyz"))
    let alive = try house.client.sendAndWait(HTTPClientRequest("GET", "http://\(lonely.httpAddress)/livez"))
    let page = try house.client.sendAndWait(HTTPClientRequest("GET", "http://\(lonely.httpAddress)/", headers: ["Accept": "text/html"]))

    #expect(ready.status == 503)
    #expect(alive.status == 200)
    #expect(page.status == 200)
    #expect(String(decoding: page.body, as: UTF8.self).contains("flowd has not been reached yet"))
  }

  @Test("pages still show what was known when flowd is gone, and say so")
  func stale() throws {
    let house = try House()
    #expect(house.isSettled())
    #expect(house.flowd.isWatched())

    house.flowdServer.shutdown(graceMs: 0)

    let page = try house.text("/", html: true)
    #expect(page.contains("flowd can not be reached since"))
    #expect(page.contains("HTTP 503"))
    #expect(try house.text("/deployments/\(house.deployment.id)", html: true).contains("Calculate"))
    #expect(try house.get("/instances/nobody", html: true).status == 404)
  }

  @Test("an event stream says that it is live, then what is new, with an id to go on from")
  func events() throws {
    let house = try House()
    #expect(house.isSettled())
    #expect(house.flowd.isWatched())
    let page = try house.text("/", html: true)
    let start = try #require(page.firstRange(of: "data-position=\"")).upperBound
    let position = page[start...].prefix { $0.isNumber }
    // healthd ends the stream when it stops, so that the whole of it is one answer.
    let received = Monitor<String?>(nil)
    house.client.send(HTTPClientRequest("GET", "http://\(house.daemon.httpAddress)/events?after=\(position)")) { result in
      let text: String
      switch result {
      case .success(let answer): text = String(decoding: answer.body, as: UTF8.self)
      case .failure(let error): text = "failed: \(error)"
      }
      received.change { $0 = text }
    }
    let deadline = MonotonicClock.milliseconds() + FakeFlowd.patienceMs
    while try !house.text("/metrics").contains("flow_healthd_event_streams 1\n"), MonotonicClock.milliseconds() < deadline {}

    let new = Sample.instance(99, .running)
    house.flowd.add(new)
    while try !house.text("/metrics").contains("flow_healthd_instances_known 3\n"), MonotonicClock.milliseconds() < deadline {}
    house.daemon.stop()

    let text = try #require(received.wait(untilMs: deadline) { $0 })
    #expect(text.contains("event: link\ndata: {\"live\":true}\n"))
    #expect(text.contains("id: 2."))
    #expect(text.contains("event: change\ndata: {\"instance\":\"\(new.id)\"}\n"))
  }
}

@Suite("healthd and several flowd", .serialized) struct SeveralFlowdTests {
  /// A fake flowd that leads or stands by.
  private final class Node {
    let flowd: FakeFlowd
    let server: RPCServer
    private let gate = RPCSwitch(Status(.unavailable, "a standby", untaken: .standby(leader: nil)))

    init() throws {
      flowd = FakeFlowd([Sample.deployment()])
      server = try RPCServer(services: [gate.standIn("flow.v1.Flow", FlowV1.file)], listeners: [.init("127.0.0.1:0")])
      try server.start()
    }

    deinit { server.shutdown(graceMs: 100) }

    var address: String { "127.0.0.1:\(server.boundPorts[0])" }
    func lead() { gate.open([flowd.service]) }

    func stand(leader: String?) {
      let refusal = Status(.unavailable, "a standby", untaken: .standby(leader: leader))
      gate.close(refusal)
      server.endStreams(of: ["flow.v1.Flow"], refusal)
    }
  }

  private func healthd(_ flowd: String) throws -> Daemon {
    let arguments = ["--flowd", flowd, "--http-address", "127.0.0.1:0", "--grpc-address", "127.0.0.1:0"]
    guard case .run(let settings) = ProgramStart.daemon(Options.program, version: "0", arguments: arguments, environment: { _ in nil })
    else { throw Status(.internal, "the options were refused") }
    return try Daemon(try Options(settings), log: .none)
  }

  @Test("the one that leads gets the reports, and after a take-over the other one")
  func follows() throws {
    let (one, two) = (try Node(), try Node())
    two.lead()
    let daemon = try healthd("\(one.address),127.0.0.1:1,\(two.address)")
    defer { daemon.stop() }
    #expect(two.flowd.report { _ in true } != nil)

    two.stand(leader: nil)
    one.lead()

    #expect(one.flowd.report { _ in true } != nil)
    #expect(one.flowd.isWatched())
  }

  @Test("one address of a standby is enough: the leader that it names is followed")
  func named() throws {
    let (one, two) = (try Node(), try Node())
    two.lead()
    one.stand(leader: two.address)
    let daemon = try healthd(one.address)
    defer { daemon.stop() }

    #expect(two.flowd.report { _ in true } != nil)
  }
}

@Suite("healthd's options") struct OptionsTests {
  private func options(_ arguments: String..., environment: [String: String] = [:]) throws -> Options {
    switch ProgramStart.daemon(Options.program, version: "0", arguments: arguments, environment: { environment[$0] }) {
    case .run(let settings): return try Options(settings)
    case .leave(_, let stderr, _): throw Status(.invalidArgument, stderr)
    }
  }

  @Test("what is not said is as the design says")
  func presets() throws {
    let options = try options()

    #expect(options.flowd == ["127.0.0.1:9001"])
    #expect(options.http.description == "127.0.0.1:5050")
    #expect(options.grpc.description == "127.0.0.1:5051")
    #expect(options.logLevel == .info)
    #expect(options.logForm == .text)
  }

  @Test("several flowd, by repetition, by commas, by variable")
  func severalFlowd() throws {
    #expect(try options("--flowd", "a:1,b:2", "--flowd", "c:3").flowd == ["a:1", "b:2", "c:3"])
    #expect(try options(environment: ["HEALTHD_FLOWD": "a:1,b:2"]).flowd == ["a:1", "b:2"])
    #expect(throws: UsageError.self) { try options("--flowd", "nonsense") }
  }

  @Test("beyond this machine only with TLS, or when that is said aloud")
  func insecure() throws {
    #expect(throws: UsageError.self) { try options("--http-address", "0.0.0.0:5050") }
    #expect(throws: UsageError.self) { try options("--grpc-address", ":5051") }
    #expect(try options("--http-address", "0.0.0.0:5050", "--insecure").http.host == "0.0.0.0")
  }

  @Test("half of a certificate, a file that is not there and an unknown level are refused")
  func refusals() {
    #expect(throws: UsageError.self) { try options("--tls-cert", "/nowhere/cert.pem") }
    #expect(throws: UsageError.self) { try options("--flowd-ca", "/nowhere/ca.pem") }
    #expect(throws: UsageError.self) { try options("--log-level", "loud") }
    #expect(throws: (any Error).self) { try options("--log-format", "xml") }
  }

  @Test("levels are names or Python's numbers")
  func levels() throws {
    #expect(try options("--log-level", "debug").logLevel == .debug)
    #expect(try options("--log-level", "40").logLevel == .error)
  }
}
