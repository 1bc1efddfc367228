extension Parser {
  /// A type behind `instance of` or in a parameter list.
  mutating func type() throws(ExpressionError) -> TypeReference {
    try enter()
    defer { depth -= 1 }
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
    case "date and time": return .dateTime
    case "days and time duration", "day-time-duration": return .daysTime
    case "years and months duration", "year-month-duration": return .yearsMonths
    case "list": return take("<") ? try closed(.list(try type())) : .anyList
    case "range": return take("<") ? try closed(.range(try type())) : .anyRange
    case "context": return take("<") ? try closed(.context(try members())) : .anyContext
    case "function": return take("<") ? try functionType() : .anyFunction
    default: return .unknown(word)
    }
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
    _ = try type()
    return .function(parameters)
  }
}
