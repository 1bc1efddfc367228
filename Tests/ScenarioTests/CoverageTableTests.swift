import FlowCore
import FlowScenario
import Foundation
import Testing

/// The coverage table of `docs/elements.md` against the scenarios that it names.
@Suite("the table of covered elements")
struct CoverageTableTests {
  private struct Row {
    let element: String
    let signature: String
    let scenario: String
  }

  private static let rows: [Row] = {
    guard let bytes = try? Files.bytes(Files.root.appendingPathComponent("docs/elements.md").path) else { return [] }
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n").drop { $0 != "## Coverage" }.filter { $0.contains("](../Tests/Scenarios/") }
    return lines.map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let name = cells[3].drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }
      return Row(element: cells[0], signature: cells[2].filter { $0 != "`" }, scenario: String(name))
    }
  }()

  private static func path(_ scenario: String) -> String { Files.own.appendingPathComponent("\(scenario).json").path }

  @Test("every example has the element in its model")
  func examplesShowTheirElement() throws {
    #expect(Self.rows.count >= 140)
    for row in Self.rows {
      let scenario = try ScenarioReader.read(try Files.bytes(Self.path(row.scenario)), file: row.scenario)
      let models = try scenario.deploy.flatMap { $0 }.map { model in
        String(decoding: try Files.bytes(Files.own.appendingPathComponent("models/\(model.value)").path), as: UTF8.self)
      }
      let markup = Markup(models.joined())
      for part in row.signature.components(separatedBy: " & ") {
        #expect(markup.has(ElementSignature(part)), "\(row.scenario) has no \(part)")
      }
    }
  }

  @Test("every example passes")
  func examplesPass() throws {
    var options = ScenarioSuite.Options()
    options.threads = 2
    let files = try ScenarioFiles.find(Set(Self.rows.map(\.scenario)).sorted().map(Self.path))
    let suite = ScenarioSuite(files, options: options) { (clock: Instant) throws(Status) in try PartitionEngine(clock: clock) }

    let failing = suite.run { _ in }.filter { !$0.hasPassed }.map(\.id)

    #expect(failing == [])
  }

  @Test("no row of the comparison with other engines is missing")
  func allRows() throws {
    let file = Files.root.appendingPathComponent("../shared/reference/bpmn-coverage.md").standardizedFileURL.path
    guard FileManager.default.fileExists(atPath: file) else { return }
    let wanted = String(decoding: try Files.bytes(file), as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
    let known = Set(Self.rows.map(\.element))
    for line in wanted {
      let element = (line.split(separator: "|").first ?? "").replacingOccurrences(of: "**", with: "").trimmingCharacters(in: .whitespaces)
      #expect(known.contains(element), "\(element)")
    }
  }

  @Test("a signature is met only by an element with its attributes and its content")
  func signatures() {
    let markup = Markup("<b:a k='v'/><b:a x=\"1\"><b:a x=\"2\"><b:c/></b:a></b:a><d/>")

    #expect(markup.has(ElementSignature("a x=1 > c")))
    #expect(markup.has(ElementSignature("a x=2 > c !> a")))
    #expect(markup.has(ElementSignature("a x!=1 > c")))
    #expect(!markup.has(ElementSignature("a x=1 !> c")))
    #expect(!markup.has(ElementSignature("a x=3")))
    #expect(!markup.has(ElementSignature("c > d")))
  }
}

/// What the table's third column says: `boundaryEvent cancelActivity=false > timerEventDefinition`.
private struct ElementSignature {
  private(set) var name = ""
  private(set) var attributes: [(text: String, isWanted: Bool)] = []
  private(set) var content: [(text: String, isWanted: Bool)] = []

  init(_ text: String) {
    var words = text.split(separator: " ").map(String.init)[...]
    name = words.popFirst() ?? ""
    while let word = words.popFirst() {
      if word == ">" || word == "!>" {
        content.append((words.popFirst() ?? "", word == ">"))
      } else {
        let isWanted = !word.contains("!=")
        attributes.append((word.replacingOccurrences(of: isWanted ? "=" : "!=", with: "=\"") + "\"", isWanted))
      }
    }
  }
}

/// The elements of a well-formed file, without their prefixes; enough to look for one with certain attributes and content.
private struct Markup {
  private struct Piece {
    let name: Substring
    let tag: Substring
    let isEnd: Bool
    let isEmpty: Bool
  }

  private let pieces: [Piece]

  init(_ text: String) {
    pieces = text.split(separator: "<").filter { !$0.hasPrefix("?") && !$0.hasPrefix("!") }.map { part in
      let tag = part.prefix { $0 != ">" }
      let qualified = tag.drop { $0 == "/" }.prefix { !$0.isWhitespace && $0 != "/" }
      let name = qualified.lastIndex(of: ":").map { qualified[qualified.index(after: $0)...] } ?? qualified
      return Piece(name: name, tag: part, isEnd: tag.hasPrefix("/"), isEmpty: tag.hasSuffix("/"))
    }
  }

  func has(_ signature: ElementSignature) -> Bool {
    pieces.indices.contains { index in
      let piece = pieces[index]
      guard !piece.isEnd, piece.name == signature.name[...] else { return false }
      let tag = " " + piece.tag.prefix { $0 != ">" }
      guard signature.attributes.allSatisfy({ tag.contains(" " + $0.text) == $0.isWanted }) else { return false }
      let inside = content(of: index)
      return signature.content.allSatisfy { inside.contains($0.text) == $0.isWanted }
    }
  }

  private func content(of index: Int) -> String {
    guard !pieces[index].isEmpty else { return "" }
    var (depth, inside) = (1, "")
    for piece in pieces[(index + 1)...] {
      if piece.name == pieces[index].name, !piece.isEmpty { depth += piece.isEnd ? -1 : 1 }
      if depth == 0 { break }
      inside += "<" + piece.tag
    }
    return inside
  }
}
