import FlowCommandLine
import FlowCommandLine
import FlowCore
import FlowFEEL
import FlowRuntime

/// The evaluator behind `feel`.
enum FeelEvaluation {
  struct Answer {
    let value: JSON
    /// Why parts of it are null.
    let notes: [Diagnostic]
    /// What may have been meant by names that nobody knows.
    let hints: [String]
  }

  /// An expression that gave no value, with the place that its text has to be looked at.
  struct Problem: Error {
    let failure: Failure
    let offset: Int
  }

  /// - Parameter input: when there is one the expression is unary tests against it.
  static func value(of text: String, context: JSON, input: JSON?) throws(Problem) -> Answer {
    let names = context.object?.names ?? []
    let compiled: CompiledExpression
    do throws(ExpressionError) {
      compiled =
        input == nil
        ? try CompiledExpression(feel: text, variables: names) : try CompiledExpression(unaryTests: text, variables: names)
    } catch {
      let failure = Failure(ExitCode.invalidDocument, "the expression can not be read", why: "\(error)")
      throw Problem(failure: failure, offset: error.offset)
    }
    do throws(EvaluationError) {
      let result = try compiled.explain(scope(context, input))
      return Answer(value: result.value.json, notes: result.diagnostics, hints: hints(compiled, names))
    } catch {
      throw Problem(failure: Failure(ExitCode.negative, "the expression has no value", why: "\(error)"), offset: error.offset)
    }
  }

  private static func hints(_ compiled: CompiledExpression, _ names: [String]) -> [String] {
    let functions = compiled.unknownFunctions.compactMap { Suggestion.hint(for: $0, among: Builtin.allCases.map(\.rawValue)) }
    let unknown = compiled.names.filter { !names.contains($0) }
    return functions + unknown.compactMap { Suggestion.hint(for: $0, among: names) }
  }

  /// The line of the text and a caret under the place.
  static func pointer(to offset: Int, in text: String) -> String {
    let excerpt = Excerpt(of: text, at: offset)
    let width = Printable.line(excerpt.before).columns
    return "       \(Printable.line(excerpt.line))\n       \(String(repeating: " ", count: width))^"
  }

  private static func scope(_ context: JSON, _ input: JSON?) -> EvaluationScope {
    var values = FlowFEEL.Context()
    for (name, value) in context.object?.members ?? [] { values.set(name, Value(value)) }
    return EvaluationScope(values: values, input: input.map { Value($0) }, now: .now, zones: SystemZones.offsets)
  }

  /// Lines for each case that failed, and last `N passed, N failed`.
  static func run(cases text: String) -> (failed: Int, lines: [String]) {
    let outcome = CaseRunner(zones: SystemZones.offsets).run(jsonl: text)
    return (outcome.failed, outcome.lines)
  }
}
