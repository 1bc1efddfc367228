import FlowCore
import FlowFEEL

/// libFuzzer's entry: reads the bytes as each kind of expression and evaluates what is one. Errors are fine; a crash or a hang is a find.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExpression(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  let payload: JSON = ["a": ["b": [1, 2, "x"]], "n": 2, "items": [["price": 1.5]], "s": "text"]
  let budget = Budget(steps: 10_000, bytes: 1 << 20)

  if let expression = try? CompiledExpression(feel: text) {
    let result = try? expression.explain(EvaluationScope(payload: payload), budget: budget)
    _ = result?.value.json.text
  }
  if let tests = try? CompiledExpression(unaryTests: text) {
    _ = try? tests.explain(EvaluationScope(values: Context("a", Value(payload)), input: Value(JSON.int(3))), budget: budget)
  }
  if let condition = try? CompiledExpression(python: text) {
    _ = try? condition.explain(EvaluationScope(payload: ["req_json": payload]), budget: budget)
  }
  _ = CaseRunner().run(jsonl: text)
  return 0
}
