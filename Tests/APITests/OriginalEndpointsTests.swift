import FlowCore
import FlowEngine
import FlowHTTP
import FlowStorage
import Testing

@Suite("the original's HTTP end points")
struct OriginalEndpointsTests {
  let bench: FlowHTTPAPIBench

  init() throws { bench = try FlowHTTPAPIBench() }

  // MARK: health

  @Test("health is 200 while the store works, also when it takes no new work")
  func healthy() throws {
    let well = try bench.get("/health")
    bench.store.setCondition(.readOnly(reason: "disk full"))
    let full = try bench.get("/health")

    #expect(well.status == 200)
    #expect(String(decoding: well.body, as: UTF8.self) == #"{"status":0,"message":"Ok."}"#)
    #expect(full.status == 200)
  }

  @Test("health is 500 and says why when the store has failed")
  func unhealthy() throws {
    bench.store.setCondition(.failed(reason: "the disk is gone"))

    let answer = try bench.get("/health")

    #expect(answer.status == 500)
    let shown = try JSON(parsing: answer.body)
    #expect(shown["status"] == -1)
    #expect(shown["message"]?.string?.contains("the disk is gone") == true)
  }

  // MARK: wf_map

  @Test("wf_map lists RUNNING deployments by process id with start URLs, the same for GET and POST")
  func workflowMap() throws {
    let id = try bench.apply()
    _ = try bench.apply("Resting", isStopped: true)

    let answer = try bench.json("/wf_map")
    let posted = try JSON(parsing: try bench.call("POST", "/wf_map", body: "").body)

    let expected: JSON = [
      "status": 0, "message": "Ok",
      "wf_map": [
        "Calc": [
          [
            "id": .string(id), "start_event_urls": [.string("http://\(bench.address)/start/\(id)/begin")],
            "user_opaque_metadata": ["team": "blue"],
          ]
        ]
      ],
    ]
    #expect(answer == expected)
    #expect(posted == answer)
  }

  @Test("URLs name the host that the client asked, unless that is no authority")
  func hosts() throws {
    let id = try bench.apply()

    let asked = try urls(bench, ["Host": "flow.example:8080"])
    let hostile = try urls(bench, ["Host": "evil/\"x"])

    #expect(asked == ["http://flow.example:8080/start/\(id)/begin"])
    #expect(hostile == ["http://\(bench.address)/start/\(id)/begin"])
  }

  @Test("a base URL that was set goes before what the client asked")
  func baseURL() throws {
    let bench = try FlowHTTPAPIBench(baseURL: "https://flow.example/x")
    let id = try bench.apply()

    #expect(try urls(bench, [:]) == ["https://flow.example/x/start/\(id)/begin"])
  }

  private func urls(_ bench: FlowHTTPAPIBench, _ headers: HTTPHeaders) throws -> [String] {
    let map = try JSON(parsing: try bench.call("GET", "/wf_map", headers).body)["wf_map"]
    return map?["Calc"]?.array?.first?["start_event_urls"]?.array?.compactMap(\.string) ?? []
  }

  // MARK: start

  @Test("a URL of wf_map starts an instance whose body goes on unchanged")
  func startsByHTTP() throws {
    let id = try bench.apply()

    let answer = try bench.call(
      "POST", "/start/\(id)/begin", ["Content-Type": "application/x-www-form-urlencoded"], body: "a=1 &b\u{e9}")
    let called = bench.serviceCalled()
    bench.releaseService()

    #expect(answer.status == 200)
    let shown = try JSON(parsing: answer.body)
    let instance = try #require(shown["id"]?.string)
    #expect(shown == ["status": 0, "message": "Ok", "id": .string(instance)])
    #expect(answer.headers["X-Rexflow-Iid"] == instance)
    #expect(called?.body == Array("a=1 &b\u{e9}".utf8))
    #expect(called?.headers["Content-Type"] == "application/x-www-form-urlencoded")
    #expect(called?.headers["X-Rexflow-Iid"] == instance)
    let ended = try bench.instance(instance, once: "COMPLETED")
    #expect(ended["result"] == "a=1 &b\u{e9}")
  }

  @Test("a start with JSON that is not called so is taken as JSON")
  func startWithUnnamedJSON() throws {
    let id = try bench.apply()

    let answer = try bench.call("POST", "/start/\(id)/begin", ["Content-Type": ""], body: #"{"a":1}"#)
    let called = bench.serviceCalled()

    #expect(answer.status == 200)
    #expect(called?.headers["Content-Type"] == "application/json")
    #expect(called?.body == Array(#"{"a":1}"#.utf8))
  }

  @Test("a start with a content type that is none is a 415", arguments: ["json", "/", "application/", "a/b/c", "text plain", ";"])
  func startWithBadContentType(type: String) throws {
    let id = try bench.apply()

    let answer = try bench.call("POST", "/start/\(id)/begin", ["Content-Type": type], body: "{}")

    #expect(answer.status == 415)
    #expect(answer.headers["Content-Type"] == "application/problem+json")
  }

  @Test("a start without content type is a 400")
  func startWithoutContentType() throws {
    let id = try bench.apply()

    let answer = try bench.call("POST", "/start/\(id)/begin", ["Content-Type": ""], body: "plain words")

    #expect(answer.status == 400)
    #expect(answer.headers["Content-Type"] == "application/problem+json")
    #expect(try JSON(parsing: answer.body)["code"] == "INVALID_ARGUMENT")
  }

  @Test("a start of what is not there is a 404", arguments: ["/start/nothing/begin", "/start/%ID%/other", "/start/%ID%/sum"])
  func startOfUnknown(path: String) throws {
    let id = try bench.apply()

    let answer = try bench.call("POST", path.replacing("%ID%", with: id), ["Content-Type": "application/json"], body: "{}")

    #expect(answer.status == 404)
    #expect(try JSON(parsing: answer.body)["code"] == "NOT_FOUND")
  }

  @Test("a start of a deployment that is not RUNNING is a 409")
  func startOfStopped() throws {
    let id = try bench.apply(isStopped: true)

    let answer = try bench.call("POST", "/start/\(id)/begin", ["Content-Type": "application/json"], body: "{}")

    #expect(answer.status == 409)
    #expect(try JSON(parsing: answer.body)["detail"]?.string?.contains("STOPPED") == true)
  }

  @Test("a payload over the limit is a 413 that names it")
  func startTooLarge() throws {
    let id = try bench.apply()

    let answer = try bench.call(
      "POST", "/start/\(id)/begin", ["Content-Type": "text/plain"], bytes: Array(repeating: 0x61, count: Limits.payloadBytes + 1))

    #expect(answer.status == 413)
    #expect(try JSON(parsing: answer.body)["detail"]?.string?.contains("\(Limits.payloadBytes)") == true)
  }

  @Test("while no new work is taken a start is a 503 that says when to come again")
  func startWhileReadOnly() throws {
    let id = try bench.apply()
    bench.store.setCondition(.readOnly(reason: "disk full"))

    let answer = try bench.call("POST", "/start/\(id)/begin", ["Content-Type": "application/json"], body: "{}")

    #expect(answer.status == 503)
    #expect(answer.headers["Retry-After"] != nil)
    #expect(try JSON(parsing: answer.body)["detail"]?.string?.contains("disk full") == true)
  }

  // MARK: the legacy end

  @Test("POST / with the id of a RUNNING instance completes it with the body")
  func legacyEnd() throws {
    let instance = try bench.start(try bench.apply())

    let answer = try bench.call("POST", "/", ["X-Rexflow-Iid": instance, "Content-Type": "text/plain"], body: "done by hand")

    #expect(answer.status == 200)
    let ended = try bench.json("/v1/instances/\(instance)")
    #expect(ended["state"] == "COMPLETED")
    #expect(ended["result"] == "done by hand")
    #expect(ended["content_type"] == "text/plain")
  }

  @Test(
    "POST / without an id, with a foreign one, or one whose second half is wrong, greets and changes nothing",
    arguments: [nil, "flow-nonsense", "half"])
  func legacyEndWithoutEffect(header: String?) throws {
    let instance = try bench.start(try bench.apply())
    let id = header == "half" ? String(instance.dropLast(16)) + "0123456789abcdef" : header

    let answer = try bench.call("POST", "/", id.map { ["X-Rexflow-Iid": $0] } ?? [:], body: "x")

    #expect(answer.status == 200)
    #expect(!answer.body.isEmpty)
    #expect(try bench.json("/v1/instances/\(instance)")["state"] == "RUNNING")
  }

  @Test("POST / for an instance that has ended leaves its result alone")
  func legacyEndTwice() throws {
    let instance = try bench.start(try bench.apply())
    _ = try bench.call("POST", "/", ["X-Rexflow-Iid": instance, "Content-Type": "text/plain"], body: "first")

    let answer = try bench.call("POST", "/", ["X-Rexflow-Iid": instance, "Content-Type": "text/plain"], body: "second")

    #expect(answer.status == 200)
    #expect(try bench.json("/v1/instances/\(instance)")["result"] == "first")
  }

  @Test("everything else is a 404 problem", arguments: ["/nothing", "/v1", "/v1/jobs", "/start/only-one"])
  func unknownPath(path: String) throws {
    let answer = try bench.get(path)

    #expect(answer.status == 404)
    #expect(answer.headers["Content-Type"] == "application/problem+json")
    #expect(try JSON(parsing: answer.body)["status"] == 404)
  }
}
