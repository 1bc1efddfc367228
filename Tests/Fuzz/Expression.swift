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

private func run(_ expression: CompiledExpression?) {
  guard let expression else { return }
  _ = try? expression.condition(over: payload, now: Instant(milliseconds: 0))
}
