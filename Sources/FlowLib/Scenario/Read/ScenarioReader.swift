import FlowCore

/// Reads a scenario file. What it does not know is a mistake: a check that is misspelt would never fail.
package struct ScenarioReader {
  private static let keys = ["id", "title", "tier", "covers", "clock", "deploy", "start", "steps", "expect", "source", "note"]
  /// Where the clock begins when the file does not say.
  private static let epoch = Instant(milliseconds: 1_893_456_000_000)

  var fields: FieldReader
  private let root: Node

  /// - Parameter file: how mistakes name it.
  /// - Throws: all mistakes of the file.
  package static func read(_ bytes: [UInt8], file: String) throws(ScenarioMistakes) -> Scenario {
    var reader = ScenarioReader(fields: FieldReader(file: file, bytes: bytes), root: try root(bytes, file))
    let scenario = reader.scenario()
    guard reader.fields.mistakes.isEmpty else {
      throw ScenarioMistakes(reader.fields.mistakes.sorted { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) })
    }
    return scenario
  }

  private static func root(_ bytes: [UInt8], _ file: String) throws(ScenarioMistakes) -> Node {
    guard bytes.count <= Limits.scenarioFileBytes else {
      let start = SourcePlace(line: 1, column: 1, path: "")
      let message = "the file is larger than the limit of \(Limits.scenarioFileBytes) bytes"
      throw ScenarioMistakes([ScenarioMistake(file: file, place: start, message: message)])
    }
    do throws(JSONError) {
      return Node(json: try JSON(parsing: bytes), spot: JSONPlaceReader.places(in: bytes), path: "")
    } catch {
      let place = LineTable(bytes).place(of: error.offset, path: "")
      throw ScenarioMistakes([ScenarioMistake(file: file, place: place, message: error.reason.rawValue + found(error, bytes))])
    }
  }

  /// What stands where something else has to: `: unexpected ']'`.
  private static func found(_ error: JSONError, _ bytes: [UInt8]) -> String {
    guard error.reason == .syntax else { return "" }
    guard error.offset < bytes.count else { return ": the text ends too early" }
    let byte = bytes[error.offset]
    return (0x21..<0x7F).contains(byte) ? ": unexpected '\(Character(Unicode.Scalar(byte)))'" : ""
  }

  private mutating func scenario() -> Scenario {
    let isObject = fields.isObject(root, of: "a scenario", keys: ScenarioReader.keys)
    let id = isObject ? fields.name(fields.required(root, "id", of: "a scenario")) : ""
    let deploy = isObject ? fields.required(root, "deploy", of: "a scenario") : nil
    let expect = isObject ? fields.required(root, "expect", of: "a scenario") : nil
    _ = fields.list(root["source"])
    let steps = fields.list(root["steps"])
    if steps.count > Limits.scenarioSteps, let node = root["steps"] {
      fields.mistake(node, "\(steps.count) steps are more than the limit of \(Limits.scenarioSteps)")
    }
    var scenario = Scenario(
      id: id, title: fields.text(root["title"], orElse: id), tier: tier(), covers: fields.texts(root["covers"]),
      clock: fields.instant(root["clock"], orElse: ScenarioReader.epoch), deploy: deployments(deploy), start: start(),
      steps: steps.prefix(Limits.scenarioSteps).compactMap { step($0) },
      expect: Located(Expectation(), at: fields.place(expect ?? root)), note: fields.optionalText(root["note"]), elements: [])
    if let expect { scenario.expect.value = expectation(expect, extra: []) }
    scenario.elements = fields.elements
    return scenario
  }

  private mutating func tier() -> Scenario.Tier {
    root["tier"].flatMap { fields.word($0, of: "tier", Scenario.Tier.self) } ?? .core
  }

  private mutating func deployments(_ node: Node?) -> [[Located<String>]] {
    fields.list(node).map { command in fields.list(command).map { Located(model($0), at: fields.place($0)) } }
  }

  private mutating func start() -> Located<StartRequest>? {
    guard let node = root["start"], !node.json.isNull else { return nil }
    guard fields.isObject(node, of: "'start'", keys: ["process", "variables", "version", "at"]) else { return nil }
    return Located(startRequest(node), at: fields.place(node))
  }

  mutating func startRequest(_ node: Node) -> StartRequest {
    StartRequest(
      process: fields.name(fields.required(node, "process", of: "a start")), variables: fields.document(node["variables"]),
      version: fields.optionalNumber(node["version"], in: 1...Int64(Int32.max)), at: fields.elements(node["at"]))
  }

  /// A model is a file below the folders where models are looked for, never one elsewhere on the machine.
  mutating func model(_ node: Node) -> String {
    let name = fields.name(node)
    if name.hasPrefix("/") || name.split(separator: "/").contains("..") || name.utf8.contains(0) {
      fields.mistake(
        node, "a model is named without '..' and a leading '/'", hint: "it is looked for beside the scenario, in ../models and in models")
    }
    return name
  }
}
