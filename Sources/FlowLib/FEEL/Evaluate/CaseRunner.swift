import FlowCore

/// Runs case files: one JSON object a line with `id`, `kind`, `expr`, `context`, `expected` and for unary tests `input`.
package struct CaseRunner {
  package struct Outcome: Sendable {
    package var passed = 0
    package var failed = 0
    /// One line for each case that failed, then `N passed, N failed`.
    package var lines: [String] = []
  }

  package let zones: ZoneOffsets
  package let now: Instant

  package init(zones: ZoneOffsets = .utcOnly, now: Instant = Instant(milliseconds: 1_700_000_000_000)) {
    self.zones = zones
    self.now = now
  }

  package func run(jsonl text: String) -> Outcome {
    var outcome = Outcome()
    for (number, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      let problem = run(line: Array(line))
      if let problem {
        outcome.failed += 1
        outcome.lines.append("line \(number + 1): \(problem)")
      } else {
        outcome.passed += 1
      }
    }
    outcome.lines.append("\(outcome.passed) passed, \(outcome.failed) failed")
    return outcome
  }

  /// Nil when the case passes, else what was wrong.
  private func run(line: [UInt8]) -> String? {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: line) } catch { return "\(error)" }
    let id = json["id"]?.string ?? "?"
    guard let text = json["expr"]?.string, let expected = json["expected"] else { return "\(id): no 'expr' or no 'expected'" }
    let wanted = Value(tagged: expected)
    let (seen, why) = evaluate(text, json)
    guard !CaseRunner.agree(seen, wanted) else { return nil }
    return "\(id): \(JSON.quote(text)) expected \(wanted.shown), gave \(seen.shown)" + (why.isEmpty ? "" : " (\(why))")
  }

  /// What cannot be read or evaluated is null, as the corpus has it.
  private func evaluate(_ text: String, _ json: JSON) -> (Value, String) {
    var values = Context()
    for (name, value) in json["context"]?.object?.members ?? [] { values.set(name, Value(tagged: value)) }
    let isUnary = json["kind"]?.string == "unary"
    let scope = EvaluationScope(values: values, input: isUnary ? Value(tagged: json["input"] ?? .null) : nil, now: now, zones: zones)
    let compiled: CompiledExpression
    do throws(ExpressionError) {
      compiled =
        isUnary
        ? try CompiledExpression(unaryTests: text, variables: values.names) : try CompiledExpression(feel: text, variables: values.names)
    } catch {
      return (.null, "\(error)")
    }
    do throws(EvaluationError) {
      let result = try compiled.explain(scope)
      return (result.value, result.diagnostics.first?.description ?? "")
    } catch {
      return (.null, "\(error)")
    }
  }

  /// Numbers within 1e-8 of each other; zoned values by instant when both zones are offsets, else as written.
  private static func agree(_ seen: Value, _ wanted: Value) -> Bool {
    switch (seen, wanted) {
    case (.null, .null): return true
    case (.number(let a), .number(let b)):
      guard a != b else { return true }
      let (x, y) = (a.double, b.double)
      return abs(x - y) <= 1e-8 * max(abs(x), abs(y))
    case (.list(let a), .list(let b)): return a.count == b.count && zip(a.items, b.items).allSatisfy { agree($0, $1) }
    case (.context(let a), .context(let b)):
      return a.count == b.count && a.names.allSatisfy { name in a[name].flatMap { x in b[name].map { agree(x, $0) } } ?? false }
    case (.boolean, _), (.string, _), (.date, _), (.time, _), (.dateTime, _), (.daysTime, _), (.yearsMonths, _), (.range, _):
      var evaluator = Evaluator(scope: EvaluationScope(values: Context()), budget: Budget())
      do throws(EvaluationError) { return try evaluator.equal(seen, wanted) == true } catch { return false }
    default: return false
    }
  }
}

/// Runs a case file's text; `flowctl feel --cases FILE`.
package func runCases(jsonl text: String, zones: ZoneOffsets = .utcOnly) -> (passed: Int, failed: Int, lines: [String]) {
  let outcome = CaseRunner(zones: zones).run(jsonl: text)
  return (outcome.passed, outcome.failed, outcome.lines)
}

extension Value {
  /// A value of a case file: temporal values and long numbers as `{"@date": "2026-11-20"}`.
  package init(tagged json: JSON) {
    switch json {
    case .object(let object):
      if object.count == 1, let (tag, value) = object.members.first, let text = value.string, let special = Value(tag: tag, text) {
        self = special
        return
      }
      var context = Context()
      for (name, value) in object.members { context.set(name, Value(tagged: value)) }
      self = .context(context)
    case .array(let items): self = .list(items.map { Value(tagged: $0) })
    case .null, .bool, .int, .double, .decimal, .string: self = Value(json)
    }
  }

  private init?(tag: String, _ text: String) {
    let value: Value?
    switch tag {
    case "@date": value = Value.dateText(text).map { .date($0) }
    case "@time": value = Value.timeText(text).map { .time($0) }
    case "@datetime": value = Value.dateTimeText(text).map { .dateTime($0) }
    case "@dtd", "@ymd": value = Value.durationText(text)
    case "@number": value = Number(parsing: text).map { .number($0) }
    default: value = nil
    }
    guard let value else { return nil }
    self = value
  }
}
