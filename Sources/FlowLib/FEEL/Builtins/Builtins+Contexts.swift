import FlowCore

/// DMN 1.5, table 82: context functions.
extension Evaluator {
  mutating func contexts(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    switch builtin {
    case .getValue: return try getValue(builtin, v)
    case .getEntries: return try entries(builtin, v)
    case .context: return try contextOf(builtin, v)
    case .contextPut, .put: return try put(builtin, v)
    case .contextMerge, .putAll: return try merge(builtin, v)
    default: return refuse(builtin, v)
    }
  }

  private mutating func getValue(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    guard case .context = v[0] else { return refuse(builtin, v) }
    var keys = [v[1]]
    if case .list(let list) = v[1] { keys = list.items }
    var current = v[0]
    for key in keys {
      try spend()
      guard let name = key.string, case .context(let context) = current else { return refuse(builtin, v) }
      guard let next = context[name] else { return null("no entry '\(name)'") }
      current = next
    }
    return keys.isEmpty ? .null : current
  }

  private mutating func entries(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    guard case .context(let context) = v[0] else { return refuse(builtin, v) }
    var items: [Value] = []
    for index in 0..<context.count {
      try spend()
      try build(128)
      var entry = Context("key", .string(context.names[index]))
      entry.set("value", context.values[index])
      items.append(.context(entry))
    }
    return try made(items)
  }

  private mutating func contextOf(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    let entries: [Value]
    switch v[0] {
    case .list(let list): entries = list.items
    case .context: entries = [v[0]]
    case .null, .boolean, .number, .string, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: return refuse(builtin, v)
    }
    var result = Context()
    for item in entries {
      try spend()
      try build(64)
      guard case .context(let entry) = item, let key = entry["key"]?.string, let value = entry["value"], result[key] == nil else {
        return refuse(builtin, v)
      }
      result.set(key, value)
    }
    return .context(result)
  }

  private mutating func put(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    guard case .context(let context) = v[0] else { return refuse(builtin, v) }
    var keys: [String] = []
    if case .list(let list) = v[1] {
      for item in list.items {
        guard let key = item.string else { return refuse(builtin, v) }
        keys.append(key)
      }
    } else if let key = v[1].string {
      keys = [key]
    }
    guard !keys.isEmpty, keys.count <= Limits.expressionValueDepth else { return refuse(builtin, v) }
    guard let result = try put(v[2], keys[...], into: context) else { return refuse(builtin, v) }
    return .context(result)
  }

  private mutating func put(_ value: Value, _ keys: ArraySlice<String>, into context: Context) throws(EvaluationError) -> Context? {
    guard let key = keys.first else { return nil }
    try build(64 * (context.count + 1))
    var result = context
    if keys.count == 1 {
      result.set(key, value)
      return result
    }
    let inner: Context
    switch context[key] {
    case .context(let known)?: inner = known
    case nil, .null?: inner = Context()
    case .boolean, .number, .string, .list, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: return nil
    }
    guard let changed = try put(value, keys.dropFirst(), into: inner) else { return nil }
    result.set(key, .context(changed))
    return result
  }

  private mutating func merge(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    var parts = v
    if v.count == 1, case .list(let list) = v[0] { parts = list.items }
    guard !v.isEmpty else { return refuse(builtin, v) }
    var result = Context()
    for part in parts {
      guard case .context(let context) = part else { return refuse(builtin, v) }
      try build(64 * context.count)
      try spend(context.count)
      for index in 0..<context.count { result.set(context.names[index], context.values[index]) }
    }
    return .context(result)
  }
}
