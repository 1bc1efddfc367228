import FlowCore
import FlowHTTP
import Testing

@Suite("REST")
struct RESTTests {
  let bench: FlowHTTPAPIBench
  let deployment: String

  init() throws {
    bench = try FlowHTTPAPIBench()
    deployment = try bench.apply()
  }

  private func create(_ body: String?, _ headers: HTTPHeaders = [:], on id: String? = nil) throws -> HTTPClientResponse {
    var all: HTTPHeaders = ["Content-Type": "application/json"]
    all.merge(headers)
    return try bench.call("POST", "/v1/deployments/\(id ?? deployment)/instances", all, body: body)
  }

  private func created(_ body: String) throws -> String {
    try #require(try JSON(parsing: try create(body).body)["id"]?.string)
  }

  // MARK: deployments

  @Test("deployments are listed in the order of their coming, one page after the other")
  func listsDeployments() throws {
    let second = try bench.apply("Second", isStopped: true)

    let first = try bench.get("/v1/deployments?limit=1")
    let page = try JSON(parsing: first.body)
    let link = try #require(first.headers["Link"])
    let next = try bench.json(String(link.dropFirst().prefix { $0 != ">" }))

    #expect(link.hasSuffix("rel=\"next\""))
    #expect(page["deployments"]?.array?.map { $0["id"] } == [.string(deployment)])
    #expect(page["deployments"]?.array?.first?["key"]?.string != nil)
    #expect(next["deployments"]?.array?.map { $0["id"] } == [.string(second)])
    #expect(next["deployments"]?.array?.map { $0["state"] } == ["STOPPED"])
    #expect(next["next_cursor"] == nil)
  }

  @Test("a deployment is found by its id or a part of it that is unique, else not")
  func getsDeployment() throws {
    let second = try bench.apply("Second")

    let byPart = try bench.json("/v1/deployments/SECOND")

    #expect(byPart["id"] == .string(second))
    #expect(byPart["process_id"] == "Second")
    #expect(byPart["start_events"] == ["begin"])
    #expect(byPart["health"] == [])
    let unknown = try bench.get("/v1/deployments/nothing")
    #expect(unknown.status == 404)
    #expect(unknown.headers["Content-Type"] == "application/problem+json")
    #expect(try JSON(parsing: unknown.body)["code"] == "NOT_FOUND")
    #expect(try bench.get("/v1/deployments/c").status == 400)
  }

  // MARK: creating

  @Test("an instance is created with variables and metadata, and says where it is")
  func creates() throws {
    let answer = try create(#"{"variables":{"a":1},"start":"begin","metadata":{"order":"7"}}"#)
    let called = bench.serviceCalled()

    #expect(answer.status == 201)
    let id = try #require(try JSON(parsing: answer.body)["id"]?.string)
    #expect(answer.headers["Location"] == "/v1/instances/\(id)")
    #expect(called.map { String(decoding: $0.body, as: UTF8.self) } == #"{"a":1}"#)
    let shown = try bench.json("/v1/instances/\(id)")
    #expect(shown["deployment"] == .string(deployment))
    #expect(shown["state"] == "RUNNING")
    #expect(shown["metadata"] == ["order": "7"])
    #expect(shown["active"]?.array?.first?["element"] == "sum")
    bench.releaseService()
    #expect(try bench.instance(id, once: "COMPLETED")["result"] == ["a": 1])
  }

  @Test("a payload may be any JSON, and a body may be missing")
  func createsWithPayload() throws {
    let list = try create(#"{"payload":[1,2]}"#)
    let listed = bench.serviceCalled(1)
    let empty = try create(nil)
    let emptied = bench.serviceCalled(2)

    #expect([list.status, empty.status] == [201, 201])
    #expect(listed.map { String(decoding: $0.body, as: UTF8.self) } == "[1,2]")
    #expect(emptied.map { String(decoding: $0.body, as: UTF8.self) } == "{}")
  }

  @Test("the same idempotency key gets the same instance, another key another one")
  func repeats() throws {
    let ids = try ["k1", "k1", "k2"].map { try JSON(parsing: try create("{}", ["Idempotency-Key": $0]).body)["id"] }

    #expect(ids[0] == ids[1])
    #expect(ids[0] != ids[2])
    #expect(try bench.json("/v1/instances")["instances"]?.array?.count == 2)
  }

  @Test(
    "what is wrong with a request for an instance is a 400 that says so",
    arguments: [
      ("{", "not JSON"), ("[]", "object"), (#"{"variables":[]}"#, "variables"), (#"{"variables":{},"payload":1}"#, "one of them"),
      (#"{"start":1}"#, "start"), (#"{"start":"other"}"#, "other"), (#"{"metadata":{"a":1}}"#, "metadata"), (#"{"vars":{}}"#, "vars"),
    ])
  func refusesBody(body: String, why: String) throws {
    let answer = try create(body)

    #expect(answer.status == 400)
    #expect(try JSON(parsing: answer.body)["detail"]?.string?.contains(why) == true)
  }

  @Test("an instance is refused by media type, deployment, state, key and size")
  func refuses() throws {
    let stopped = try bench.apply("Stopped", isStopped: true)
    let large = #"{"payload":"\#(String(repeating: "a", count: Limits.payloadBytes))"}"#

    #expect(try create("{}", ["Content-Type": "text/plain"]).status == 415)
    #expect(try create("{}", on: "nothing").status == 404)
    #expect(try create("{}", on: stopped).status == 409)
    #expect(try create("{}", ["Idempotency-Key": String(repeating: "k", count: 256)]).status == 400)
    #expect(try create(large).status == 413)
    bench.store.setCondition(.readOnly(reason: "disk full"))
    let busy = try create("{}")
    #expect(busy.status == 503)
    #expect(busy.headers["Retry-After"] != nil)
  }

  // MARK: instances

  @Test("a list is filtered by state, deployment and metadata")
  func filters() throws {
    let second = try bench.apply("Second")
    let mine = try created(#"{"metadata":{"order":"7","by":"me"}}"#)
    let other = try created(#"{"metadata":{"order":"8","by":"me"}}"#)
    let foreign = try bench.start(second)
    _ = try bench.call("POST", "/", ["X-Rexflow-Iid": other], body: "1")

    func ids(_ query: String) throws -> [String] {
      try bench.json("/v1/instances" + query)["instances"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    #expect(try ids("") == [foreign, other, mine])
    #expect(try ids("?state=completed") == [other])
    #expect(try ids("?state=RUNNING&state=COMPLETED&deployment=calc") == [other, mine])
    #expect(try ids("?metadata.order=7&metadata.by=me") == [mine])
    #expect(try ids("?metadata.order=9") == [])
    #expect(try ids("?deployment=gone-00000000") == [])
  }

  @Test("pages follow each other by the link, filters kept, and none is told twice")
  func pages() throws {
    let all = try (0..<5).map { try created(#"{"metadata":{"n n":"\#($0)","by":"m&e"}}"#) }

    var path: String? = "/v1/instances?limit=2&metadata.by=m%26e"
    var seen: [String] = []
    var calls = 0
    while let next = path, calls < 10 {
      let answer = try bench.get(next)
      seen += try JSON(parsing: answer.body)["instances"]?.array?.compactMap { $0["id"]?.string } ?? []
      path = answer.headers["Link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
      calls += 1
    }

    #expect(calls == 3)
    #expect(seen == all.reversed())
  }

  @Test(
    "a query that is not understood is a 400",
    arguments: ["state=ASLEEP", "limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=-1", "stat=RUNNING", "deployment=c"])
  func refusesQuery(query: String) throws {
    _ = try bench.apply("Second")

    #expect(try bench.get("/v1/instances?\(query)").status == 400)
  }

  @Test("an instance that is not there is a 404; a result that is no text is base64")
  func getsInstance() throws {
    let id = try bench.start(deployment)
    _ = try bench.call("POST", "/", ["X-Rexflow-Iid": id, "Content-Type": "image/png"], bytes: [0xFF, 0x00])

    let shown = try bench.json("/v1/instances/\(id)")

    #expect(shown["result"]?.string == base64([0xFF, 0x00]))
    #expect(shown["result_encoding"] == "base64")
    #expect(shown["content_type"] == "image/png")
    #expect(try bench.get("/v1/instances/flow-nothing").status == 404)
  }

  @Test("a result that is as deep as JSON may be still makes an answer that can be read", arguments: [126, 127, 128])
  func deepResult(levels: Int) throws {
    let id = try bench.start(deployment)
    let deep = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    _ = try bench.call("POST", "/", ["X-Rexflow-Iid": id, "Content-Type": "application/json"], body: deep)

    let shown = try bench.json("/v1/instances/\(id)")

    #expect((shown["result"]?.string == deep) == (levels == 128))
    #expect((shown["result"]?.array != nil) == (levels < 128))
  }
}
