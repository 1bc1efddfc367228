import FlowCore

/// Why a value became null, where.
package struct Diagnostic: Sendable, Equatable, CustomStringConvertible {
  package let message: String
  /// Bytes from the start of the text.
  package let offset: Int
  package let line: Int
  package let column: Int

  package var description: String { "\(line):\(column): \(message)" }
}

/// Why an expression has no value at all.
package struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    /// The step or memory budget is used up.
    case exhausted
    /// A Python expression met a value that it can not work on.
    case value
    /// A condition was neither true nor false.
    case notBoolean
    /// What `assert` was told to make sure of does not hold.
    case assertion
  }

  package let reason: Reason
  package let message: String
  package let offset: Int
  package var line: Int
  package var column: Int

  init(_ reason: Reason, _ message: String, at offset: Int) {
    self.reason = reason
    self.message = message
    self.offset = offset
    line = 1
    column = offset + 1
  }

  /// With line and column filled in.
  func located(in text: String) -> EvaluationError {
    var error = self
    (error.line, error.column) = Place.of(offset, in: text)
    return error
  }

  package var description: String { "\(line):\(column): \(message)" }
}

/// What an expression gave, and why parts of it are null.
package struct Evaluation: Sendable {
  package let value: Value
  package let diagnostics: [Diagnostic]
  /// An assertion that did not hold; the value is null for who only wants to look.
  package var failure: EvaluationError?
}

/// What one evaluation may use up.
package struct Budget: Sendable {
  package var steps: Int
  package var bytes: Int

  package init(steps: Int = Limits.expressionSteps, bytes: Int = Limits.expressionBytesBuilt) {
    self.steps = steps
    self.bytes = bytes
  }
}
