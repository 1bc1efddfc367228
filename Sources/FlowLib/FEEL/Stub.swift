import FlowCore
package struct EvaluationError: Error, CustomStringConvertible { package let description: String }
package struct ExpressionError: Error { package let message: String; package let hint: String? }
package struct CompiledExpression: Sendable {
  package init(feel: String) throws(ExpressionError) {}
  package init(python: String) throws(ExpressionError) {}
  package func condition(over body: JSON) throws(EvaluationError) -> Bool { true }
}
