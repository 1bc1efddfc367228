import FlowBPMN
import FlowBPMNRead
import FlowCore
import FlowEngine

/// A BPMN file, read, checked and compiled: what `validate` tells and `apply` deploys.
package struct PreparedModel: Sendable {
  package let bytes: [UInt8]
  package let isWellFormed: Bool
  package let counts: Counts
  /// All that is to say about the file, errors and warnings, in the order of their lines.
  package let findings: [Finding]
  package let definitions: Definitions?
  /// What is deployed of it, in the order of the file; empty when a finding is an error.
  package let executables: [(process: Process, executable: ExecutableProcess)]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let read = readDefinitions(bytes)
    isWellFormed = read.ok
    counts = read.counts
    definitions = read.definitions
    var findings = read.findings
    guard let definitions = read.definitions else {
      self.findings = findings
      executables = []
      return
    }
    findings += validate(definitions)
    var compiled: [(process: Process, executable: ExecutableProcess)] = []
    for process in findings.hasErrors ? [] : definitions.candidates {
      let result = compile(process, in: definitions)
      findings += result.findings
      if let executable = result.process { compiled.append((process, executable)) }
    }
    executables = findings.hasErrors ? [] : compiled
    self.findings = findings.sorted { $0.line < $1.line }
  }

  /// The first process that is deployed, or would be.
  package var process: Process? { definitions?.candidates.first }
  package var executable: ExecutableProcess? { executables.first?.executable }

  package var errors: [Finding] { findings.filter { $0.severity == .error } }

  /// All errors in one text, one a line: what, where, and what to try.
  package var errorText: String {
    errors.map { finding in
      let place = finding.line > 0 ? "line \(finding.line): " : ""
      return place + finding.message + (finding.hint.map { " (\($0))" } ?? "")
    }.joined(separator: "\n")
  }
}
