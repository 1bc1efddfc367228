extension Parser {
  /// A type behind `instance of` or in a parameter list.
  mutating func type() throws(ExpressionError) -> TypeReference {
    try enter()
    defer { depth -= 1 }
    if let dashed = dashedType() { return dashed }
    let name = token.isWord("function") || token.isWord("null") ? (token.word ?? "") : ""
    if !name.isEmpty { at += 1 }
    let word = name.isEmpty ? try self.name() : name
    switch word {
    case "Any": return .any
    case "Null", "null": return .null
    case "boolean": return .boolean
    case "number": return .number
    case "string": return .string
    case "date": return .date
    case "time": return .time
    case "date and time", "dateTime": return .dateTime
    case "days and time duration", "dayTimeDuration": return .daysTime
    case "years and months duration", "yearMonthDuration": return .yearsMonths
    case "list": return take("<") ? try closed(.list(try type())) : .anyList
    case "range": return take("<") ? try closed(.range(try type())) : .anyRange
    case "context": return take("<") ? try closed(.context(try members())) : .anyContext
    case "function": return take("<") ? try functionType() : .anyFunction
    default: return .unknown(word)
    }
  }

  /// Camunda's names of the durations.
  private mutating func dashedType() -> TypeReference? {
    for (words, type) in [("day-time-duration", TypeReference.daysTime), ("year-month-duration", .yearsMonths)] {
      let parts = words.split(separator: "-")
      let fits = (0..<5).allSatisfy { $0 % 2 == 1 ? ahead($0).isMark("-") : ahead($0).isWord(String(parts[$0 / 2])) }
      guard fits else { continue }
      at += 5
      return type
    }
    return nil
  }

  private mutating func closed(_ type: TypeReference) throws(ExpressionError) -> TypeReference {
    try expect(">")
    return type
  }

  private mutating func members() throws(ExpressionError) -> [(name: String, type: TypeReference)] {
    var members: [(name: String, type: TypeReference)] = []
    if token.isMark(">") { return members }
    repeat {
      let name = try key(endsWith: [":"])
      try expect(":")
      members.append((name, try type()))
    } while take(",")
    return members
  }

  private mutating func functionType() throws(ExpressionError) -> TypeReference {
    var parameters: [TypeReference] = []
    if !token.isMark(">") {
      repeat { parameters.append(try type()) } while take(",")
    }
    try expect(">")
    try expect("-")
    try expect(">")
    return .function(parameters, result: try type())
  }
}
