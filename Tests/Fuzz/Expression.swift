import FlowCore
import FlowFEEL

private let payload: JSON = ["a": 1, "b": "text", "list": [1, 2, 3], "nested": ["c": nil]]

/// Both languages: the first byte chooses. Reading never traps, evaluating ends within its budget.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExpression(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let all = UnsafeBufferPointer(start: bytes, count: count)
  guard let choice = all.first, let text = String(validating: all.dropFirst(), as: UTF8.self) else { return 0 }
  switch choice % 3 {
  case 0: run(try? CompiledExpression(feel: text))
  case 1: run(try? CompiledExpression(unaryTests: text))
  default: run(try? CompiledExpression(python: text))
  }
  return 0
}

private let documents = [
  "a": "1", "b": "\"text\"", "list": "[1, 2, 3]", "nested": "{\"c\": {\"d\": null}, \"c\": [1]}", "broken": "{\"a\": [1",
]
.mapValues { Array($0.utf8) }

private let zones = ZoneOffsets { name, local in ["UTC": 0, "Europe/Berlin": local > 0 ? 7_200 : 3_600][name] }

/// A fifth of the steps that an expression has: under the sanitizer one takes thirty times as long.
private let budget = Budget(steps: 20_000, bytes: 4 << 20)

/// Over parsed variables and over encoded ones.
private func run(_ expression: CompiledExpression?) {
  guard let expression else { return }
  _ = try? expression.explain(EvaluationScope(payload: payload), budget: budget)
  let scope = EvaluationScope(input: .null, zones: zones) { documents[$0] ?? (expression.names.contains($0) ? nil : []) }
  _ = try? expression.explain(scope, budget: budget)
}
