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

/// Over parsed variables and over encoded ones.
private func run(_ expression: CompiledExpression?) {
  guard let expression else { return }
  _ = try? expression.condition(over: payload, now: Instant(milliseconds: 0))
  _ = try? expression.explain(EvaluationScope(zones: zones) { documents[$0] ?? (expression.names.contains($0) ? nil : []) })
}
