import FlowBPMN
import FlowBPMNRead
import Foundation
import Testing

@Suite struct DumpTests {
  @Test func dump() throws {
    var out = ""
    for file in Corpus.files("rexflow") + Corpus.files("parse/files") + Corpus.files("execute/models") {
      let result = try Corpus.read(file)
      out += "== \(file) \(result.ok) \(result.counts) \(result.definitions?.processes.first?.deploymentID ?? "-") \(result.definitions?.processes.first?.digest.prefix(8) ?? "")\n"
      for finding in result.findings + (result.definitions.map { validate($0) } ?? []) {
        out += "   \(finding.severity) \(finding.code) \(finding.line) \(finding.element ?? "-"): \(finding.message) (\(finding.hint ?? ""))\n"
      }
    }
    try out.write(toFile: "/tmp/bpmn-dump.txt", atomically: true, encoding: .utf8)
  }
}
