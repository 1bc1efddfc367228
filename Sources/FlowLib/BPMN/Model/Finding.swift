import FlowCore

/// Something about a model that its author should know: what, why, and what to try.
package struct Finding: Sendable, Equatable {
  /// An error can not be deployed, a warning hardly does what was meant, a note may well be as it should.
  package enum Severity: String, Sendable, CaseIterable { case error, warning, note }

  /// Stable and in kebab case: `dangling-target`.
  package var code: String
  package var severity: Severity
  /// Line in the BPMN file; 0 when the finding is about the file as a whole.
  package var line: Int
  /// Id of the element, if it has one.
  package var element: String?
  package var message: String
  package var hint: String?

  package init(
    _ severity: Severity, _ code: String, line: Int = 0, element: String? = nil, _ message: String, hint: String? = nil
  ) {
    self.code = code
    self.severity = severity
    self.line = line
    self.element = element.map(oneLine)
    self.message = oneLine(message)
    self.hint = hint.map(oneLine)
  }
}

/// Names come from the file: no line breaks and no control characters that a terminal would obey, and no endless ones.
private func oneLine(_ text: String) -> String {
  let isPlain = text.utf8.count <= Limits.findingText && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
  if isPlain { return text }
  var line = String.UnicodeScalarView()
  var count = 0
  for scalar in text.unicodeScalars {
    count += 1
    guard count <= Limits.findingText else { return String(line) + "…" }
    let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
    line.append(isControl || scalar == "\u{2028}" || scalar == "\u{2029}" ? " " : scalar)
  }
  return String(line)
}
