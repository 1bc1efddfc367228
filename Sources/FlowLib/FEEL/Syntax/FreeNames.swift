/// The variables that an expression may read: names that nothing inside it binds, functions left out.
///
/// Inside a filter a name may turn out to be an entry of the item; it is counted, since only the values can tell.
struct FreeNames {
  private var found: Set<String> = []
  private var called: Set<String> = []
  /// How many of the expressions around bind a name.
  private var bound: [String: Int] = [:]

  static func of(_ expression: Expression) -> [String] {
    var names = FreeNames()
    names.visit(expression)
    return names.found.sorted()
  }

  /// The names of functions that it calls and does not make itself.
  static func called(by expression: Expression) -> [String] {
    var names = FreeNames()
    names.visit(expression)
    return names.called.sorted()
  }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .literal, .zoned: break
    case .name(let name): if name != "?", bound[name, default: 0] == 0 { found.insert(name) }
    case .list(let items), .all(let items), .any(let items): visit(items)
    case .context(let entries): visit(entries)
    case .path(let base, _), .negate(let base), .instance(let base, _): visit(base)
    case .filter(let base, let condition):
      visit(base)
      visit(condition, binding: ["item"])
    case .call(let callee, let arguments): visitCall(callee, arguments)
    case .function(let parameters, let body): visit(body, binding: parameters.map(\.name))
    case .arithmetic(let first, let steps): visit([first] + steps.map(\.operand))
    case .compare(_, let left, let right): visit([left, right])
    case .between(let value, let low, let high): visit([value, low, high])
    case .within(let value, let tests):
      visit(value)
      visit(tests)
    case .conditional(let condition, let positive, let otherwise): visit([condition, positive, otherwise])
    case .each(let iterations, let body, let partial): visit(iterations, body, partial ? ["partial"] : [])
    case .quantified(_, let iterations, let body): visit(iterations, body, [])
    case .range(let low, let high, _, _): visit([low, high].compactMap { $0 })
    case .tests(let tests, _): visit(tests)
    case .python(let node): visit(node.operands)
    }
  }

  private mutating func bind(_ names: [String], by change: Int) {
    for name in names { bound[name, default: 0] += change }
  }

  private mutating func visit(_ expression: Expression, binding names: [String]) {
    bind(names, by: 1)
    visit(expression)
    bind(names, by: -1)
  }

  private mutating func visit(_ items: [Expression]) {
    for item in items { visit(item) }
  }

  private mutating func visit(_ entries: [ContextEntry]) {
    for entry in entries {
      visit(entry.value)
      bind([entry.name], by: 1)
    }
    bind(entries.map(\.name), by: -1)
  }

  private mutating func visit(_ tests: [Test]) {
    for test in tests {
      switch test {
      case .anything: break
      case .compare(_, let operand), .value(let operand, _): visit(operand)
      }
    }
  }

  private mutating func visit(_ iterations: [Iteration], _ body: Expression, _ others: [String]) {
    bind(others, by: 1)
    for iteration in iterations {
      visit(iteration.source)
      if let through = iteration.through { visit(through) }
      bind([iteration.name], by: 1)
    }
    visit(body)
    bind(others + iterations.map(\.name), by: -1)
  }

  /// A variable holds no function, so the name of one is read nowhere else than in the expression.
  private mutating func visitCall(_ callee: Expression, _ arguments: [Argument]) {
    if case .name(let name) = callee.kind {
      if bound[name, default: 0] == 0 { called.insert(name) }
    } else {
      visit(callee)
    }
    visit(arguments.map(\.value))
  }
}

extension PythonNode {
  var operands: [Expression] {
    switch self {
    case .subscripted(let base, let key): [base, key]
    case .get(let base, let key, let otherwise): [base, key] + (otherwise.map { [$0] } ?? [])
    case .method(_, let base, let arguments): [base] + arguments
    case .function(_, let arguments): arguments
    case .compare(let first, let steps): [first] + steps.map(\.operand)
    case .arithmetic(let first, let steps): [first] + steps.map(\.operand)
    case .negate(let operand), .plus(let operand), .not(let operand): [operand]
    case .all(let parts), .any(let parts): parts
    case .conditional(let condition, let positive, let otherwise): [condition, positive, otherwise]
    case .dictionary(let entries): entries.flatMap { [$0.key, $0.value] }
    }
  }
}
