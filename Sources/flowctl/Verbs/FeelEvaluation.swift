import FlowCore

/// The evaluator behind `feel`.
enum FeelEvaluation {
  /// - Parameter input: when there is one the expression is unary tests against it.
  static func value(of expression: String, context: JSON, input: JSON?) throws(Failure) -> JSON {
    throw Failure(ExitCode.negative, "can not evaluate", why: "this build has no FEEL in flowctl")
  }

  /// Runs one case of a case file: `expr`, `kind` (`expression` or `unary` with `input`), `context`, `expected`.
  ///
  /// - Returns: what is wrong; nil when the case passes.
  static func problem(ofCase json: JSON) -> String? { "this build has no FEEL in flowctl" }
}
