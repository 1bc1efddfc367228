/// Something about a model that its author should know: what, why, and what to try.
package struct Finding: Sendable, Equatable {
  package enum Severity: String, Sendable { case error, warning }

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
    self.element = element
    self.message = message
    self.hint = hint
  }
}
