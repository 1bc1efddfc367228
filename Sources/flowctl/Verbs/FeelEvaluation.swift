import FlowCommandLine
import FlowCore
import FlowFEEL
import FlowRuntime

/// The evaluator behind `feel`.
enum FeelEvaluation {
  /// - Parameter input: when there is one the expression is unary tests against it.
  /// - Returns: the value, and why parts of it are null.
  static func value(of text: String, context: JSON, input: JSON?) throws(Failure) -> (value: JSON, notes: [String]) {
    let compiled: CompiledExpression
    do throws(ExpressionError) {
      compiled = input == nil ? try CompiledExpression(feel: text) : try CompiledExpression(unaryTests: text)
    } catch {
      throw Failure(ExitCode.invalidDocument, "the expression can not be read", why: "\(error)")
    }
    do throws(EvaluationError) {
      let result = try compiled.explain(scope(context, input))
      return (result.value.json, result.diagnostics.map(\.description))
    } catch {
      throw Failure(ExitCode.negative, "the expression has no value", why: "\(error)")
    }
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
