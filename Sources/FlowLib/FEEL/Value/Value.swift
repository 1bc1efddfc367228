import FlowCore

/// What an expression works on and yields.
package enum Value: Sendable {
  case null
  case boolean(Bool)
  case number(Number)
  case string(String)
  case list(List)
  /// The large ones stand behind a pointer, so that a list of numbers stays small.
  indirect case context(Context)
  case date(CivilDate)
  case time(CivilTime)
  indirect case dateTime(CivilDateTime)
  /// A days and time duration, in nanoseconds.
  case daysTime(Int128)
  /// A years and months duration, in months.
  case yearsMonths(Int64)
  indirect case range(RangeValue)
  indirect case function(FunctionValue)
}

/// A list that knows how deep its items nest and what they come to, so that no expression can build one that overflows a stack,
/// or one that is small only as long as nobody writes it.
package struct List: Sendable, ExpressibleByArrayLiteral {
  package private(set) var items: [Value]
  package private(set) var depth: Int
  private(set) var weight: Int

  package init(_ items: [Value]) {
    self.items = items
    (depth, weight) = (1, 2)
    for item in items { include(item) }
  }

  package init(arrayLiteral elements: Value...) { self.init(elements) }

  package var count: Int { items.count }

  mutating func append(_ item: Value) {
    items.append(item)
    include(item)
  }

  private mutating func include(_ item: Value) {
    depth = max(depth, item.depth + 1)
    weight = Weight.sum(weight, item.weight)
  }
}

/// About what a value takes as text, in bytes; what is held twice counts twice.
enum Weight {
  /// What is above is the same: too much.
  private static let most = 1 << 40

  static func sum(_ left: Int, _ right: Int) -> Int { min(most, left + right) }
}

/// An interval; a nil end is open to that side.
package struct RangeValue: Sendable {
  package let low: Value
  package let high: Value
  package let includesLow: Bool
  package let includesHigh: Bool
  let depth: Int

  package init(low: Value, high: Value, includesLow: Bool, includesHigh: Bool) {
    self.low = low
    self.high = high
    self.includesLow = includesLow
    self.includesHigh = includesHigh
    depth = max(low.depth, high.depth) + 1
  }
}

/// A function of the language, or one that the expression wrote, with the names it saw.
package enum FunctionValue: Sendable {
  case builtin(Builtin)
  case written(parameters: [Parameter], body: Expression, frame: Frame?)

  /// The functions that exist to be asked about null.
  var expectsNull: Bool {
    switch self {
    case .builtin(.isDefined), .builtin(.getOrElse): true
    case .builtin, .written: false
    }
  }
}

extension Value {
  package static func list(_ items: [Value]) -> Value { .list(List(items)) }

  /// Levels of nesting; 0 for what holds nothing else.
  package var depth: Int {
    switch self {
    case .list(let list): list.depth
    case .context(let context): context.depth
    case .range(let range): range.depth
    case .function(.written(_, _, let frame)): (frame?.depth ?? 0) + 1
    case .function(.builtin), .null, .boolean, .number, .string, .date, .time, .dateTime, .daysTime, .yearsMonths: 0
    }
  }

  /// The named zone of a time; nil for every other value.
  var zoneName: String? {
    switch self {
    case .time(let time): time.zone.name
    case .dateTime(let both): both.time.zone.name
    case .null, .boolean, .number, .string, .list, .context, .date, .daysTime, .yearsMonths, .range, .function: nil
    }
  }

  /// About what the value takes as text, in bytes.
  var weight: Int {
    switch self {
    case .list(let list): list.weight
    case .context(let context): context.weight
    case .string(let text): text.utf8.count + 2
    case .range(let range): Weight.sum(range.low.weight, range.high.weight)
    case .null, .boolean, .number, .date, .time, .dateTime, .daysTime, .yearsMonths, .function: 2
    }
  }

  package var isNull: Bool {
    if case .null = self { return true }
    return false
  }

  package var number: Number? {
    guard case .number(let number) = self else { return nil }
    return number
  }

  package var boolean: Bool? {
    guard case .boolean(let value) = self else { return nil }
    return value
  }

  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The name of the type in messages and for `instance of`.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .number: "number"
    case .string: "string"
    case .list: "list"
    case .context: "context"
    case .date: "date"
    case .time: "time"
    case .dateTime: "date and time"
    case .daysTime: "days and time duration"
    case .yearsMonths: "years and months duration"
    case .range: "range"
    case .function: "function"
    }
  }

  /// Type and value for a message, cut to a length that a log line bears.
  package var shown: String {
    let text = isNull ? "null" : "\(typeName) \(Value.text(self, quoted: true, limit: 64))"
    return text.count > 80 ? String(text.prefix(77)) + "..." : text
  }
}
