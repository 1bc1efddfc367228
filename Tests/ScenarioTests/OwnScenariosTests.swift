import FlowBPMN
import FlowBPMNRead
import FlowCore
import FlowScenario
import Foundation
import Testing

@Suite("the repository's own scenarios, and the corpus")
struct OwnScenariosTests {
  /// What a model of ours may be found to have: work for the engine, never a mistake of the model.
  private static let expectedCodes: Set<String> = ["not-executable", "several-processes", "gateway-without-default", "timer-spec"]

  @Test(
    "every scenario is read, finds its models, and names only elements that they have",
    arguments: [Files.own, Files.corpus.appendingPathComponent("scenarios")])
  func read(_ folder: URL) throws {
    let files = Files.scenarios(folder)
    #expect(files.count > 30)
    for file in files {
      let scenario = try ScenarioReader.read(try Files.bytes(file), file: file)
      let engine = FakeEngine()
      engine.answer = { _, line throws(Status) in throw Status(.unimplemented, "the models are good") }
      let failure = ScenarioRun(scenario, path: file, engine: engine).run()
      if scenario.expect.value.state != .rejected { #expect(failure?.message == "UNIMPLEMENTED: the models are good", "\(file)") }
      #expect(file.hasSuffix("/\(scenario.id).json"))
    }
  }

  @Test("the models are sound BPMN with unique ids, but for what a scenario is about")
  func models() throws {
    for file in Files.scenarios(Files.own) {
      let scenario = try ScenarioReader.read(try Files.bytes(file), file: file)
      guard scenario.expect.value.state != .rejected else { continue }
      for name in scenario.deploy.flatMap({ $0 }).map(\.value) {
        let read = readDefinitions(try Files.bytes(Files.own.appendingPathComponent("models/\(name)").path))
        let definitions = try #require(read.definitions, "\(name)")
        let findings = (read.findings + validate(definitions)).filter { !OwnScenariosTests.expectedCodes.contains($0.code) }
        #expect(findings.isEmpty, "\(name): \(findings.map(\.message))")
      }
    }
  }

  @Test("no two scenarios have the same title")
  func titles() throws {
    var seen: [String: String] = [:]
    for file in Files.scenarios(Files.own) {
      let title = try ScenarioReader.read(try Files.bytes(file), file: file).title
      #expect(seen.updateValue(file, forKey: title) == nil, "\(file)")
    }
  }
}
