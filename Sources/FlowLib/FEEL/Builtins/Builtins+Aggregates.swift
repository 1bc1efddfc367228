import FlowCore

/// Functions that make one value of many; the many come as a list or as arguments.
extension Evaluator {
  mutating func aggregate(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    var items = v
    if v.count == 1 {
      switch v[0] {
      case .list(let list): items = list.items
      case .null: return refuse(builtin, v)
      case .boolean, .number, .string, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: break
      }
    }
    guard !v.isEmpty else { return refuse(builtin, v) }
    try spend(items.count / 4)
    switch builtin {
    case .min, .max: return try extreme(builtin, items)
    case .all, .and: return quantify(builtin, items, decisive: false)
    case .any, .or: return quantify(builtin, items, decisive: true)
    case .sum where !items.isEmpty && items[0].number == nil: return sumOfDurations(builtin, items)
    default: break
    }
    if builtin == .mode, items.isEmpty { return try made([]) }
    var numbers: [Number] = []
    for item in items {
      guard let number = item.number else { return refuse(builtin, v) }
      numbers.append(number)
    }
    guard !numbers.isEmpty else { return refuse(builtin, v) }
    if builtin == .mode { return try mode(numbers) }
    return Evaluator.statistic(builtin, numbers).map { .number($0) } ?? refuse(builtin, v)
  }

  private mutating func extreme(_ builtin: Builtin, _ items: [Value]) throws(EvaluationError) -> Value {
    guard var best = items.first else { return .null }
    for item in items {
      guard let order = try order(item, best) else { return refuse(builtin, items) }
      if builtin == .min ? order < 0 : order > 0 { best = item }
    }
    return best
  }

  private mutating func quantify(_ builtin: Builtin, _ items: [Value], decisive: Bool) -> Value {
    var unknown = false
    for item in items {
      switch item {
      case .boolean(let value): if value == decisive { return item }
      case .null: unknown = true
      case .number, .string, .list, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function:
        _ = refuse(builtin, items)
        unknown = true
      }
    }
    return unknown ? .null : .boolean(!decisive)
  }

  private mutating func sumOfDurations(_ builtin: Builtin, _ items: [Value]) -> Value {
    var total = items[0]
    switch total {
    case .daysTime, .yearsMonths: break
    case .null, .boolean, .number, .string, .list, .context, .date, .time, .dateTime, .range, .function: return refuse(builtin, items)
    }
    for item in items.dropFirst() {
      guard let next = calculate(.add, total, item) else { return refuse(builtin, items) }
      total = next
    }
    return total
  }

  private static func total(_ numbers: [Number]) -> Number? {
    var sum = Number.zero
    for number in numbers {
      guard let next = Number.sum(sum, number) else { return nil }
      sum = next
    }
    return sum
  }

  private static func statistic(_ builtin: Builtin, _ numbers: [Number]) -> Number? {
    switch builtin {
    case .sum: return total(numbers)
    case .mean: return total(numbers).flatMap { Number.quotient($0, Number(numbers.count)) }
    case .product:
      var product = Number.one
      for number in numbers {
        guard let next = Number.product(product, number) else { return nil }
        product = next
      }
      return product
    case .median:
      let sorted = numbers.sorted()
      let middle = sorted.count / 2
      if sorted.count % 2 == 1 { return sorted[middle] }
      return Number.sum(sorted[middle - 1], sorted[middle]).flatMap { Number.quotient($0, Number(2)) }
    case .stddev: return deviation(numbers)
    default: return nil
    }
  }

  /// Of a sample; one number has none.
  private static func deviation(_ numbers: [Number]) -> Number? {
    guard numbers.count > 1, let mean = total(numbers).flatMap({ Number.quotient($0, Number(numbers.count)) }) else { return nil }
    var squares: [Number] = []
    for number in numbers {
      guard let distance = Number.difference(number, mean), let square = Number.product(distance, distance) else { return nil }
      squares.append(square)
    }
    return total(squares).flatMap { Number.quotient($0, Number(numbers.count - 1)) }?.squareRoot
  }

  /// The numbers that occur most often, ascending.
  private mutating func mode(_ numbers: [Number]) throws(EvaluationError) -> Value {
    var runs: [(number: Number, count: Int)] = []
    for number in numbers.sorted() {
      if let last = runs.last, last.number == number { runs[runs.count - 1].count += 1 } else { runs.append((number, 1)) }
    }
    let most = runs.map(\.count).max() ?? 0
    return try made(runs.filter { $0.count == most }.map { .number($0.number) })
  }
}
