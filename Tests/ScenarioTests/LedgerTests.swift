import FlowCore
import FlowScenario
import Foundation
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Which scenarios do not pass yet; the list may only get shorter.
///
/// `LEDGER=write swift test --filter LedgerTests` records what passes now.
@Suite("scenarios against the engine")
struct LedgerTests {
  private struct Ledger: Codable, Equatable {
    var passed: Int
    var total: Int
    var failing: [String]
  }

  private static let file = root.appendingPathComponent("docs/conformance/scenarios.json")
  private static let corpus = root.appendingPathComponent("../shared/corpus/execute/scenarios").path

  private func run(_ folder: String) throws -> Ledger {
    var options = ScenarioSuite.Options()
    options.threads = 2
    let suite = ScenarioSuite(try ScenarioFiles.find([folder]), options: options) { (clock: Instant) throws(Status) in
      try PartitionEngine(clock: clock)
    }
    let results = suite.run { _ in }
    let failing = results.filter { !$0.hasPassed }.map(\.id).sorted()
    return Ledger(passed: results.count - failing.count, total: results.count, failing: failing)
  }

  @Test("what passed once passes", arguments: ["own", "corpus"])
  func ledger(set: String) throws {
    guard set == "own" || FileManager.default.fileExists(atPath: Self.corpus) else { return }
    let seen = try run(set == "own" ? root.appendingPathComponent("Tests/Scenarios").path : Self.corpus)
    var recorded = try JSONDecoder().decode([String: Ledger].self, from: Data(contentsOf: Self.file))
    if ProcessInfo.processInfo.environment["LEDGER"] == "write" {
      recorded[set] = seen
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try (encoder.encode(recorded) + Data("\n".utf8)).write(to: Self.file)
    }

    #expect(seen == recorded[set])
  }
}
