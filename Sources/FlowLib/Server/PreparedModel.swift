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
  package let process: Process?
  /// Nil when a finding is an error.
  package let executable: ExecutableProcess?

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let read = readDefinitions(bytes)
    isWellFormed = read.ok
    counts = read.counts
    definitions = read.definitions
    var findings = read.findings
    guard let definitions = read.definitions else {
      self.findings = findings
      (process, executable) = (nil, nil)
      return
    }
    findings += validate(definitions)
    process = definitions.deployable
    if process == nil, !findings.hasErrors { findings.append(contentsOf: PreparedModel.several(definitions)) }
    var compiled: ExecutableProcess?
    if let process, !findings.contains(where: { $0.severity == .error }) {
      let result = compile(process, in: definitions)
      findings += result.findings
      let unreachable = result.process.map { PreparedModel.unreachable($0, process) } ?? []
      findings += unreachable
      compiled = unreachable.isEmpty ? result.process : nil
    }
    executable = compiled
    self.findings = findings.sorted { $0.line < $1.line }
  }

  private static func several(_ definitions: Definitions) -> [Finding] {
    let ids = definitions.candidates.map(\.id).joined(separator: ", ")
    return [
      Finding(
        .error, "several-processes", line: definitions.candidates.dropFirst().first?.line ?? definitions.line,
        "the file has several processes to deploy (\(ids)), and flowd takes one from a file in this version",
        hint: "put each process into a file of its own; `flowctl test` runs it as it is")
    ]
  }

  /// What waits for somebody whom no service of flowd lets in yet: workers, users, senders of messages.
  private static func unreachable(_ executable: ExecutableProcess, _ process: Process) -> [Finding] {
    let lines = Dictionary(process.allNodes.map { ($0.id, $0.line) }) { first, _ in first }
    return executable.elements.filter(\.waitsForSomebody).map { element in
      Finding(
        .error, "not-executable", line: lines[element.id] ?? process.line, element: element.id,
        "\(element.id) waits for a worker, a user or a message, which flowd can not take yet in this version",
        hint: "`flowctl test` runs it; `flowctl help elements` lists what runs")
    }
  }

  package var errors: [Finding] { findings.filter { $0.severity == .error } }

  /// All errors in one text, one a line: what, where, and what to try.
  package var errorText: String {
    errors.map { finding in
      let place = finding.line > 0 ? "line \(finding.line): " : ""
      return place + finding.message + (finding.hint.map { " (\($0))" } ?? "")
    }.joined(separator: "\n")
  }
}

extension ExecutableElement {
  fileprivate var waitsForSomebody: Bool {
    switch kind {
    case .job, .userTask: true
    case .adHocSubProcess(let definition): definition.active == nil
    case .startEvent, .catchEvent, .boundaryEvent:
      more.events.contains { event in
        if case .message = event { return true }
        return false
      }
    case .endEvent, .task, .serviceTask, .script, .throwEvent, .exclusiveGateway, .parallelGateway, .inclusiveGateway, .complexGateway,
      .eventBasedGateway, .subProcess, .eventSubProcess, .transaction, .callActivity:
      false
    }
  }
}
