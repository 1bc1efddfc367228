import FlowCore
import FlowEngine
import FlowScenario
import Testing

/// Each check is seen to pass and to fail, on an engine that shows what the test says.
@Suite("what is expected and what is seen")
struct JudgeTests {
  private static let first = Key(raw: 1)

  /// An engine after: `a` twice (once terminated), a loop `m` without inner instance, one job of each kind, one incident.
  private func engine() -> FakeEngine {
    let engine = FakeEngine()
    let key = JudgeTests.first
    engine.all = [InstanceSummary(key: key, process: "tiny", state: .completed)]
    engine.variables[key] = ["n": 1, "deep": ["x": [1, 2.0]]]
    engine.steps = [
      ElementStep("start", .entered, instance: key), ElementStep("start", .completed, instance: key),
      ElementStep("a", .entered, instance: key),
      ElementStep("a", .terminated, instance: key), ElementStep("a", .entered, instance: key), ElementStep("a", .completed, instance: key),
      ElementStep("s", .entered, instance: key, isLoopBody: true), ElementStep("s", .completed, instance: key, isLoopBody: true),
    ]
    engine.active = [ActiveElement("inner", instance: key, activity: ActivityID(4))]
    engine.openJobs = [
      OpenJob(
        key: Key(raw: 10), type: "t", element: "a", instance: key, retries: 2, headers: ["h": "1"],
        variables: SeenVariables([Variable("n", 1), Variable("m", 2)])),
      OpenJob(key: Key(raw: 11), type: "t", element: "a", instance: key, state: .locked),
      OpenJob(key: Key(raw: 12), type: "u", element: "a", instance: key),
    ]
    engine.open = [OpenIncident(key: Key(raw: 20), element: "a", instance: key, type: "JOB_NO_RETRIES", message: "net down again")]
    return engine
  }

  /// What an expectation over that engine differs in; the main instance is the one that is there.
  private func differences(_ expect: String, _ engine: FakeEngine) throws -> [String] {
    try run(tiny(expect: expect, start: "null"), on: engine)?.mismatches.map { "\($0.what): \($0.expected) | \($0.seen)" } ?? []
  }

  static let met = [
    #""state": "completed""#, #""state": "none""#, #""state": "any""#, #""completed": {"a": 1, "start": ">=1", "end": 0, "s": 0}"#,
    #""terminated": {"a": 1, "start": 0}"#, #""entered": {"a": 2, "inner": 0}"#, #""never": ["end", "inner"]"#, #""never_inner": ["s"]"#,
    #""order": ["start", "a"]"#, #""order": []"#, #""variables": {"n": 1.0}"#, #""variables": {"deep": {"x": [1, 2]}}"#,
    #""variables_absent": ["other"]"#, #""incidents": [{"element": "a", "type": "JOB_NO_RETRIES"}]"#,
    #""incidents": [{"element": "a", "type": "JOB_NO_RETRIES", "message": "net down"}]"#, #""jobs": {"t": 1, "u": 1, "v": 0}"#,
    #""job": {"type": "t"}"#, #""job": {"type": "t", "variables": {"m": 2}, "headers": {"h": "1"}, "retries": 2, "element": "a"}"#,
    #""job": {"type": "t", "variables_exact": {"m": 2, "n": 1}}"#, #""waiting": ["inner"]"#,
    #""instances": {"tiny": {"completed": 1, "active": 0}, "other": {"completed": 0}}"#, #""deployed": ["tiny"]"#,
  ]

  @Test("what is as expected passes", arguments: met)
  func passes(_ expect: String) throws { #expect(try differences(expect, engine()) == []) }

  static let unmet = [
    (#""state": "active""#, "state: active | completed"), (#""state": "canceled""#, "state: canceled | completed"),
    (#""state": "rejected", "status": "INVALID_ARGUMENT""#, "state: rejected with INVALID_ARGUMENT | deployed tiny"),
    (#""completed": {"a": 2}"#, "completed.a: 2 | 1"), (#""completed": {"end": ">=1"}"#, "completed.end: >=1 | 0"),
    (#""terminated": {"a": 0}"#, "terminated.a: 0 | 1"), (#""entered": {"a": 1}"#, "entered.a: 1 | 2"),
    (#""never": ["a"]"#, "never.a: never entered | entered 2 times"), (#""never": ["s"]"#, "never.s: never entered | entered 0 times"),
    (#""never_inner": ["a"]"#, "never_inner.a: no inner instance | 2 inner instances"),
    (#""never_inner": ["end"]"#, "never_inner.end: entered without inner instances | never entered"),
    (#""order": ["a", "start"]"#, "order: a, start | start, a ('start' is not in its place)"),
    (#""order": ["a", "a"]"#, "order: a, a | a ('a' is not in its place)"), (#""variables": {"n": 2}"#, "variables.n: 2 | 1"),
    (#""variables": {"n": "1"}"#, "variables.n: \"1\" | 1"), (#""variables": {"deep": {}}"#, "variables.deep: {} | {\"x\":[1,2.0]}"),
    (#""variables": {"k": null}"#, "variables.k: null | no such variable"),
    (#""variables_absent": ["n"]"#, "variables_absent.n: no such variable | 1"),
    (#""incidents": []"#, "incidents: none | a JOB_NO_RETRIES \"net down again\""),
    (
      #""incidents": [{"element": "a", "type": "CONDITION_ERROR"}]"#,
      "incidents: a CONDITION_ERROR | a JOB_NO_RETRIES \"net down again\""
    ),
    (
      #""incidents": [{"element": "a", "type": "JOB_NO_RETRIES"}, {"element": "a", "type": "JOB_NO_RETRIES"}]"#,
      "incidents: a JOB_NO_RETRIES, a JOB_NO_RETRIES | a JOB_NO_RETRIES \"net down again\""
    ),
    (#""jobs": {}"#, "jobs: none | t: 1, u: 1"), (#""jobs": {"t": 2, "u": 1}"#, "jobs: t: 2, u: 1 | t: 1, u: 1"),
    (#""job": {"type": "v"}"#, "job: v | no activatable job of type v"),
    (#""job": {"type": "u", "retries": 2}"#, "job: u retries 2 | u at a retries 3 variables {}"),
    (
      #""job": {"type": "t", "variables_exact": {"n": 1}}"#,
      "job: t exactly the variables {\"n\":1} | t at a retries 2 headers {\"h\":\"1\"} variables {\"n\":1,\"m\":2}"
    ),
    (#""waiting": ["inner", "a"]"#, "waiting: inner, a | inner"),
    (#""instances": {"tiny": {"active": 1}}"#, "instances.tiny.active: 1 | 0"), (#""deployed": []"#, "deployed: none | tiny"),
  ]

  @Test("what is not as expected is told with both sides", arguments: unmet)
  func fails(_ expect: String, _ difference: String) throws { #expect(try differences(expect, engine()) == [difference]) }

  @Test("everything that differs is told, not the first thing only")
  func all() throws {
    let found = try differences(#""state": "active", "never": ["a"], "variables": {"n": 2, "z": 1}, "jobs": {}"#, engine())
    #expect(found.count == 5)
  }

  @Test("one incident is not taken for two expected ones that differ in their message")
  func incidentMessages() throws {
    let engine = engine()
    engine.open.append(OpenIncident(key: Key(raw: 21), element: "a", instance: JudgeTests.first, type: "JOB_NO_RETRIES", message: "disk"))

    let both =
      #""incidents": [{"element": "a", "type": "JOB_NO_RETRIES"}, {"element": "a", "type": "JOB_NO_RETRIES", "message": "net down"}]"#
    #expect(try differences(both, engine) == [])
  }

  @Test("without a start the last instance that nobody called is judged")
  func lastStarted() throws {
    let engine = engine()
    engine.all.append(InstanceSummary(key: Key(raw: 2), process: "tiny", state: .active))
    engine.all.append(InstanceSummary(key: Key(raw: 3), process: "tiny", state: .canceled, isCalled: true))
    engine.variables[Key(raw: 2)] = ["n": 5]

    #expect(try differences(#""state": "active", "variables": {"n": 5}"#, engine) == [])
  }

  @Test("numbers are compared by value, long ones too")
  func numbers() throws {
    let engine = engine()
    engine.variables[JudgeTests.first] = ["d": .decimal("12345678901234567890"), "i": 3]

    #expect(try differences(#""variables": {"d": 12345678901234567890, "i": 3.0}"#, engine) == [])
    #expect(try differences(#""variables": {"i": true}"#, engine) == ["variables.i: true | 3"])
  }
}
