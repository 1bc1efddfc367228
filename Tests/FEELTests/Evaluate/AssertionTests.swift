import FlowCore
import Testing

@testable import FlowFEEL

@Suite struct AssertionTests {
  @Test("an assertion that does not hold is null for who looks, and an error for who needs the value")
  func nullOrError() throws {
    let expression = try CompiledExpression(feel: "assert(x, x != null, \"x is needed\")")
    let scope = EvaluationScope(payload: [:])

    #expect(try expression.explain(scope).value.isNull)
    #expect(try expression.explain(scope).failure?.message == "x is needed")
    let error = #expect(throws: EvaluationError.self) { try expression.evaluate(scope) }
    #expect(error?.reason == .assertion)
    #expect(throws: EvaluationError.self) { try expression.condition(in: scope) }
  }

  @Test("an assertion that holds, or is not come to, is no error")
  func holds() throws {
    let scope = EvaluationScope(payload: ["x": 1])

    #expect(try CompiledExpression(feel: "assert(x, x > 0)").evaluate(scope).json == 1)
    #expect(try CompiledExpression(feel: "if x > 0 then 2 else assert(x, false)").evaluate(scope).json == 2)
  }

  @Test("a failed assertion is not hidden by what is around it")
  func notHidden() throws {
    let expression = try CompiledExpression(feel: "get or else(assert(x, false), 5)")

    #expect(throws: EvaluationError.self) { try expression.evaluate(EvaluationScope(payload: ["x": 1])) }
  }

  @Test("other errors of FEEL stay null")
  func others() throws {
    #expect(try CompiledExpression(feel: "1 + \"a\"").evaluate(EvaluationScope(payload: [:])).isNull)
  }
}
