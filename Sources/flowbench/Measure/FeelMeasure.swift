import FlowCore
import FlowFEEL

/// What a condition costs over variables that are still encoded, as a gateway evaluates it.
struct FeelMeasure {
  private let bench: Bench

  init(_ bench: Bench) { self.bench = bench }

  private static let variables: [String: [UInt8]] = [
    "x": "7", "status": "\"open\"",
    "order": #"{"id": "A-17", "status": "open", "customer": {"name": "Ada", "zip": 12345}, "lines": [{"n": 1}, {"n": 2}, {"n": 3}]}"#,
  ].mapValues { Array($0.utf8) }

  private static let conditions = [
    "x > 5", "status = \"open\"", "x > 5 and status = \"open\"", "order.customer.zip = 12345", "x + 1 > 5", "sum(order.lines.n) > 5",
  ]

  func run() throws(BenchFailure) {
    for text in FeelMeasure.conditions {
      let ns: Double
      do throws(FeelFailure) { ns = try nanoseconds(text) } catch { throw BenchFailure("\(text): \(error.description)") }
      bench.report.line("feel \(text)", ns, "ns")
      if text == "x > 5" { bench.report.check(Verdict("feel \(text)", ns, .atMost, 200, "ns")) }
    }
  }

  private struct FeelFailure: Error, CustomStringConvertible {
    let description: String
  }

  /// CPU time of one evaluation, fetching the variable included; best of five rounds.
  private func nanoseconds(_ text: String) throws(FeelFailure) -> Double {
    let compiled: CompiledExpression
    do throws(ExpressionError) { compiled = try CompiledExpression(feel: text) } catch { throw FeelFailure(description: "\(error)") }
    let variables = FeelMeasure.variables
    let count = bench.isQuick ? 2_000 : 100_000
    var (best, holds) = (Double.infinity, true)
    for _ in 0..<5 {
      let begun = Gauge.threadCPU
      for _ in 0..<count {
        // A scope is made for every decision, so it is part of the price.
        let scope = EvaluationScope { variables[$0] }
        do throws(EvaluationError) {
          holds = try compiled.condition(in: scope) && holds
        } catch {
          throw FeelFailure(description: "\(error)")
        }
      }
      best = min(best, Double(Gauge.threadCPU - begun) / Double(count))
    }
    guard holds else { throw FeelFailure(description: "does not hold") }
    return best
  }
}
