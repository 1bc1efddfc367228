import FlowBPMN
import FlowBPMNRead
import Testing

/// The scenarios' models: two are there to be refused, all others to run.
@Suite struct ScenarioModelsTests {
  private static let refused = ["execute/models/practice-18.bpmn", "execute/models/practice-32.bpmn"]

  @Test("models that run have no error", arguments: Corpus.files("execute/models").filter { !refused.contains($0) })
  func runs(_ file: String) throws {
    let result = try Corpus.read(file)

    let errors = (result.findings + validate(try #require(result.definitions))).filter { $0.severity == .error }

    #expect(errors == [])
  }

  @Test("what can not be deployed is told with its element", arguments: zip(refused, [["g"], ["weldFrame"]]))
  func refuses(_ file: String, _ elements: Set<String>) throws {
    let result = try Corpus.read(file)

    let errors = validate(try #require(result.definitions)).filter { $0.severity == .error }

    #expect(Set(errors.compactMap(\.element)) == elements)
    for error in errors { #expect(elements.contains { error.message.contains($0) }) }
  }
}
