import FlowCore
import FlowFEEL
import Foundation
import Testing

/// A row of a table: the expression, and the value as JSON writes it; temporal values are their texts.
struct Row: Sendable, CustomTestStringConvertible {
  let text: String
  let expected: String
  let line: Int

  var testDescription: String { text }
}

/// Lines of the form `expression  =>  value`.
func rows(_ table: String) -> [Row] {
  table.split(separator: "\n").enumerated().compactMap { line, text in
    guard let arrow = text.range(of: "  =>  ") else { return nil }
    return Row(text: String(text[..<arrow.lowerBound]), expected: String(text[arrow.upperBound...]), line: line + 1)
  }
}

/// The value over the zones of this machine; `unread` when the text is no expression.
func standard(_ text: String, _ variables: JSON = [:]) throws -> String {
  let names = variables.object?.names ?? []
  let compiled: CompiledExpression
  do { compiled = try CompiledExpression(feel: text, variables: names) } catch { return "unread" }
  let scope = EvaluationScope(payload: variables, now: Instant(milliseconds: 1_784_108_445_123), zones: systemZones)
  return try compiled.explain(scope).value.json.text
}
