import FlowBPMN
import FlowCore

/// What reading a file gave.
package struct ReadResult: Sendable {
  /// True exactly when the bytes are namespace-well-formed XML without document type, within the bounds, and the root is
  /// BPMN's `definitions`. A process that can not run, or none at all, is still `ok`.
  package var ok: Bool { definitions != nil }
  package var definitions: Definitions?
  package var counts = Counts()
  /// What the reader noticed: why the file was refused, and what is wrong in annotations. `validate` tells the rest.
  package var findings: [Finding] = []
}

/// Reads a BPMN 2.0 file with its dialects. Never traps and always ends, whatever the bytes are.
///
/// - Source: OMG BPMN 2.0.2, chapter 15.
package func readDefinitions(_ bytes: [UInt8]) -> ReadResult {
  let root: Element
  let counts: Counts
  do {
    (root, counts) = try readTree(bytes)
  } catch {
    return ReadResult(findings: [Finding(.error, error.code, line: error.line, error.message, hint: error.hint)])
  }
  guard root.name == "definitions", root.namespace == Namespace.bpmn else { return ReadResult(findings: [notBPMN(root)]) }
  var reader = DefinitionsReader()
  let definitions = reader.read(root)
  return ReadResult(definitions: definitions, counts: counts, findings: Array(reader.findings.prefix(Limits.findings)))
}

private func notBPMN(_ root: Element) -> Finding {
  let namespace = root.namespace == .none ? "no namespace" : "the namespace \(root.namespace.uri)"
  return Finding(
    .error, "not-bpmn", line: root.line, "the root element is '\(root.name)' of \(namespace), not BPMN's definitions",
    hint: "the root must be definitions of \(Namespace.bpmn.uri)")
}
