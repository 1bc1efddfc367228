import FlowCore

extension Evaluator {
  /// FEEL's equality; nil for values of different types. A list of one item equals that item.
  mutating func equal(_ left: Value, _ right: Value) throws(EvaluationError) -> Bool? {
    try spend()
    switch (left, right) {
    case (.null, .null): return true
    case (.null, _), (_, .null): return false
    case (.boolean(let a), .boolean(let b)): return a == b
    case (.number(let a), .number(let b)): return a == b
    case (.string(let a), .string(let b)): return try equalTexts(a, b)
    case (.list(let a), .list(let b)): return try equalLists(a, b)
    case (.list(let a), _) where a.count == 1: return try equal(a.items[0], right)
    case (_, .list(let b)) where b.count == 1: return try equal(left, b.items[0])
    case (.context(let a), .context(let b)): return try equalContexts(a, b)
    case (.date(let a), .date(let b)): return a == b
    case (.time(let a), .time(let b)): return Evaluator.areAlike(a.zone, b.zone) && order(a, b).map { $0 == 0 } ?? (a == b)
    case (.dateTime(let a), .dateTime(let b)):
      return Evaluator.areAlike(a.time.zone, b.time.zone) && order(a, b).map { $0 == 0 } ?? (a == b)
    case (.daysTime(let a), .daysTime(let b)): return a == b
    case (.yearsMonths(let a), .yearsMonths(let b)): return a == b
    case (.function(.builtin(let a)), .function(.builtin(let b))): return a == b
    case (.range(let a), .range(let b)):
      guard a.includesLow == b.includesLow, a.includesHigh == b.includesHigh, try equal(a.low, b.low) == true else { return false }
      return try equal(a.high, b.high) == true
    default: return nil
    }
  }

  mutating func equalTexts(_ a: String, _ b: String) throws(EvaluationError) -> Bool {
    guard a.utf8.count == b.utf8.count else { return false }
    try spend(a.utf8.count / 64)
    return a.utf8.elementsEqual(b.utf8)
  }

  private mutating func equalLists(_ a: List, _ b: List) throws(EvaluationError) -> Bool {
    guard a.count == b.count else { return false }
    for index in 0..<a.count {
      guard try equal(a.items[index], b.items[index]) == true else { return false }
    }
    return true
  }

  private mutating func equalContexts(_ a: Context, _ b: Context) throws(EvaluationError) -> Bool {
    guard a.count == b.count else { return false }
    for index in 0..<a.count {
      guard let other = b[a.names[index]], try equal(a.values[index], other) == true else { return false }
    }
    return true
  }

  /// -1, 0 or 1; nil when the values have no order.
  mutating func order(_ left: Value, _ right: Value) throws(EvaluationError) -> Int? {
    try spend()
    switch (left, right) {
    case (.number(let a), .number(let b)): return Number.compare(a, b)
    case (.string(let a), .string(let b)):
      try spend(min(a.utf8.count, b.utf8.count) / 64)
      return Evaluator.compareText(a, b)
    case (.date(let a), .date(let b)): return a < b ? -1 : a == b ? 0 : 1
    case (.time(let a), .time(let b)): return order(a, b)
    case (.dateTime(let a), .dateTime(let b)): return order(a, b)
    case (.daysTime(let a), .daysTime(let b)): return a < b ? -1 : a == b ? 0 : 1
    case (.yearsMonths(let a), .yearsMonths(let b)): return a < b ? -1 : a == b ? 0 : 1
    default: return nil
    }
  }

  /// By Unicode scalars, which is the order of the UTF-8 bytes; never by locale or normal form.
  static func compareText(_ left: String, _ right: String) -> Int {
    if left.utf8.elementsEqual(right.utf8) { return 0 }
    return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
  }

  /// Nanoseconds since 1970 in UTC; for a value without zone as its own clock shows them.
  func instant(_ value: CivilDateTime) -> Int128? {
    guard value.time.zone != .none else { return value.localNanoseconds }
    guard let offset = scope.zones.offset(of: value.time.zone, localSeconds: value.localSeconds) else { return nil }
    return value.localNanoseconds - Int128(offset) * Int128(CivilTime.second)
  }

  /// A local value is never equal to a zoned one.
  private static func areAlike(_ left: ZoneMark, _ right: ZoneMark) -> Bool { (left == .none) == (right == .none) }

  /// Beside a zoned value a local one takes the other's offset.
  func order(_ left: CivilDateTime, _ right: CivilDateTime) -> Int? {
    if !Evaluator.areAlike(left.time.zone, right.time.zone) {
      let (a, b) = (left.localNanoseconds, right.localNanoseconds)
      return a < b ? -1 : a == b ? 0 : 1
    }
    if left.time.zone == right.time.zone, left.date == right.date {
      return left.time.nanoseconds < right.time.nanoseconds ? -1 : left.time.nanoseconds == right.time.nanoseconds ? 0 : 1
    }
    guard let a = instant(left), let b = instant(right) else { return nil }
    return a < b ? -1 : a == b ? 0 : 1
  }

  func order(_ left: CivilTime, _ right: CivilTime) -> Int? {
    if left.zone == right.zone || !Evaluator.areAlike(left.zone, right.zone) {
      return left.nanoseconds < right.nanoseconds ? -1 : left.nanoseconds == right.nanoseconds ? 0 : 1
    }
    let now = scope.now.milliseconds / 1000
    guard let a = scope.zones.offset(of: left.zone, instantSeconds: now), let b = scope.zones.offset(of: right.zone, instantSeconds: now)
    else {
      return nil
    }
    let (first, second) = (left.nanoseconds - a * CivilTime.second, right.nanoseconds - b * CivilTime.second)
    return first < second ? -1 : first == second ? 0 : 1
  }
}
