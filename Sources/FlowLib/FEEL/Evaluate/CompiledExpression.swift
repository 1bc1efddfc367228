import FlowCore

/// An expression that was read once and may be evaluated often, on any thread.
package struct CompiledExpression: Sendable {
  package let text: String
  package let language: Language
  /// The variables that it may read, sorted; entries of a filter's items may be among them.
  package let names: [String]
  let tree: Expression
  private let quick: QuickTest?

  /// - Parameters:
  ///   - text: an expression of FEEL; a leading `=`, as Zeebe's models have it, is cut.
  ///   - variables: names that are known beforehand, so that `a+b` may be one; names of words alone need not be told.
  package init(feel text: String, variables: [String] = []) throws(ExpressionError) {
    self.init(text, .feel, try Parser.expression(text, names: variables))
  }

  /// - Parameter text: a condition in the safe subset of Python over `req_json`; a leading `python:` is cut.
  package init(python text: String) throws(ExpressionError) {
    self.init(text, .python, try PythonParser.expression(text))
  }

  /// Unary tests of FEEL, as a decision table's cell holds them; the input is the scope's.
  package init(unaryTests text: String, variables: [String] = []) throws(ExpressionError) {
    self.init(text, .feel, try Parser.unaryTests(text, names: variables))
  }

  private init(_ text: String, _ language: Language, _ tree: Expression) {
    self.text = text
    self.language = language
    self.tree = tree
    names = FreeNames.of(tree)
    quick = QuickTest(tree)
  }

  /// Functions that it calls and that FEEL does not have, sorted; what calls them is null.
  package var unknownFunctions: [String] { FreeNames.called(by: tree).filter { Builtin(name: $0) == nil } }

  /// The value, and why parts of it are null.
  ///
  /// - Throws: when the budget is used up, or a Python expression meets a value that it can not work on.
  package func explain(_ scope: EvaluationScope, budget: Budget = Budget()) throws(EvaluationError) -> Evaluation {
    if let quick, let lookup = scope.lookup, let verdict = quick.verdict(lookup) {
      return Evaluation(value: .boolean(verdict), diagnostics: [])
    }
    var evaluator = Evaluator(scope: scope, budget: budget)
    do throws(EvaluationError) {
      let value = try evaluator.evaluate(tree, nil)
      try evaluator.weigh(value)
      return evaluator.finished(value, text: text)
    } catch {
      throw error.located(in: text)
    }
  }

  /// The value that work goes on with.
  ///
  /// - Throws: also when an assertion does not hold.
  package func evaluate(_ scope: EvaluationScope) throws(EvaluationError) -> Value {
    let result = try explain(scope)
    if let failure = result.failure { throw failure }
    return result.value
  }

  /// The value as encoded JSON; bytes are copied as they are where the expression only names a variable or a member of one.
  ///
  /// - Returns: null's four letters where the value is null.
  package func encoded(_ scope: EvaluationScope) throws(EvaluationError) -> [UInt8] {
    if language == .feel, let lookup = scope.lookup, let (name, path) = tree.variablePath, name != "?", let bytes = lookup(name) {
      let document = EncodedJSON(bytes)
      if let range = path.isEmpty ? document.whole : document.member(path) { return Array(bytes[range]) }
    }
    return try evaluate(scope).json.bytes
  }

  /// Whether a sequence flow's condition holds.
  ///
  /// - Parameter payload: an object's members are FEEL's variables; Python sees the whole document as `req_json`.
  /// - Throws: `.notBoolean` when FEEL gives anything but true or false; the message says what came instead and why.
  package func condition(
    over payload: JSON, now: Instant = Instant(milliseconds: 0), zones: ZoneOffsets = .utcOnly
  ) throws(EvaluationError) -> Bool {
    switch language {
    case .python: try condition(in: EvaluationScope(pythonPayload: payload, now: now))
    case .feel: try condition(in: EvaluationScope(payload: payload, now: now, zones: zones))
    }
  }

  /// Whether a condition holds over variables that may still be encoded; Python's body is the variable `req_json`.
  ///
  /// - Throws: `.notBoolean` when FEEL gives anything but true or false; the message says what came instead and why.
  package func condition(in scope: EvaluationScope) throws(EvaluationError) -> Bool {
    if let quick, let lookup = scope.lookup, let verdict = quick.verdict(lookup) { return verdict }
    let result = try explain(scope)
    if let failure = result.failure { throw failure }
    guard language == .feel else { return Evaluator.truth(result.value) }
    if case .boolean(let verdict) = result.value { return verdict }
    let first = result.diagnostics.first
    let reason = result.diagnostics.prefix(3).map(\.message).joined(separator: "; ")
    let message = "condition gives \(result.value.shown) instead of true or false" + (reason.isEmpty ? "" : ": " + reason)
    throw EvaluationError(.notBoolean, message, at: first?.offset ?? 0).located(in: text)
  }
}

/// Evaluates a tree within a budget.
package func evaluate(
  _ expression: CompiledExpression, in scope: EvaluationScope, budget: Budget = Budget()
) throws(EvaluationError) -> Evaluation {
  try expression.explain(scope, budget: budget)
}

extension EvaluationScope {
  init(pythonPayload payload: JSON, now: Instant) {
    self.init(payload: ["req_json": payload], now: now)
  }
}
