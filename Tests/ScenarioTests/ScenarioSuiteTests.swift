import FlowCommandLine
import FlowCore
import FlowScenario
import FlowThreads
import Synchronization
import Testing

@Suite("many scenarios")
struct ScenarioSuiteTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write(tinyModel, to: "models/tiny.bpmn")
  }

  private func add(_ name: String, expect: String = #""state": "any""#) throws -> String {
    try scratch.write(tiny(expect: expect).replacing("\"id\": \"tiny\"", with: "\"id\": \"\(name)\""), to: "scenarios/\(name).json")
  }

  private func suite(_ files: [String], _ change: (inout ScenarioSuite.Options) -> Void = { _ in }) -> ScenarioSuite {
    var options = ScenarioSuite.Options()
    change(&options)
    return ScenarioSuite(files, options: options) { (_: Instant) throws(Status) in FakeEngine() }
  }

  @Test("results come in the order of the files, whatever thread was first")
  func order() throws {
    let files = try (0..<40).map { try add("s\($0)", expect: $0 % 3 == 0 ? #""state": "completed""# : #""state": "any""#) }
    var told: [String] = []
    let results = suite(files) { $0.threads = 4 }.run { told.append($0.id) }

    #expect(results.map(\.file) == files)
    #expect(told == (0..<40).map { "s\($0)" })
    #expect(ScenarioText.summary(results) == "26 passed, 14 failed")
  }

  @Test("a filter finds by path, id, title and tag, case ignored, and leaves the rest out")
  func filter() throws {
    let files = [try add("alpha"), try add("beta")]

    #expect(suite(files) { $0.filter = "ALPH" }.run().map(\.hasPassed) == [true, false])
    #expect(suite(files) { $0.filter = "task" }.run().map(\.hasPassed) == [true, true])
    #expect(suite(files) { $0.filter = "gamma" }.run().allSatisfy { !$0.hasPassed && !$0.hasFailed })
  }

  @Test("with fail-fast nothing is begun after a failure")
  func failFast() throws {
    let files = [try add("a"), try add("b", expect: #""state": "completed""#), try add("c"), try add("d")]
    let results = suite(files) { $0.failsFast = true }.run()

    #expect(results.map(\.hasPassed) == [true, false, false, false])
    #expect(results.map(\.hasFailed) == [false, true, false, false])
  }

  @Test("a scenario that does not end has failed, and the others go on without it")
  func timeout() throws {
    let files = [try add("a"), try add("b"), try add("c")]
    let gate = Promise<Bool>()
    var options = ScenarioSuite.Options()
    options.timeoutMs = 100
    let calls = Mutex(0)
    let results = ScenarioSuite(files, options: options) { (_: Instant) throws(Status) in
      let isFirst = calls.withLock { calls in
        calls += 1
        return calls == 1
      }
      if isFirst { _ = gate.wait() }
      return FakeEngine()
    }.run()
    gate.keep(true)

    #expect(results.map(\.hasPassed) == [false, true, true])
    #expect(ScenarioText.details(results[0]).contains("it did not end within 100 ms"))
  }

  @Test("files that are not there, no scenario, or a folder of none are told")
  func badFiles() throws {
    let bad = try scratch.write("{}", to: "bad.json")
    let results = suite([scratch.path + "/nowhere.json", bad]).run()

    #expect(ScenarioText.details(results[0]).contains("there is no such file"))
    #expect(ScenarioText.details(results[1]).contains("\(bad):1:1: a scenario needs \"id\""))
    #expect(throws: FileProblem.self) { try ScenarioFiles.find([scratch.path + "/models"]) }
  }

  @Test("a folder stands for all its scenario files, in order, also those deeper")
  func folders() throws {
    let (b, a) = (try add("b"), try add("a"))

    #expect(try ScenarioFiles.find([scratch.path]) == [a, b])
    #expect(try ScenarioFiles.find([b, scratch.path + "/"]) == [b, a])
  }

  @Test("coverage joins what several scenarios entered")
  func coverage() throws {
    let file = try add("a")
    let results = ScenarioSuite([file], options: ScenarioSuite.Options()) { (_: Instant) throws(Status) in
      let engine = FakeEngine()
      engine.answer = { engine, line throws(Status) in
        guard line.hasPrefix("start") else { return }
        engine.steps = ["start", "a"].map { ElementStep($0, .entered, instance: .init(raw: 1)) }
      }
      return engine
    }.run()
    let text = ScenarioText.coverage(results + results)

    #expect(text.hasPrefix("coverage: 2 of 5 elements (40 %)\n"))
    #expect(text.contains("tiny: 2 of 5 elements; never: s, inner, end"))
  }
}
