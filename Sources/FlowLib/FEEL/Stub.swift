import FlowCore
package struct EvaluationError: Error, CustomStringConvertible { package let description: String }
package struct ExpressionError: Error { package let message: String }
package struct CompiledExpression: Sendable {
  package func condition(over body: JSON) throws(EvaluationError) -> Bool { true }
}
