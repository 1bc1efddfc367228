import Foundation
import Testing

/// The house as it stands. `scripts/check` runs these; RulesTests shows that they can fail.
@Suite("the house is tidy")
struct TidyTests {
  @Test("the files are there to be read")
  func filesAreFound() {
    #expect(Repository.sources.count > 10)
    #expect(Repository.everything.contains { $0.path == "README.md" })
  }

  @Test("no function is longer than 70 lines")
  func functions() { expectNone(Rules.longFunctions(Repository.swift)) }

  @Test("no file is longer than 600 lines")
  func files() { expectNone(Rules.longFiles(Repository.swift)) }

  @Test("every @unchecked Sendable says why it is safe")
  func unchecked() { expectNone(Rules.uncheckedWithoutReason(Repository.swift.filter { !$0.path.hasPrefix("Tests/TidyTests/") })) }

  @Test("no error is swallowed and nothing is unwrapped by force outside tests")
  func swallowed() { expectNone(Rules.swallowedErrors(Repository.sources)) }

  @Test("no work is left over without an issue")
  func leftOver() { expectNone(Rules.workWithoutIssue(Repository.swift.filter { !$0.path.hasPrefix("Tests/TidyTests/") })) }

  @Test("the pure modules know no clock, no randomness, no async and no world")
  func pure() { expectNone(Rules.impure(Repository.sources)) }

  @Test("each C library is imported behind one wall")
  func walls() { expectNone(Rules.importsPastTheWall(Repository.swift)) }

  @Test("no file names a path of one machine")
  func machinePaths() { expectNone(Rules.machinePaths(Repository.everything)) }

  private func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
    for finding in findings { Issue.record(Comment(rawValue: finding.description), sourceLocation: sourceLocation) }
  }
}
