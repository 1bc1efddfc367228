import FlowCore

extension Value {
  /// A JSON document as a value; numbers keep their digits.
  package init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .boolean(flag)
    case .int(let number): self = .number(Number(number))
    case .double(let number): self = Number(number).map { .number($0) } ?? .null
    case .decimal(let text): self = Number(parsing: text).map { .number($0) } ?? .null
    case .string(let text): self = .string(text)
    case .array(let items): self = .list(items.map { Value($0) })
    case .object(let object):
      var context = Context()
      for (name, value) in object.members { context.set(name, Value(value)) }
      self = .context(context)
    }
  }

  /// The value as a variable of a process: temporal values, ranges and functions become their text.
  package var json: JSON {
    switch self {
    case .null: return .null
    case .boolean(let flag): return .bool(flag)
    case .number(let number): return number.json
    case .string(let text): return .string(text)
    case .list(let list): return .array(list.items.map(\.json))
    case .context(let context):
      var object = JSON.Object()
      for index in 0..<context.count { object.append(context.names[index], context.values[index].json) }
      return .object(object)
    case .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function:
      return .string(Value.text(self, quoted: false, limit: Limits.expressionBytesBuilt))
    }
  }
}

extension Number {
  /// `Int64` where it fits, a binary number up to 15 digits, else the digits as they are.
  package var json: JSON {
    if let value = int64 { return .int(value) }
    if Number.digitCount(reduced.coefficient) <= 15, let value = Double(text), value.isFinite { return .double(value) }
    return .decimal(text)
  }
}
