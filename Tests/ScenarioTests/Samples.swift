import FlowCore
import FlowScenario
import Foundation

/// Files of the repository and beside it.
enum Files {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let corpus = root.appendingPathComponent("../shared/corpus/execute").standardizedFileURL
  static let own = root.appendingPathComponent("Tests/Scenarios")

  /// Paths of the scenario files below a folder, in alphabetical order.
  static func scenarios(_ folder: URL) -> [String] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appendingPathComponent($0).path }
  }

  static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
}

/// A folder that goes with the test.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("scenario-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let file = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file.path
  }
}

/// `start > a > end`, enough for ids to be known.
let tinyModel = """
  <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
    <process id="tiny" isExecutable="true">
      <startEvent id="start"/><task id="a"/><subProcess id="s"><task id="inner"/></subProcess><endEvent id="end"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="end"/>
    </process>
  </definitions>
  """

/// A scenario over the tiny model: its steps and its expectation as JSON.
func tiny(steps: String = "", expect: String = #""state": "any""#, start: String = #"{"process": "tiny", "variables": {"n": 1}}"#) -> String
{
  """
  {
   "id": "tiny", "title": "a tiny one", "covers": ["task"], "clock": "2030-01-07T09:00:00Z",
   "deploy": [["tiny.bpmn"]],
   "start": \(start),
   "steps": [\(steps)],
   "expect": {\(expect)}
  }
  """
}

func read(_ text: String) throws(ScenarioMistakes) -> Scenario { try ScenarioReader.read(Array(text.utf8), file: "x.json") }

/// Runs a tiny scenario on a fake engine.
func run(_ text: String, on engine: FakeEngine = FakeEngine()) throws -> ScenarioFailure? {
  let scratch = try Scratch()
  let path = try scratch.write(text, to: "tiny.json")
  try scratch.write(tinyModel, to: "tiny.bpmn")
  return ScenarioRun(try read(text), path: path, engine: engine).run()
}
