/// One node of the tree that both languages share, and where it stands in the text.
package struct Expression: Sendable {
  package let kind: Kind
  /// Bytes from the start of the text.
  package let offset: Int

  init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// Chains (`a + b - c`, `a and b and c`) are one node with many operands, so that long expressions are not deep ones.
  package indirect enum Kind: Sendable {
    case literal(Value)
    /// A literal in a named time zone, which the scope has to know.
    case zoned(Value)
    case name(String)
    case list([Expression])
    case context([ContextEntry])
    case path(Expression, String)
    case filter(Expression, Expression)
    case call(Expression, [Argument])
    case function([Parameter], body: Expression)
    case negate(Expression)
    case arithmetic(Expression, [ArithmeticStep])
    case all([Expression])
    case any([Expression])
    case compare(Comparison, Expression, Expression)
    case between(Expression, low: Expression, high: Expression)
    case within(Expression, [Test])
    case conditional(Expression, then: Expression, otherwise: Expression)
    /// `partial` says that the body reads the results so far.
    case each([Iteration], Expression, partial: Bool)
    case quantified(Quantifier, [Iteration], Expression)
    case instance(Expression, TypeReference)
    case range(low: Expression?, high: Expression?, includesLow: Bool, includesHigh: Bool)
    case tests([Test], negated: Bool)
    case python(PythonNode)
  }
}

package struct ContextEntry: Sendable {
  let name: String
  let value: Expression
}

/// A parameter of a written function; without a type it takes anything.
package struct Parameter: Sendable {
  let name: String
  let type: TypeReference?
}

package struct Argument: Sendable {
  let name: String?
  let value: Expression
}

package enum ArithmeticOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case power = "**"
}

package struct ArithmeticStep: Sendable {
  let op: ArithmeticOperator
  let operand: Expression
  let offset: Int
}

package enum Comparison: String, Sendable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

package enum Quantifier: Sendable { case some, every }

/// `x in list`, or with `through` the numbers or days `x in from..through`.
package struct Iteration: Sendable {
  let name: String
  let source: Expression
  let through: Expression?
}

/// One test of a unary test list or of `in (…)`.
package enum Test: Sendable {
  /// `-`: everything passes.
  case anything
  case compare(Comparison, Expression)
  /// A value to equal, a list or range to be in, or a condition over `?`.
  case value(Expression, mentionsInput: Bool)
}

/// A type as `instance of` names it.
package indirect enum TypeReference: Sendable {
  case any, null, boolean, number, string, date, time, dateTime, daysTime, yearsMonths, anyList, anyContext, anyFunction, anyRange
  case list(TypeReference)
  case range(TypeReference)
  case context([(name: String, type: TypeReference)])
  case function([TypeReference], result: TypeReference)
  case unknown(String)

  /// As it is written, without its parameters.
  var name: String {
    switch self {
    case .any: "Any"
    case .null: "Null"
    case .boolean: "boolean"
    case .number: "number"
    case .string: "string"
    case .date: "date"
    case .time: "time"
    case .dateTime: "date and time"
    case .daysTime: "days and time duration"
    case .yearsMonths: "years and months duration"
    case .anyList, .list: "list"
    case .anyContext, .context: "context"
    case .anyFunction, .function: "function"
    case .anyRange, .range: "range"
    case .unknown(let name): name
    }
  }

  var hasParameters: Bool {
    switch self {
    case .list, .context, .function, .range: true
    case .any, .null, .boolean, .number, .string, .date, .time, .dateTime, .daysTime, .yearsMonths, .anyList, .anyContext, .anyFunction,
      .anyRange, .unknown:
      false
    }
  }

  /// A name in it that is no type's; a type that is unknown has no instances, and no other values either.
  var unknownName: String? {
    switch self {
    case .unknown(let name): name
    case .list(let inner), .range(let inner): inner.unknownName
    case .context(let members): members.lazy.compactMap { $0.type.unknownName }.first
    case .function(let types, let result): (types + [result]).lazy.compactMap { $0.unknownName }.first
    case .any, .null, .boolean, .number, .string, .date, .time, .dateTime, .daysTime, .yearsMonths, .anyList, .anyContext, .anyFunction,
      .anyRange:
      nil
    }
  }
}

/// Where Python means something else than FEEL, the tree says so.
package indirect enum PythonNode: Sendable {
  case subscripted(Expression, Expression)
  case get(Expression, key: Expression, otherwise: Expression?)
  case method(PythonMethod, Expression, [Expression])
  case function(PythonFunction, [Expression])
  case compare(Expression, [PythonComparisonStep])
  case arithmetic(Expression, [PythonArithmeticStep])
  case negate(Expression)
  case plus(Expression)
  case not(Expression)
  case all([Expression])
  case any([Expression])
  case conditional(Expression, then: Expression, otherwise: Expression)
  case dictionary([(key: Expression, value: Expression)])
}

package enum PythonMethod: String, Sendable { case lower, upper, strip, startswith, endswith }

package enum PythonFunction: String, Sendable { case len, str, int, float, bool, abs, min, max }

package enum PythonComparison: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case within = "in"
  case notWithin = "not in"
  case identical = "is"
  case notIdentical = "is not"
}

package struct PythonComparisonStep: Sendable {
  let op: PythonComparison
  let operand: Expression
  let offset: Int
}

package enum PythonArithmeticOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"
}

package struct PythonArithmeticStep: Sendable {
  let op: PythonArithmeticOperator
  let operand: Expression
  let offset: Int
}
