import FlowCore
import FlowFEEL
import Foundation
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The case files lie beside the repository; a checkout without them has nothing to compare.
private let corpus = root.appendingPathComponent("../shared/corpus/feel")

private struct Ledger: Decodable {
  struct Entry: Decodable {
    let passed: Int
    let total: Int
  }

  let files: [String: Entry]
}

@Suite("FEEL conformance", .enabled(if: FileManager.default.fileExists(atPath: corpus.path)))
struct ConformanceTests {
  @Test(
    "no case file does worse than the ledger says",
    arguments: [
      "contexts", "dates-durations", "functions", "if-for-some-every", "lists", "logic-comparison", "null-semantics", "numbers", "ranges",
      "strings", "unary-tests",
    ])
  func ledgerHolds(name: String) throws {
    let ledger = try JSONDecoder().decode(
      Ledger.self, from: Data(contentsOf: root.appendingPathComponent("docs/conformance/feel.json")))
    let text = try String(contentsOf: corpus.appendingPathComponent("\(name).jsonl"), encoding: .utf8)

    let outcome = CaseRunner(zones: systemZones).run(jsonl: text)

    let entry = try #require(ledger.files["\(name).jsonl"])
    let report = outcome.lines.joined(separator: "\n")
    #expect(outcome.passed >= entry.passed, "\(report)")
    #expect(outcome.passed + outcome.failed == entry.total, "\(report)")
  }

  @Test("a case that fails is a line that says what came instead")
  func failureIsTold() {
    let outcome = CaseRunner().run(jsonl: #"{"id": "x", "kind": "expression", "expr": "1 + 1", "context": {}, "expected": 3}"#)

    #expect(outcome.failed == 1)
    #expect(outcome.lines == [#"line 1: x: "1 + 1" expected number 3, gave number 2"#, "0 passed, 1 failed"])
  }

  @Test("a line that is no JSON fails")
  func brokenLine() {
    #expect(runCases(jsonl: "{\n\n[]").failed == 2)
  }
}
