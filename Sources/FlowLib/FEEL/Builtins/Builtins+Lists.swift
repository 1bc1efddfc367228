import FlowCore

/// DMN 1.5, table 75: list functions. Positions count from 1, from the end when negative.
extension Evaluator {
  mutating func lists(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    switch builtin {
    case .min, .max, .sum, .mean, .all, .and, .any, .or, .product, .median, .stddev, .mode: return try aggregate(builtin, v)
    case .concatenate, .union: return try joined(builtin, v)
    default: break
    }
    let items: [Value]
    switch v[0] {
    case .list(let list): items = list.items
    case .null: return refuse(builtin, v)
    case .boolean, .number, .string, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: items = [v[0]]
    }
    try spend(items.count / 8)
    switch builtin {
    case .count: return .number(Number(items.count))
    case .isEmpty: return .boolean(items.isEmpty)
    case .reverse: return try made(items.reversed())
    case .append: return try made(items + v.dropFirst())
    case .flatten:
      var flat: [Value] = []
      try flatten(items, into: &flat)
      return try made(flat)
    case .distinctValues: return try made(try distinct(items))
    case .duplicateValues: return try made(try duplicates(items))
    case .listContains: return .boolean(try firstIndex(of: v[1], in: items) != nil)
    case .indexOf: return try indexes(items, v[1])
    case .sublist, .insertBefore, .remove, .partition: return try positional(builtin, items, v)
    case .listReplace: return try replace(builtin, items, v)
    case .sort: return try sorted(builtin, items, v)
    default: return refuse(builtin, v)
    }
  }

  private mutating func joined(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    var items: [Value] = []
    for part in v {
      // Paid before it is copied: the same long list may come a thousand times.
      if case .list(let list) = part { try build(32 * list.count) }
      if case .list(let list) = part { items += list.items } else { items.append(part) }
    }
    guard !v.isEmpty else { return refuse(builtin, v) }
    return try made(builtin == .union ? try distinct(items) : items)
  }

  private mutating func flatten(_ items: [Value], into flat: inout [Value]) throws(EvaluationError) {
    for item in items {
      try spend()
      if case .list(let list) = item { try flatten(list.items, into: &flat) } else { flat.append(item) }
    }
  }

  private mutating func firstIndex(of value: Value, in items: [Value]) throws(EvaluationError) -> Int? {
    for index in items.indices {
      if try equal(items[index], value) == true { return index }
    }
    return nil
  }

  private mutating func distinct(_ items: [Value]) throws(EvaluationError) -> [Value] {
    if let keys = try ScalarKey.of(items, &self) {
      var seen: Set<ScalarKey> = []
      return zip(items, keys).filter { seen.insert($0.1).inserted }.map(\.0)
    }
    var kept: [Value] = []
    for item in items where try firstIndex(of: item, in: kept) == nil { kept.append(item) }
    return kept
  }

  private mutating func duplicates(_ items: [Value]) throws(EvaluationError) -> [Value] {
    if let keys = try ScalarKey.of(items, &self) {
      var counts: [ScalarKey: Int] = [:]
      return zip(items, keys).filter {
        counts[$0.1, default: 0] += 1
        return counts[$0.1] == 2
      }.map(\.0)
    }
    var seen: [Value] = []
    var twice: [Value] = []
    for item in items {
      if try firstIndex(of: item, in: seen) == nil {
        seen.append(item)
      } else if try firstIndex(of: item, in: twice) == nil {
        twice.append(item)
      }
    }
    return twice
  }

  private mutating func indexes(_ items: [Value], _ match: Value) throws(EvaluationError) -> Value {
    var found: [Value] = []
    for index in items.indices {
      if try equal(items[index], match) == true { found.append(.number(Number(index + 1))) }
    }
    return try made(found)
  }

  /// An index into `count` items for a position of FEEL; nil when there is none.
  private func index(_ value: Value, _ count: Int) -> Int? {
    guard let position = value.number?.int, position != 0, position.magnitude <= UInt(count) else { return nil }
    return position > 0 ? position - 1 : count + position
  }

  private mutating func positional(_ builtin: Builtin, _ items: [Value], _ v: [Value]) throws(EvaluationError) -> Value {
    if builtin == .partition { return try partition(builtin, items, v) }
    guard let at = index(v[1], items.count) else { return refuse(builtin, v) }
    var result = items
    switch builtin {
    case .insertBefore: result.insert(v[2], at: at)
    case .remove: result.remove(at: at)
    default:
      var count = items.count - at
      if v.count > 2, !v[2].isNull {
        guard let wanted = v[2].number?.int, 1...count ~= wanted else { return refuse(builtin, v) }
        count = wanted
      }
      result = Array(items[at..<at + count])
    }
    return try made(result)
  }

  private mutating func partition(_ builtin: Builtin, _ items: [Value], _ v: [Value]) throws(EvaluationError) -> Value {
    guard let size = v[1].number?.int, size > 0 else { return refuse(builtin, v) }
    var parts: [Value] = []
    var from = 0
    while from < items.count {
      let to = from + min(size, items.count - from)
      parts.append(try made(Array(items[from..<to])))
      from = to
    }
    return try made(parts)
  }

  private mutating func replace(_ builtin: Builtin, _ items: [Value], _ v: [Value]) throws(EvaluationError) -> Value {
    var result = items
    if case .function(let match) = v[1] {
      for at in items.indices {
        guard case .boolean(let hit) = try invoke(match, [items[at], v[2]]) else { return refuse(builtin, v) }
        if hit { result[at] = v[2] }
      }
      return try made(result)
    }
    guard let at = index(v[1], items.count) else { return refuse(builtin, v) }
    result[at] = v[2]
    return try made(result)
  }

  /// Merge sort: stable, and bounded even when `precedes` contradicts itself.
  private mutating func sorted(_ builtin: Builtin, _ items: [Value], _ v: [Value]) throws(EvaluationError) -> Value {
    var precedes: FunctionValue?
    if v.count > 1 {
      guard case .function(let function) = v[1] else { return refuse(builtin, v) }
      precedes = function
    }
    guard let result = try mergeSort(items[...], precedes) else { return refuse(builtin, v) }
    return try made(result)
  }

  private mutating func mergeSort(_ items: ArraySlice<Value>, _ precedes: FunctionValue?) throws(EvaluationError) -> [Value]? {
    guard items.count > 1 else { return Array(items) }
    let middle = items.startIndex + items.count / 2
    guard let left = try mergeSort(items[..<middle], precedes), let right = try mergeSort(items[middle...], precedes) else { return nil }
    var merged: [Value] = []
    merged.reserveCapacity(items.count)
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      guard let first = try comesFirst(right[j], left[i], precedes) else { return nil }
      if first {
        merged.append(right[j])
        j += 1
      } else {
        merged.append(left[i])
        i += 1
      }
    }
    return merged + left[i...] + right[j...]
  }

  private mutating func comesFirst(_ a: Value, _ b: Value, _ precedes: FunctionValue?) throws(EvaluationError) -> Bool? {
    guard let precedes else { return try order(a, b).map { $0 < 0 } }
    return try invoke(precedes, [a, b]).boolean
  }
}
