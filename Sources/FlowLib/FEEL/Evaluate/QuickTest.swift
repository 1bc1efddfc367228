import FlowCore

/// Conditions as most models have them (`x > 5`, `order.status = "ok" and total < 10`), decided on encoded JSON without a tree's walk.
///
/// It knows only what needs no explanation. Nil means that the evaluator has to look: a variable is missing or of another type.
enum QuickTest: Sendable {
  case compare(QuickComparison)
  case all([QuickComparison])
  case any([QuickComparison])

  init?(_ tree: Expression) {
    if case .all(let parts) = tree.kind, let tests = QuickTest.comparisons(parts) {
      self = .all(tests)
    } else if case .any(let parts) = tree.kind, let tests = QuickTest.comparisons(parts) {
      self = .any(tests)
    } else if let test = QuickComparison(tree) {
      self = .compare(test)
    } else {
      return nil
    }
  }

  private static func comparisons(_ parts: [Expression]) -> [QuickComparison]? {
    guard parts.count <= 8 else { return nil }
    let tests = parts.compactMap { QuickComparison($0) }
    return tests.count == parts.count ? tests : nil
  }

  func verdict(_ source: EvaluationScope.Lookup) -> Bool? {
    switch self {
    case .compare(let test): return test.verdict(source)
    case .all(let tests): return QuickTest.connect(tests, source, decisive: false)
    case .any(let tests): return QuickTest.connect(tests, source, decisive: true)
    }
  }

  private static func connect(_ tests: [QuickComparison], _ source: EvaluationScope.Lookup, decisive: Bool) -> Bool? {
    for test in tests {
      guard let verdict = test.verdict(source) else { return nil }
      if verdict == decisive { return decisive }
    }
    return !decisive
  }
}

/// A variable, or a member of it, beside a literal.
struct QuickComparison: Sendable {
  private enum Literal: Sendable {
    case integer(Int64)
    case text([UInt8])
    case boolean(Bool)
  }

  private let name: String
  private let path: [String]
  private let op: Comparison
  private let literal: Literal

  init?(_ tree: Expression) {
    guard case .compare(let op, let left, let right) = tree.kind else { return nil }
    guard let (name, path) = left.variablePath, case .literal(let value) = right.kind else { return nil }
    switch value {
    case .number(let number):
      guard let integer = number.int64 else { return nil }
      literal = .integer(integer)
    case .string(let text):
      guard op == .equal || op == .notEqual else { return nil }
      literal = .text(Array(text.utf8))
    case .boolean(let flag):
      guard op == .equal || op == .notEqual else { return nil }
      literal = .boolean(flag)
    case .null, .list, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: return nil
    }
    // The input of unary tests is no variable.
    guard name != "?" else { return nil }
    (self.name, self.path, self.op) = (name, path, op)
  }

  func verdict(_ source: EvaluationScope.Lookup) -> Bool? {
    guard let bytes = source(name) else { return nil }
    let document = EncodedJSON(bytes)
    guard let range = path.isEmpty ? document.whole : document.member(path), let first = range.first else { return nil }
    switch literal {
    case .integer(let wanted):
      guard let value = document.integer(range) else { return nil }
      return Evaluator.holds(op, value < wanted ? -1 : value == wanted ? 0 : 1)
    case .text(let wanted):
      guard bytes[first] == UInt8(ascii: "\"") else { return nil }
      let text = bytes[first + 1..<range.upperBound - 1]
      guard !text.contains(UInt8(ascii: "\\")) else { return nil }
      return text.elementsEqual(wanted) == (op == .equal)
    case .boolean(let wanted):
      guard case .boolean(let value)? = document.scalar(range) else { return nil }
      return (value == wanted) == (op == .equal)
    }
  }
}

extension Expression {
  /// The variable and the names behind it in `order.address.city`; nil for anything else.
  var variablePath: (name: String, path: [String])? {
    var path: [String] = []
    var current = self
    while case .path(let base, let name) = current.kind {
      path.append(name)
      current = base
    }
    guard case .name(let name) = current.kind else { return nil }
    return (name, path.reversed())
  }
}
