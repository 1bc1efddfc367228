import FlowCore

/// Walks the tree once. Errors of FEEL are null with a diagnostic; only a used-up budget and Python's errors end the walk.
struct Evaluator {
  let scope: EvaluationScope
  var budget: Budget
  var notes: [(message: String, offset: Int)] = []
  /// The first assertion that did not hold; the value is null then, and who needs one has an error.
  var failure: EvaluationError?
  /// Variables that were converted from JSON and are worth keeping.
  var converted: [String: Value] = [:]
  /// How often a part was read of a variable that is still encoded.
  var partsRead: [String: Int] = [:]
  /// Where each variable stands in a large payload.
  private var index: [String: Int] = [:]
  var depth = 0
  /// The node that is being worked on; where a built-in's diagnostic points.
  var offset = 0

  /// Diagnostics kept; more would only repeat the first.
  private static let notesMax = 20

  init(scope: EvaluationScope, budget: Budget) {
    self.scope = scope
    self.budget = budget
  }

  // MARK: budget

  mutating func spend(_ steps: Int = 1) throws(EvaluationError) {
    budget.steps -= steps
    guard budget.steps >= 0 else {
      throw EvaluationError(.exhausted, "expression needs more than \(Limits.expressionSteps) steps", at: offset)
    }
  }

  mutating func build(_ bytes: Int) throws(EvaluationError) {
    let (rest, overflow) = budget.bytes.subtractingReportingOverflow(bytes)
    budget.bytes = overflow ? -1 : rest
    guard budget.bytes >= 0 else {
      throw EvaluationError(.exhausted, "expression builds more than \(Limits.expressionBytesBuilt) bytes", at: offset)
    }
  }

  /// A list that the expression made; about 32 bytes an item.
  mutating func made(_ items: [Value]) throws(EvaluationError) -> Value {
    try build(32 * items.count + 32)
    try spend(items.count / 8)
    return try bounded(.list(items))
  }

  mutating func made(_ text: String) throws(EvaluationError) -> Value {
    try build(text.utf8.count + 16)
    return .string(text)
  }

  func bounded(_ value: Value) throws(EvaluationError) -> Value {
    guard value.depth <= Limits.expressionValueDepth else {
      throw EvaluationError(.exhausted, "expression nests values deeper than \(Limits.expressionValueDepth) levels", at: offset)
    }
    return value
  }

  /// Refuses a value that is small only because its parts are shared, before somebody writes it.
  func weigh(_ value: Value, limit: Int = Limits.expressionResultBytes) throws(EvaluationError) {
    guard value.weight <= limit else {
      throw EvaluationError(.exhausted, "value is larger than \(limit) bytes", at: offset)
    }
  }

  // MARK: diagnostics

  /// Null, and why.
  mutating func null(_ message: @autoclosure () -> String) -> Value {
    if notes.count < Evaluator.notesMax { notes.append((message(), offset)) }
    return .null
  }

  func finished(_ value: Value, text: String) -> Evaluation {
    let diagnostics = notes.map { note in
      let (line, column) = Place.of(note.offset, in: text)
      return Diagnostic(message: note.message, offset: note.offset, line: line, column: column)
    }
    return Evaluation(value: value, diagnostics: diagnostics, failure: failure?.located(in: text))
  }

  // MARK: walk

  mutating func evaluate(_ expression: Expression, _ frame: Frame?) throws(EvaluationError) -> Value {
    offset = expression.offset
    try spend()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Limits.expressionCallDepth else {
      throw EvaluationError(.exhausted, "functions call each other deeper than \(Limits.expressionCallDepth) levels", at: offset)
    }
    switch expression.kind {
    case .literal(let value): return value
    case .zoned(let value): return zoned(value) ?? null("no time zone '\(value.zoneName ?? "")'")
    case .name(let name): return try variable(name, frame)
    case .list(let items): return try made(try evaluateAll(items, frame))
    case .context(let entries): return try context(entries, frame)
    case .path(let base, let name):
      if let value = try encodedMember(expression, frame) { return value }
      return try path(try evaluate(base, frame), name, at: expression.offset)
    case .filter(let base, let condition): return try filter(try evaluate(base, frame), condition, frame)
    case .call(let callee, let arguments): return try call(callee, arguments, frame, at: expression.offset)
    case .function(let parameters, let body): return try bounded(.function(.written(parameters: parameters, body: body, frame: frame)))
    case .negate(let operand): return negate(try evaluate(operand, frame), at: expression.offset)
    case .arithmetic(let first, let steps): return try arithmetic(first, steps, frame)
    case .all(let parts): return try connect(parts, frame, decisive: false)
    case .any(let parts): return try connect(parts, frame, decisive: true)
    case .compare(let op, let left, let right): return try comparison(op, left, right, frame, at: expression.offset)
    case .between(let value, let low, let high): return try between(value, low, high, frame, at: expression.offset)
    case .within(let value, let tests): return try within(value, tests, frame, at: expression.offset)
    case .conditional(let condition, let positive, let otherwise):
      return try evaluate(try evaluate(condition, frame).boolean == true ? positive : otherwise, frame)
    case .each(let iterations, let body, let partial): return try each(iterations, body, partial: partial, frame)
    case .quantified(let quantifier, let iterations, let body): return try quantified(quantifier, iterations, body, frame)
    case .instance(let value, let type):
      let value = try evaluate(value, frame)
      if let name = type.unknownName { return null("no type '\(name)'") }
      return .boolean(try conforms(value, type))
    case .range(let low, let high, let includesLow, let includesHigh):
      return try range(low, high, includesLow, includesHigh, frame, at: expression.offset)
    case .tests(let tests, let negated): return try unary(tests, negated: negated, frame)
    case .python(let node): return try python(node, frame, at: expression.offset)
    }
  }

  /// The value, when its zone is known.
  func zoned(_ value: Value) -> Value? {
    guard let name = value.zoneName else { return value }
    return scope.zones.knows(name) ? value : nil
  }

  mutating func evaluateAll(_ items: [Expression], _ frame: Frame?) throws(EvaluationError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(items.count)
    for item in items { values.append(try evaluate(item, frame)) }
    return values
  }

  private mutating func variable(_ name: String, _ frame: Frame?) throws(EvaluationError) -> Value {
    if let value = try known(name, frame) { return value }
    if let builtin = Builtin(name: name) { return .function(.builtin(builtin)) }
    return null("no variable '\(name)'")
  }

  /// The value of a name; nil when nothing has it.
  mutating func known(_ name: String, _ frame: Frame?) throws(EvaluationError) -> Value? {
    if let value = try bound(name, frame) ?? converted[name] { return value }
    if let lookup = scope.lookup { return try encodedVariable(name, lookup) }
    guard let json = member(name) else { return nil }
    let value = Value(json)
    switch json {
    case .array, .object:
      converted[name] = value
      return try bounded(value)
    case .null, .bool, .int, .double, .decimal, .string: return value
    }
  }

  /// The value that the expression itself, or the caller as a value, gave to a name.
  mutating func bound(_ name: String, _ frame: Frame?) throws(EvaluationError) -> Value? {
    if let frame {
      try spend(frame.level / 16)
      if let value = frame.lookup(name) { return value }
    }
    if name == "?", let input = scope.input { return input }
    return scope.values[name]
  }

  /// A variable's document; large payloads are indexed at the first question, small ones searched.
  private mutating func member(_ name: String) -> JSON? {
    guard scope.variables.count > 16 else { return scope.variables[name] }
    if index.isEmpty {
      for (position, member) in scope.variables.members.enumerated() { index[member.name] = position }
    }
    return index[name].map { scope.variables.members[$0].value }
  }

  private mutating func context(_ entries: [ContextEntry], _ frame: Frame?) throws(EvaluationError) -> Value {
    var context = Context()
    for entry in entries {
      // Each entry sees the ones before it.
      let inner = context.count == 0 ? frame : Frame(context, in: frame)
      context.set(entry.name, try evaluate(entry.value, inner))
      try build(64 + entry.name.utf8.count)
      // The frame above keeps a copy of what came before.
      try spend(context.count / 16)
    }
    return try bounded(.context(context))
  }
}
