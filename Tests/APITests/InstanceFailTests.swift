import FlowCore
import FlowHTTP
import Testing

@Suite("POST /instancefail")
struct InstanceFailTests {
  let bench: FlowHTTPAPIBench

  init() throws { bench = try FlowHTTPAPIBench() }

  private func report(_ instance: String, _ body: [UInt8]) throws -> HTTPClientResponse {
    let deployment = try bench.server.instance(instance)?.deployment ?? "any"
    return try bench.call("POST", "/instancefail", ["X-Rexflow-Iid": instance, "X-Rexflow-Did": deployment], bytes: body)
  }

  @Test("both headers are required", arguments: [["X-Rexflow-Iid": "x"], ["X-Rexflow-Did": "x"], [:]] as [HTTPHeaders])
  func missingHeaders(headers: HTTPHeaders) throws {
    let answer = try bench.call("POST", "/instancefail", headers, body: "{}")

    #expect(answer.status == 400)
    #expect(try JSON(parsing: answer.body)["status"] == -1)
    #expect(try JSON(parsing: answer.body)["message"]?.string?.contains("X-Rexflow-Did") == true)
  }

  @Test("a report with from_envoy false is kept as it came and ends the instance with ERROR")
  func verbatim() throws {
    let instance = try bench.start(try bench.apply())
    let body = #"{"error_code":"FAILED_TASK","error_msg":"no","failed_task_id":"sum","input_data":{"a":[1.50]},"from_envoy":false}"#

    let answer = try report(instance, Array(body.utf8))

    #expect(answer.status == 200)
    let row = try #require(try bench.server.instance(instance))
    #expect(row.state == .error)
    #expect(row.result == Array(body.utf8))
    #expect(row.contentType == "application/json")
    #expect(row.errorCode == "FAILED_TASK")
    #expect(row.failedElement == "sum")
  }

  @Test("a proxy's dump gets readable: headers, data, and the task that failed", arguments: [false, true])
  func cleaned(saysFromEnvoy: Bool) throws {
    let instance = try bench.start(try bench.apply())
    var dump: JSON.Object = [
      "error_code": "FAILED_TASK", "error_msg": "task said 500",
      "input_headers_encoded": .string(encoded(":path:/x\nx-rexflow-tid: sum\ncontent-type:application/json\n")),
      "input_data_encoded": .string(encoded(#"{"a":1}"#)),
      "output_headers_encoded": .string(encoded("content-type:application/json; charset=utf-8\r\nx-a:1\r\nx-a:2\r\n")),
      "output_data_encoded": .string(encoded("[1]")),
    ]
    if saysFromEnvoy { dump["from_envoy"] = true }

    let answer = try report(instance, JSON.object(dump).bytes)

    #expect(answer.status == 200)
    let row = try #require(try bench.server.instance(instance))
    let shown = try JSON(parsing: try #require(row.result))
    let expected: JSON = [
      "error_code": "FAILED_TASK", "error_msg": "task said 500", "failed_task_id": "sum", "failed_task_name": "Add it up",
      "input_headers": ["path": "/x", "x-rexflow-tid": "sum", "content-type": "application/json"], "input_data": ["a": 1],
      "output_headers": ["content-type": "application/json; charset=utf-8", "x-a": "1, 2"], "output_data": "[1]",
    ]
    #expect(shown == expected)
    #expect(row.failedElement == "sum")
  }

  @Test("data that is not ASCII stays base64; what is not base64 at all stays as it came")
  func undecodable() throws {
    let instance = try bench.start(try bench.apply())
    let dump: JSON = [
      "error_code": "E", "error_msg": "m", "input_data_encoded": .string(encoded("\u{e9}")), "output_data_encoded": "%%%",
      "input_headers_encoded": "%%%",
    ]

    _ = try report(instance, dump.bytes)

    let shown = try JSON(parsing: try #require(try bench.server.instance(instance)?.result))
    #expect(shown == ["error_code": "E", "error_msg": "m", "input_data": .string(encoded("\u{e9}")), "output_data": "%%%"])
  }

  @Test("data that would grow over the limit, or deeper than JSON may be, stays base64", arguments: [false, true])
  func hostileData(isDeep: Bool) throws {
    let instance = try bench.start(try bench.apply())
    let text =
      isDeep ? String(repeating: "[", count: 128) + String(repeating: "]", count: 128) : String(repeating: "\u{1}", count: 700 << 10)
    let headers = encoded(isDeep ? "content-type:application/json" : "content-type:text/plain")

    let answer = try report(
      instance, (["input_headers_encoded": .string(headers), "input_data_encoded": .string(encoded(text))] as JSON).bytes)

    #expect(answer.status == 200, "\(String(decoding: answer.body.prefix(500), as: UTF8.self))")
    let row = try #require(try bench.server.instance(instance))
    #expect(row.state == .error)
    #expect(try JSON(parsing: try #require(row.result))["input_data"]?.string == encoded(text))
  }

  @Test("a body that is not JSON is kept raw as octets; JSON that is no object is kept as it came")
  func notJSON() throws {
    let deployment = try bench.apply()
    let (first, second) = (try bench.start(deployment), try bench.start(deployment))

    _ = try report(first, [0xFF, 0x00, 0x01])
    _ = try report(second, Array("[1, 2]".utf8))

    let raw = try #require(try bench.server.instance(first))
    #expect(raw.state == .error)
    #expect(raw.result == [0xFF, 0x00, 0x01])
    #expect(raw.contentType == "application/octet-stream")
    #expect(raw.errorCode == "FAILED_TASK")
    let list = try #require(try bench.server.instance(second))
    #expect(list.result == Array("[1, 2]".utf8))
    #expect(list.contentType == "application/json")
  }

  @Test("an instance of a recoverable process is STOPPED, and its report can be read")
  func recoverable() throws {
    let instance = try bench.start(try bench.apply(isRecoverable: true))
    _ = bench.serviceCalled()

    _ = try report(instance, Array(#"{"error_code":"X","error_msg":"later","failed_task_id":"sum","from_envoy":false}"#.utf8))

    let shown = try bench.json("/v1/instances/\(instance)")
    #expect(shown["state"] == "STOPPED")
    #expect(shown["result"]?["error_msg"] == "later")
    #expect(shown["error"] == ["code": "X", "message": "later", "element": "sum"])
  }

  @Test("a report under another deployment's id is refused, whatever the instance's state (row A42)")
  func foreignDeployment() throws {
    let (deployment, other) = (try bench.apply(), try bench.apply("Other"))
    let (running, ended) = (try bench.start(deployment), try bench.start(deployment))
    _ = try bench.call("POST", "/", ["X-Rexflow-Iid": ended], body: "1")

    for instance in [running, ended] {
      for foreign in [other, "nonsense", "", deployment.uppercased()] {
        let answer = try bench.call("POST", "/instancefail", ["X-Rexflow-Iid": instance, "X-Rexflow-Did": foreign], body: "{}")
        #expect(answer.status == 400, "\(foreign)")
        #expect(try JSON(parsing: answer.body)["status"] == -1)
      }
    }

    #expect(try bench.server.instance(running)?.state == .running)
    #expect(try bench.server.instance(ended)?.state == .completed)
  }

  @Test("a report of an instance that is not RUNNING is ignored")
  func notRunning() throws {
    let instance = try bench.start(try bench.apply())
    _ = try bench.call("POST", "/", ["X-Rexflow-Iid": instance], body: "1")

    let late = try report(instance, Array(#"{"from_envoy":false}"#.utf8))
    let foreign = try report("flow-nonsense", Array("{}".utf8))

    #expect(late.status == 200)
    #expect(foreign.status == 200)
    #expect(try bench.json("/v1/instances/\(instance)")["state"] == "COMPLETED")
  }

  private func encoded(_ text: String) -> String { base64(Array(text.utf8)) }
}
