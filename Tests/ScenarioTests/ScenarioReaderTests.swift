import FlowCore
import FlowScenario
import FlowTestKit
import Testing

@Suite("reading scenario files")
struct ScenarioReaderTests {
  @Test("all 32 scenarios of the corpus are read")
  func corpus() throws {
    let files = Files.scenarios(Files.corpus.appendingPathComponent("scenarios"))

    #expect(files.count == 32)
    for file in files {
      let scenario = try ScenarioReader.read(try Files.bytes(file), file: file)
      #expect(scenario.deploy.count >= 1)
    }
  }

  @Test("a scenario has what its file says")
  func whole() throws {
    let file = Files.corpus.appendingPathComponent("scenarios/practice-20.json").path
    let scenario = try ScenarioReader.read(try Files.bytes(file), file: file)

    #expect(scenario.id == "practice-20")
    #expect(scenario.tier == .zeebe)
    #expect(scenario.clock.rfc3339 == "2030-01-07T09:00:00.000Z")
    #expect(scenario.start?.value == StartRequest(process: "recipe", variables: ["cake": "plum"]))
    #expect(scenario.steps.map(\.action.verb).prefix(4) == ["deploy", "start", "start", "expect"])
    guard case .start(let request) = scenario.steps[2].action else { return #expect(Bool(false)) }
    #expect(request == StartRequest(process: "recipe", variables: ["cake": "nut"], version: 1, at: ["bake"]))
    #expect(scenario.steps[0].place.line == 22)
    #expect(scenario.expect.value.completed.first { $0.element == "bake" }?.count == .exactly(3))
    #expect(scenario.note == "a running instance stays on the version it began with")
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let text: String
    let place: String
    let says: String
    var testDescription: String { says }

    init(_ text: String, _ place: String, _ says: String) {
      self.text = text
      self.place = place
      self.says = says
    }
  }

  static let mistakes: [Mistake] = [
    Mistake("", "1:1", "not JSON: the text ends too early"),
    Mistake("{\"id\": \"x\",\n  nope}", "2:3", "not JSON: unexpected 'n'"),
    Mistake("{\"id\": \"x\",\n \"deploy\": [[\"a\"],]}", "2:19", "not JSON: unexpected ']'"),
    Mistake("[]", "1:1", "a scenario is an object, not a list"),
    Mistake("{\"deploy\": [], \"expect\": {}}", "1:1", "a scenario needs \"id\""),
    Mistake("{\"id\": \"x\", \"expect\": {}}", "1:1", "a scenario needs \"deploy\""),
    Mistake("{\"id\": \"x\", \"deploy\": []}", "1:1", "a scenario needs \"expect\""),
    Mistake("{\"id\": \"\", \"deploy\": [], \"expect\": {}}", "1:8", "an empty text names nothing"),
    Mistake("{\"id\": 7, \"deploy\": [], \"expect\": {}}", "1:8", "id: a text is needed, not a number"),
    Mistake("{\"id\": \"x\",\n\"id\": \"y\", \"deploy\": [], \"expect\": {}}", "2:1", "\"id\" comes twice"),
    Mistake("{\"id\": \"x\",\n \"deplyo\": [], \"deploy\": [], \"expect\": {}}", "2:2", "did you mean 'deploy'?"),
    Mistake("{\"id\": \"x\", \"tier\": \"cor\", \"deploy\": [], \"expect\": {}}", "1:21", "\"cor\" is no tier (did you mean 'core'?)"),
    Mistake("{\"id\": \"x\", \"clock\": \"noon\", \"deploy\": [], \"expect\": {}}", "1:22", "is no ISO 8601 time"),
    Mistake("{\"id\": \"x\", \"deploy\": [\"a.bpmn\"], \"expect\": {}}", "1:24", "deploy[0]: a list is needed, not a text"),
    Mistake("{\"id\": \"x\", \"deploy\": [[\"../../a\"]], \"expect\": {}}", "1:25", "without '..'"),
    Mistake("{\"id\": \"x\", \"deploy\": [], \"start\": {}, \"expect\": {}}", "1:36", "a start needs \"process\""),
    Mistake("{\"id\": \"x\", \"deploy\": [], \"steps\": [3], \"expect\": {}}", "1:37", "a step is an object, not a number"),
    Mistake(tiny(steps: "{\"type\": \"t\"}"), "5:12", "steps[0]: a step needs \"do\""),
    Mistake(tiny(steps: "\n{\"do\": \"compleet\"}"), "6:8", "steps[0].do: \"compleet\" is no step (did you mean 'complete'?)"),
    Mistake(tiny(steps: "{\"do\": \"sing\"}"), "5:19", "allowed are complete, fail,"),
    Mistake(tiny(steps: "{\"do\": \"complete\"}"), "5:12", "a step 'complete' needs \"type\""),
    Mistake(tiny(steps: "{\"do\": \"complete\", \"type\": \"t\", \"varables\": {}}"), "5:44", "did you mean 'variables'?"),
    Mistake(
      tiny(steps: "{\"do\": \"complete\", \"type\": \"t\", \"count\": 0}"), "5:53", "a whole number from 1 to 100000 is needed, not 0"),
    Mistake(tiny(steps: "{\"do\": \"complete\", \"type\": \"t\", \"where\": {\"el\": 1}}"), "5:54", "'where' has no member \"el\""),
    Mistake(
      tiny(steps: "{\"do\": \"complete\", \"type\": \"t\", \"variables\": []}"), "5:57", "an object of variables is needed, not a list"),
    Mistake(tiny(steps: "{\"do\": \"advance\", \"by\": \"5 min\"}"), "5:36", "steps[0].by: \"5 min\" is no ISO 8601 duration"),
    Mistake(tiny(steps: "{\"do\": \"advance\", \"by\": \"-PT5M\"}"), "5:36", "is no ISO 8601 duration"),
    Mistake(tiny(steps: "{\"do\": \"advance\", \"by\": \"P101Y\"}"), "5:36", "up to 100 years"),
    Mistake(tiny(steps: "{\"do\": \"cancel\", \"expect_status\": \"NOT_FUND\"}"), "5:46", "did you mean 'NOT_FOUND'?"),
    Mistake(tiny(steps: "{\"do\": \"update_retries\", \"type\": \"t\"}"), "5:12", "needs \"retries\""),
    Mistake(tiny(steps: "{\"do\": \"set_variables\", \"variables\": {}, \"local\": 1}"), "5:62", "true or false is needed, not a number"),
    Mistake(tiny(steps: "{\"do\": \"throw\", \"type\": \"t\"}"), "5:12", "needs \"code\""),
    Mistake(tiny(expect: "\"state\": \"done\""), "6:22", "expect.state: \"done\" is no state"),
    Mistake(tiny(expect: "\"complete\": {}"), "6:13", "did you mean 'completed'?"),
    Mistake(tiny(expect: "\"completed\": {\"a\": -1}"), "6:32", "a count is needed"),
    Mistake(tiny(expect: "\"completed\": {\"a\": \">1\"}"), "6:32", "such as \">=1\""),
    Mistake(tiny(expect: "\"completed\": [\"a\"]"), "6:26", "an object with element ids is needed, not a list"),
    Mistake(tiny(expect: "\"incidents\": [{\"type\": \"X\"}]"), "6:27", "an incident needs \"element\""),
    Mistake(tiny(expect: "\"jobs\": {\"t\": \"1\"}"), "6:27", "a whole number"),
    Mistake(tiny(expect: "\"instances\": {\"p\": {\"done\": 1}}"), "6:33", "has no member \"done\""),
    Mistake(tiny(expect: "\"job\": {\"type\": \"t\", \"retrys\": 1}"), "6:34", "did you mean 'retries'?"),
  ]

  @Test("a mistake is told with its place and what would be right", arguments: mistakes)
  func mistake(_ mistake: Mistake) {
    do throws(ScenarioMistakes) {
      _ = try read(mistake.text)
      Issue.record("it was read")
    } catch {
      #expect(error.all.contains { $0.description.contains(mistake.says) && $0.place.description == mistake.place }, "\(error)")
    }
  }

  @Test("all mistakes of a file are told at once, in the order of the text")
  func several() {
    do throws(ScenarioMistakes) {
      _ = try read(tiny(steps: "{\"do\": \"hop\"}, {\"do\": \"advance\"}", expect: "\"sate\": 1"))
      Issue.record("it was read")
    } catch {
      #expect(error.all.count == 3)
      #expect(error.all.map(\.place.line) == [5, 5, 6])
    }
  }

  @Test("files that are too large, too deep or full of mistakes end with a bounded answer")
  func bounds() {
    let texts = [
      String(repeating: " ", count: Limits.scenarioFileBytes + 1), String(repeating: "[", count: 100_000),
      "{" + (0..<50_000).map { "\"k\($0)\": 1" }.joined(separator: ",") + "}",
      tiny(steps: Array(repeating: "{}", count: 20_000).joined(separator: ",")),
    ]
    for text in texts {
      do throws(ScenarioMistakes) {
        _ = try read(text)
        Issue.record("it was read")
      } catch {
        #expect(!error.all.isEmpty && error.all.count <= Limits.findings)
      }
    }
  }

  @Test("bytes changed at random are read or refused, never more")
  func mutated() throws {
    let original = try Files.bytes(Files.corpus.appendingPathComponent("scenarios/practice-22.json").path)
    var random = SplitMix(state: 7)
    var refused = 0
    for _ in 0..<400 {
      var bytes = original
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: at)
        default: bytes.insert(Array("{}[]\",:0".utf8).randomElement(using: &random) ?? 0, at: at)
        }
      }
      do throws(ScenarioMistakes) { _ = try ScenarioReader.read(bytes, file: "x") } catch { refused += 1 }
    }
    #expect(refused > 100)
  }
}
