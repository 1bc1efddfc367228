import FlowCore
import FlowEngine
import FlowScenario
import Testing

@Suite("running a scenario")
struct ScenarioRunTests {
  private static let instance = Key(raw: 1)

  private func job(_ key: UInt64, _ type: String = "t", element: String = "a", _ variables: JSON.Object = [:]) -> OpenJob {
    OpenJob(
      key: Key(raw: key), type: type, element: element, instance: ScenarioRunTests.instance,
      variables: SeenVariables(variables.members.map { Variable($0.name, $0.value) }))
  }

  @Test("deployments, the main instance and every step reach the engine in order")
  func commands() throws {
    let engine = FakeEngine()
    engine.openJobs = [job(10), job(11, "u"), job(12, "v"), job(13, "w"), job(14, "w")]
    engine.tasks = [OpenUserTask(key: Key(raw: 30), element: "a", instance: ScenarioRunTests.instance)]
    engine.open = [OpenIncident(key: Key(raw: 20), element: "a", instance: ScenarioRunTests.instance, type: "X", message: "")]
    engine.active = [ActiveElement("s", instance: ScenarioRunTests.instance, activity: ActivityID(4))]
    let steps = """
      {"do": "complete", "type": "t", "variables": {"x": 1}}, {"do": "fail", "type": "u", "retries": 2, "message": "m", "backoff": "PT1S"},
      {"do": "throw", "type": "v", "code": "C", "message": "m"}, {"do": "activate", "type": "w", "count": 2, "timeout": "PT1M"},
      {"do": "update_retries", "type": "w", "retries": 4}, {"do": "complete_user_task", "element": "a", "variables": {"y": 2}},
      {"do": "publish", "name": "n", "key": "k", "variables": {}, "ttl": "PT1H", "message_id": "i"}, {"do": "signal", "name": "g"},
      {"do": "advance", "by": "P1M"}, {"do": "set_variables", "variables": {"z": 3}, "scope": null, "local": true},
      {"do": "set_variables", "variables": {"z": 3}, "scope": "s"}, {"do": "resolve", "element": "a"}, {"do": "cancel"},
      {"do": "start", "process": "tiny", "version": 2, "at": ["a"]}, {"do": "deploy", "model": "tiny.bpmn"},
      {"do": "modify", "activate": ["a"], "terminate": ["s"]}, {"do": "activate_adhoc", "scope": "s", "elements": ["inner"]},
      {"do": "complete_adhoc", "scope": "s"}, {"do": "expect", "state": "active"}
      """

    #expect(try run(tiny(steps: steps), on: engine) == nil)
    #expect(
      engine.asked == [
        "deploy tiny.bpmn", "start tiny {\"n\":1} v0 at []", "activate t 1 300000", "complete 10 {\"x\":1}", "activate u 1 300000",
        "fail 11 2 m 1000", "activate v 1 300000", "throw 12 C m", "activate w 2 60000", "retries 13 4", "task 30 {\"y\":2}",
        "publish n 'k' 3600000 i", "signal g", "advance 2030-02-07T09:00:00.000Z", "set {\"z\":3} in instance 1 true",
        "set {\"z\":3} in s 4 false", "resolve 20", "cancel 1", "start tiny {} v2 at [\"a\"]", "deploy tiny.bpmn",
        "modify 1 [\"a\"] [4]", "adhoc 4 [\"inner\"]", "adhoc done 4",
      ])
  }

  @Test("where and count narrow and repeat")
  func choice() throws {
    let engine = FakeEngine()
    engine.openJobs = [job(10, ["p": "ann"]), job(11, ["p": "bob"]), job(12, element: "inner", ["p": "bob"])]
    let steps =
      #"{"do": "complete", "type": "t", "where": {"element": "inner"}}, {"do": "complete", "type": "t", "where": {"variables": {"p": "bob"}}}"#

    #expect(try run(tiny(steps: steps), on: engine) == nil)
    #expect(engine.asked.filter { $0.hasPrefix("complete") } == ["complete 12 {}", "complete 11 {}"])
  }

  private func job(_ key: UInt64, _ variables: JSON.Object) -> OpenJob { job(key, "t", variables) }
  private func job(_ key: UInt64, _ type: String, _ variables: JSON.Object) -> OpenJob { job(key, type, element: "a", variables) }

  @Test("of a loop the body is ended, in the main instance only")
  func modifyLoop() throws {
    let engine = FakeEngine()
    engine.active = [
      ActiveElement("s", instance: Key(raw: 9), activity: ActivityID(2)),
      ActiveElement("s", instance: ScenarioRunTests.instance, activity: ActivityID(4), isLoopBody: true),
      ActiveElement("s", instance: ScenarioRunTests.instance, activity: ActivityID(5)),
    ]

    #expect(try run(tiny(steps: #"{"do": "modify", "terminate": ["s"]}"#), on: engine) == nil)
    #expect(engine.asked.last == "modify 1 [] [4]")
  }

  @Test("a job, task, incident or element that is not there fails the step, and says what is")
  func missing() throws {
    let failures = [
      (#"{"do": "complete", "type": "t", "count": 2}"#, "NOT_FOUND: no more activatable job of type 't' (1 of 2 found)"),
      (#"{"do": "complete", "type": "x", "where": {"variables": {"p": 1}}}"#, "no activatable job of type 'x' with {\"p\":1}"),
      (#"{"do": "activate", "type": "t", "count": 5}"#, "(1 of 5 found)"), (#"{"do": "update_retries", "type": "x", "retries": 1}"#, "'x'"),
      (#"{"do": "complete_user_task", "element": "a"}"#, "no user task stands at 'a'"),
      (#"{"do": "resolve", "element": "a"}"#, "no incident is open at 'a'"),
      (#"{"do": "set_variables", "variables": {}, "scope": "s"}"#, "'s' is not active"),
      (#"{"do": "modify", "activate": [], "terminate": ["s"]}"#, "'s' is not active"),
    ]
    for (step, message) in failures {
      let engine = FakeEngine()
      engine.openJobs = [job(10)]
      let failure = try run(tiny(steps: step), on: engine)
      #expect(failure?.message?.contains(message) == true, "\(failure?.message ?? "no failure")")
      #expect(failure?.step.hasPrefix("steps[0]") == true)
    }
  }

  @Test("a wanted status is an answer, any other is not")
  func statuses() throws {
    let engine = FakeEngine()
    engine.answer = { _, line throws(Status) in if line.hasPrefix("publish") { throw Status(.alreadyExists, "seen") } }
    let publish = #"{"do": "publish", "name": "n", "key": "", "expect_status": "#

    #expect(try run(tiny(steps: publish + "\"ALREADY_EXISTS\"}"), on: engine) == nil)
    let other = try run(tiny(steps: publish + "\"NOT_FOUND\"}"), on: engine)
    #expect(other?.mismatches == [Mismatch("status", expected: "NOT_FOUND", seen: "ALREADY_EXISTS: seen")])
    let none = try run(tiny(steps: #"{"do": "signal", "name": "n", "expect_status": "NOT_FOUND"}"#), on: engine)
    #expect(none?.mismatches == [Mismatch("status", expected: "NOT_FOUND", seen: "OK")])
  }

  @Test("a refused deployment is what 'rejected' waits for, with its status and words")
  func rejected() throws {
    let refusing: (FakeEngine, String) throws(Status) -> Void = { _, line throws(Status) in
      if line.hasPrefix("deploy") { throw Status(.invalidArgument, "element 'a' has no type") }
    }
    func failure(_ expect: String) throws -> ScenarioFailure? {
      let engine = FakeEngine()
      engine.answer = refusing
      return try run(tiny(expect: expect), on: engine)
    }

    #expect(try failure(#""state": "rejected", "status": "INVALID_ARGUMENT", "message_mentions": ["a"]"#) == nil)
    #expect(try failure(#""state": "rejected", "status": "NOT_FOUND""#)?.mismatches.first?.expected == "NOT_FOUND")
    #expect(try failure(#""state": "rejected", "message_mentions": ["weld"]"#)?.mismatches.first?.what == "message_mentions")
    #expect(try failure(#""state": "completed""#)?.message == "INVALID_ARGUMENT: element 'a' has no type")
  }

  @Test("the first check that fails ends the scenario, and shows where it stands and what is there")
  func stops() throws {
    let engine = FakeEngine()
    engine.steps = [ElementStep("start", .entered, instance: ScenarioRunTests.instance)]
    engine.openJobs = [job(10, ["x": 1])]
    engine.active = [ActiveElement("a", instance: ScenarioRunTests.instance, activity: ActivityID(2))]
    let steps = "\n{\"do\": \"signal\", \"name\": \"n\"},\n{\"do\": \"expect\", \"jobs\": {}},\n{\"do\": \"cancel\"}"
    let failure = try #require(try run(tiny(steps: steps), on: engine))

    #expect(failure.step == "steps[1] (expect)")
    #expect(failure.place.description == "7:1")
    #expect(!engine.asked.contains { $0.hasPrefix("cancel") })
    let text = ScenarioText.lines(failure, of: "tiny.json")
    #expect(
      text == [
        "tiny.json:7:1: steps[1] (expect)", "  jobs", "    expected: none", "    seen:     t: 1", "path:       start", "waiting:    a",
        "jobs:       t at a (retries 3) {\"x\":1}", "user tasks: none", "incidents:  none", "variables:  {\"n\":1}",
        "instances:  tiny active", "clock:      2030-01-07T09:00:00.000Z",
      ])
  }

  @Test("an element that no model has is a mistake, also where a check would pass")
  func unknownElement() throws {
    let failure = try run(tiny(expect: #""never": ["ende"]"#))

    #expect(failure?.message == "no model has an element 'ende' (did you mean 'end'?)")
    #expect(failure?.place.description == "6:23")
    #expect(failure?.place.path == "expect.never[0]")
  }

  @Test("a model that is not there is told with the places where it could be")
  func noModel() throws {
    let failure = try run(tiny().replacing("tiny.bpmn", with: "other.bpmn"))

    #expect(failure?.message?.contains("there is no model 'other.bpmn'") == true)
    #expect(failure?.message?.contains("../models/other.bpmn") == true)
    #expect(failure?.place.path == "deploy[0][0]")
  }

  @Test("a model and a process that are misspelt are told with what is near")
  func misspelt() throws {
    let scratch = try Scratch()
    let model = """
      <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="tiny" isExecutable="true">
      <startEvent id="start"/><endEvent id="end"/><sequenceFlow id="f" sourceRef="start" targetRef="end"/></process></definitions>
      """
    try scratch.write(model, to: "tiny.bpmn")
    func message(_ text: String) throws -> String? {
      let file = try scratch.write(text, to: "tiny.json")
      let scenario = try ScenarioReader.read(try Files.bytes(file), file: file)
      let engine = try PartitionEngine(clock: scenario.clock)
      defer { engine.close() }
      return ScenarioRun(scenario, path: file, engine: engine).run()?.message
    }

    #expect(try message(tiny().replacing("tiny.bpmn", with: "tnyi.bpmn"))?.contains("did you mean 'tiny.bpmn'?") == true)
    #expect(try message(tiny(start: #"{"process": "tiyn"}"#))?.contains("did you mean 'tiny'?") == true)
    #expect(try message(tiny(start: #"{"process": "other"}"#))?.contains("deployed are tiny") == true)
  }

  @Test("before anything has happened there is nothing to show")
  func noScene() throws {
    let failure = try #require(try run(tiny(expect: #""never": ["ende"]"#)))

    #expect(ScenarioText.lines(failure, of: "tiny.json").count == 2)
  }

  @Test("a journal that does not replay fails a scenario that was all right")
  func replay() throws {
    let engine = FakeEngine()
    engine.replayed = "job 4 is missing"

    #expect(try run(tiny(), on: engine)?.message?.contains("job 4 is missing") == true)
  }
}
