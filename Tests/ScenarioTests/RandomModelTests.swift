import FlowBPMN
import FlowBPMNRead
import FlowCore
import FlowEngine
import FlowScenario
import FlowTestKit
import Testing

@Suite("random models and scripts")
struct RandomModelTests {
  /// Findings that are the engine's business, or a random condition's.
  private static let expectedCodes: Set<String> = ["not-executable", "several-processes"]

  @Test("every model is sound BPMN with unique ids, whatever its seed", arguments: [RandomKnobs(), .common])
  func sound(_ knobs: RandomKnobs) throws {
    for seed in 0..<400 as Range<UInt64> {
      let model = RandomModel(seed: seed, knobs: knobs)
      let read = readDefinitions(Array(model.xml.utf8))
      let definitions = try #require(read.definitions, "seed \(seed): \(read.findings.map(\.message))")
      let findings = (read.findings + validate(definitions)).filter {
        !RandomModelTests.expectedCodes.contains($0.code) && $0.severity == .error
      }
      #expect(findings.isEmpty, "seed \(seed): \(findings.map(\.message))")
      let main = try #require(definitions.processes.first { $0.id == model.processID })
      #expect(Set(main.allNodes.map(\.id)) == Set(model.vocabulary.elements), "seed \(seed)")
      #expect(main.allNodes.count < 400)
    }
  }

  @Test("the same seed gives the same model and script, another seed another")
  func repeats() {
    let (a, b, c) = (RandomModel(seed: 4), RandomModel(seed: 4), RandomModel(seed: 5))

    #expect(a.xml == b.xml)
    #expect(a.xml != c.xml)
    #expect(RandomScript(seed: 1, model: a, length: 50).text == RandomScript(seed: 1, model: b, length: 50).text)
    #expect(RandomScript(seed: 1, model: a, length: 50).steps.count == 50)
  }

  @Test("a script's steps find what is there, and leave alone what is not")
  func performs() throws {
    let engine = FakeEngine()
    engine.openJobs = [OpenJob(key: Key(raw: 10), type: "t", element: "a", instance: Key(raw: 1))]
    var performer = RandomPerformer(engine: engine, clock: Instant(milliseconds: 0))
    let job = RandomPick(7)

    #expect(performer.perform(.complete(job: job, variables: [:])) == nil)
    #expect(performer.perform(.complete(job: job, variables: [:])) == nil)
    #expect(performer.perform(.advance(ms: 5)) == nil)
    engine.replayed = "differs"
    #expect(performer.perform(.restart) == "DATA_LOSS: differs")
    #expect(engine.asked == ["complete 10 {}", "advance 1970-01-01T00:00:00.005Z"])
    #expect(performer.performed == 3)
  }

  @Test("over some seeds every kind of element comes")
  func reach() {
    let all = (0..<400 as Range<UInt64>).map { RandomModel(seed: $0).xml }.joined()
    let words = [
      "<task", "<manualTask", "<serviceTask", "<userTask", "<scriptTask", "<businessRuleTask", "<sendTask", "<receiveTask", "<callActivity",
      "<exclusiveGateway", "<parallelGateway", "<inclusiveGateway", "<complexGateway", "<eventBasedGateway", "<transaction",
      "<adHocSubProcess",
      "triggeredByEvent", "<linkEventDefinition", "<cancelEventDefinition", "<terminateEventDefinition", "<compensateEventDefinition",
      "<errorEventDefinition/>", "<escalationEventDefinition", "<conditionalEventDefinition", "parallelMultiple", "<timeDate", "<timeCycle",
      "cancelActivity=\"false\"", "isInterrupting=\"false\"", "<loopCardinality", "<completionCondition", "isSequential", "testBefore",
      "<conditionExpression", "isForCompensation",
    ]
    for word in words { #expect(all.contains(word), "\(word)") }
  }

  @Test("with knobs turned off an element does not come")
  func knobs() {
    var knobs = RandomKnobs()
    knobs.leaves = [.serviceTask]
    knobs.composites = [.parallel]
    (knobs.boundaries, knobs.loops, knobs.eventSubProcesses, knobs.ends, knobs.starts) = ([], [], [], [], [])
    for seed in 0..<50 as Range<UInt64> {
      let xml = RandomModel(seed: seed, knobs: knobs).xml
      for word in ["boundaryEvent", "subProcess", "EventDefinition", "LoopCharacteristics", "exclusiveGateway"] {
        #expect(!xml.contains(word))
      }
    }
  }
}
