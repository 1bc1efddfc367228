import FlowCore
import FlowScenario
import Foundation
import Testing

@Suite("reports of scenarios")
struct ReportTests {
  private static let place = SourcePlace(line: 3, column: 5, path: "steps[0]")

  private let results: [ScenarioResult] = {
    let failure = ScenarioFailure(
      step: "steps[0] (expect)", place: place, mismatches: [Mismatch("variables.x", expected: "\"<a> & b\"", seen: "\u{1}]]>")])
    var passed = ScenarioResult(file: "a.json", id: "a", title: "first # one", outcome: .passed)
    passed.microseconds = 1_234_567
    passed.path = ["start", "end"]
    return [
      passed, ScenarioResult(file: "b.json", id: "b", title: "second\nline", outcome: .failed(failure)),
      ScenarioResult(
        file: "c.json", id: "c", title: "",
        outcome: .mistaken(ScenarioMistakes([ScenarioMistake(file: "c.json", place: place, message: "wrong", hint: "right")]))),
      ScenarioResult(file: "d.json", id: "d", title: "d", outcome: .skipped),
    ]
  }()

  @Test("the text has a line a scenario, with its time, and the path when asked")
  func text() {
    #expect(ScenarioText.line(results[0]) == "ok      a  first # one  (1234.5 ms)\n")
    #expect(ScenarioText.line(results[0], isVerbose: true).hasSuffix("\n        path: start, end\n"))
    #expect(ScenarioText.line(results[1]) == "FAILED  b  second␊line  (0.0 ms)\n")
    #expect(ScenarioText.details(results[2]) == "FAILED  c  c.json\n  c.json:3:5: steps[0]: wrong (right)\n")
    #expect(ScenarioText.summary(results) == "1 passed, 2 failed")
  }

  @Test("TAP has a plan, escaped names, diagnostics in YAML and skips")
  func tap() {
    let lines = TAPText.text(results).split(separator: "\n").map(String.init)

    #expect(lines.prefix(3) == ["TAP version 14", "1..4", "ok 1 - a: first \\# one"])
    #expect(lines[3] == "not ok 2 - b: second␊line")
    #expect(lines.contains("      variables.x"))
    #expect(lines.contains("ok 4 - d: d # SKIP not run"))
    #expect(lines.last == "# 1 passed, 2 failed")
  }

  @Test("JUnit's XML is well-formed whatever the texts hold, and counts failures, errors and skips")
  func junit() throws {
    let parser = try XMLDocumentSketch(JUnitText.text(results))

    #expect(parser.attributes("testsuite").first?["tests"] == "4")
    #expect(parser.attributes("testsuite").first?["failures"] == "1")
    #expect(parser.attributes("testsuite").first?["errors"] == "1")
    #expect(parser.attributes("testsuite").first?["skipped"] == "1")
    #expect(parser.attributes("testcase").map { $0["name"] } == ["a: first # one", "b: second\nline", "c", "d: d"])
    #expect(parser.attributes("testcase").first?["time"] == "1.234567")
    #expect(parser.attributes("failure").first?["message"] == "variables.x: expected \"<a> & b\", seen \u{FFFD}]]>")
  }

  @Test("JSON says the same to machines")
  func json() {
    let document = ScenarioJSON.document(results, withCoverage: true)

    #expect(document["passed"]?.int == 1)
    #expect(document["scenarios"]?.array?.map { $0["result"]?.string } == ["passed", "failed", "failed", "skipped"])
    #expect(document["scenarios"]?.array?[1]["failure"]?["line"]?.int == 3)
    #expect(document["scenarios"]?.array?[2]["mistakes"]?.array?.first?["hint"]?.string == "right")
  }
}

/// Reads tags and attributes of well-formed XML; a stray `<` or `&` makes it throw.
private struct XMLDocumentSketch {
  private var tags: [(name: String, attributes: [String: String])] = []

  struct Malformed: Error { let what: String }

  init(_ text: String) throws {
    var open: [String] = []
    for match in text.matches(of: /<(\/?)([?\w]+)((?:\s+[\w]+="[^"<]*")*)\s*(\/|\?)?>/) {
      let name = String(match.2)
      if name.hasPrefix("?") { continue }
      if match.1 == "/" {
        guard open.popLast() == name else { throw Malformed(what: name) }
        continue
      }
      if match.4 != "/" { open.append(name) }
      var attributes: [String: String] = [:]
      for pair in match.3.matches(of: /(\w+)="([^"]*)"/) { attributes[String(pair.1)] = XMLDocumentSketch.plain(String(pair.2)) }
      tags.append((name, attributes))
    }
    let rest = text.replacing(/<[^<>]*>/, with: "").replacing(/&(amp|lt|gt|quot|#\d+);/, with: "")
    guard open.isEmpty, !rest.contains("<"), !rest.contains("&") else { throw Malformed(what: rest) }
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\n" }) else { throw Malformed(what: "control character") }
  }

  func attributes(_ name: String) -> [[String: String]] { tags.filter { $0.name == name }.map(\.attributes) }

  private static func plain(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing("&#10;", with: "\n")
      .replacing("&amp;", with: "&")
  }
}
