import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct LintTests {
  /// Nodes by letter: `x` exclusive, `p` parallel, `i` inclusive, `t` task, `e` end event; flows as `ab` pairs. `s` is the start event.
  private func codes(_ nodes: KeyValuePairs<String, Character>, _ flows: String, more: String = "") throws -> [String] {
    let kinds: [Character: String] = [
      "x": "exclusiveGateway", "p": "parallelGateway", "i": "inclusiveGateway", "t": "userTask", "e": "endEvent", "n": "task",
      "g": "eventBasedGateway",
    ]
    var body = "<bpmn:startEvent id='s'/>" + more
    for (id, kind) in nodes { body += "<bpmn:\(kinds[kind] ?? "task") id='\(id)' name='\(id)'/>" }
    for (index, pair) in flows.split(separator: " ").enumerated() {
      let ends = pair.map(String.init)
      body += "<bpmn:sequenceFlow id='f\(index)' sourceRef='\(ends[0])' targetRef='\(ends[1])'/>"
    }
    return try Self.codes(model(body))
  }

  static func codes(_ bytes: [UInt8]) throws -> [String] { lint(try #require(readDefinitions(bytes).definitions)).map(\.code) }

  @Test("what is joined as it was split is clean")
  func clean() throws {
    for kind in ["x", "p", "i"] as [Character] {
      #expect(try codes(["1": kind, "a": "t", "b": "t", "2": kind, "e": "e"], "s1 1a 1b a2 b2 2e") == [])
    }
  }

  @Test("choices inside parallel branches are clean, and loops with a way out")
  func nested() throws {
    #expect(
      try codes(
        ["1": "p", "x": "x", "a": "t", "b": "t", "y": "x", "c": "t", "2": "p", "e": "e"], "s1 1x 1c xa xb ay by y2 c2 2e") == [])
    #expect(try codes(["m": "x", "a": "t", "x": "x", "e": "e"], "sm ma ax xm xe") == [])
    #expect(try codes(["m": "x", "1": "p", "a": "t", "b": "t", "2": "p", "x": "x", "e": "e"], "sm m1 1a 1b a2 b2 2x xm xe") == [])
  }

  @Test("each branch may end by itself, several in one end event")
  func ends() throws {
    #expect(try codes(["1": "p", "a": "t", "b": "t", "e": "e"], "s1 1a 1b ae be") == [])
  }

  @Test("a choice that is joined in parallel waits for ever", arguments: ["x", "i", "g"] as [Character])
  func choiceInParallel(_ split: Character) throws {
    #expect(try codes(["1": split, "a": "t", "b": "t", "2": "p", "e": "e"], "s1 1a 1b a2 b2 2e") == ["choice-joined-in-parallel"])
  }

  @Test("a parallel split that is not joined runs what follows several times")
  func notJoined() throws {
    #expect(try codes(["1": "p", "a": "t", "b": "t", "2": "x", "c": "t", "e": "e"], "s1 1a 1b a2 b2 2c ce") == ["parallel-not-joined"])
    #expect(try codes(["1": "p", "a": "t", "b": "t", "c": "t", "e": "e"], "s1 1a 1b ac bc ce") == ["implicit-join"])
    #expect(try codes(["a": "t", "b": "t", "c": "t", "d": "t", "e": "e"], "sa ab ac bd cd de") == ["implicit-join"])
    #expect(try codes(["1": "x", "a": "t", "b": "t", "c": "t", "e": "e"], "s1 1a 1b ac bc ce") == [])
  }

  @Test("where nothing goes on is told, of boundary events too")
  func deadEnds() throws {
    let boundary =
      "<bpmn:boundaryEvent id='b' attachedToRef='a'><bpmn:timerEventDefinition><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"

    #expect(try codes(["x": "x", "a": "t", "b": "t", "e": "e"], "sx xa xb be") == ["dead-end"])
    #expect(try codes(["a": "t", "e": "e"], "sa ae", more: boundary) == ["boundary-without-flow"])
    #expect(try codes(["a": "n", "e": "e"], "sa ae be", more: boundary) == ["boundary-never-fires"])
  }

  @Test("a cycle without a way out never ends")
  func cycles() throws {
    #expect(try codes(["x": "x", "a": "t", "b": "t", "e": "e"], "sx xa ab bx") == ["endless-loop"])
    #expect(try codes(["a": "t"], "sa aa") == ["endless-loop"])
    #expect(
      try Self.codes(ValidateTests.through("<bpmn:task id='n' name='N'><bpmn:standardLoopCharacteristics/></bpmn:task>")) == [
        "endless-loop"
      ])
    #expect(
      try Self.codes(ValidateTests.through("<bpmn:task id='n' name='N'><bpmn:standardLoopCharacteristics loopMaximum='3'/></bpmn:task>"))
        == [])
  }

  @Test("flows and gateways that do nothing are told")
  func shapes() throws {
    #expect(try codes(["x": "x", "a": "t", "e": "e"], "sx xa ae") == ["superfluous-gateway"])
    #expect(try codes(["a": "t", "b": "t", "e": "e"], "sa ab ab be").contains("duplicate-flow"))
    let condition = "<bpmn:conditionExpression>x</bpmn:conditionExpression></bpmn:sequenceFlow>"
    let flows =
      "<bpmn:sequenceFlow id='a' sourceRef='n' targetRef='m'>\(condition)<bpmn:sequenceFlow id='b' sourceRef='n' targetRef='o'>\(condition)"
    let body = "<bpmn:startEvent id='s'/><bpmn:inclusiveGateway id='n' name='N'/><bpmn:endEvent id='m'/><bpmn:endEvent id='o'/>"
    #expect(
      try Self.codes(model(body + "<bpmn:sequenceFlow id='in' sourceRef='s' targetRef='n'/>" + flows)) == ["inclusive-without-default"])
  }

  @Test("what nobody names or uses is told")
  func unused() throws {
    let root = "<bpmn:message id='m'/><bpmn:signal id='s1'/><bpmn:error id='e1'/><bpmn:escalation id='x1'/>"
    let used = "<bpmn:endEvent id='z'><bpmn:signalEventDefinition signalRef='s1'/></bpmn:endEvent>"

    #expect(
      try Self.codes(model("<bpmn:startEvent id='s'/>" + used, root: root)).sorted() == [
        "unused-error", "unused-escalation", "unused-message",
      ])
    #expect(try Self.codes(ValidateTests.through("<bpmn:task id='n'/>")) == ["missing-name"])
    #expect(try Self.codes(model("<bpmn:startEvent id='s'/><bpmn:dataObject id='d'/>")) == ["unused-data"])
    #expect(
      try Self.codes(model("<bpmn:startEvent id='s'/><bpmn:dataObject id='d'/><bpmn:dataObjectReference id='r' dataObjectRef='d'/>")) == [])
  }

  @Test("many gateways are followed in bounded time, and it is said where that ended")
  func bounded() throws {
    let count = 3_000
    let gateways = (0..<count).map { "<bpmn:exclusiveGateway id='g\($0)' name='g'/>" }.joined()
    let flows = (0..<count - 1).map {
      "<bpmn:sequenceFlow id='a\($0)' sourceRef='g\($0)' targetRef='g\($0 + 1)'/><bpmn:sequenceFlow id='b\($0)' sourceRef='g\($0)' targetRef='g\(count - 1 - $0)'/>"
    }.joined()

    #expect(try Self.codes(model("<bpmn:startEvent id='s'/>" + gateways + flows)).contains("lint-too-large"))
  }

  @Test("every finding of every real model is in the book of rules, which explains each once")
  func book() throws {
    let known = Set(LintRules.all.map(\.code))
    for file in Corpus.files("rexflow") + Corpus.files("parse/files") + Corpus.files("execute/models") + Corpus.files("parse/reject") {
      let result = try Corpus.read(file)
      let findings = result.findings + (result.definitions.map { validate($0) + lint($0) } ?? [])
      for finding in findings { #expect(known.contains(finding.code), "\(file): \(finding)") }
    }
    #expect(known.count == LintRules.all.count)
    #expect(LintRules.all.map(\.code) == LintRules.all.map(\.code).sorted())
    #expect(LintRules.all.allSatisfy { $0.explanation.hasSuffix(".") })
  }
}
