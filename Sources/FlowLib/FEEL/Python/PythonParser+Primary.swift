extension PythonParser {
  mutating func postfix() throws(ExpressionError) -> Expression {
    var value = try primary()
    var levels = 0
    defer { depth -= levels }
    while true {
      let start = token.offset
      if take("[") {
        let key = try expression()
        guard !token.isMark(":") else { throw fail("slices are not allowed", hint: "one index") }
        try expect("]")
        value = Expression(.python(.subscripted(value, key)), at: start)
      } else if take(".") {
        value = try method(of: value, start)
      } else if token.isMark("(") {
        throw fail("only the listed functions can be called", hint: PythonParser.functionNames)
      } else {
        return value
      }
      try enter()
      levels += 1
    }
  }

  private static let functionNames = "len, str, int, float, bool, abs, min, max"
  private static let methodNames = ".get(), .lower(), .upper(), .strip(), .startswith(), .endswith()"

  private mutating func method(of value: Expression, _ start: Int) throws(ExpressionError) -> Expression {
    let place = token.offset
    guard let name = token.word else { throw fail("expected a method but found \(token.shown)") }
    at += 1
    guard take("(") else {
      throw fail(
        "attribute '\(name)' is not allowed", at: place, hint: "req_json['\(name)'] reads a member; methods: \(PythonParser.methodNames)")
    }
    if name == "get" {
      let arguments = try items(until: ")")
      guard (1...2).contains(arguments.count) else { throw fail("'get' takes a key and a default", at: place) }
      return Expression(.python(.get(value, key: arguments[0], otherwise: arguments.count > 1 ? arguments[1] : nil)), at: start)
    }
    guard let method = PythonMethod(rawValue: name) else {
      throw fail("method '\(name)' is not allowed", at: place, hint: PythonParser.methodNames)
    }
    let arguments = try items(until: ")")
    let wanted = method == .startswith || method == .endswith ? 1...1 : method == .strip ? 0...1 : 0...0
    guard wanted.contains(arguments.count) else { throw fail("'\(name)' does not take \(arguments.count) arguments", at: place) }
    return Expression(.python(.method(method, value, arguments)), at: start)
  }

  private mutating func items(until end: String) throws(ExpressionError) -> [Expression] {
    var items: [Expression] = []
    while !token.isMark(end) {
      items.append(try expression())
      if token.isWord("for") { throw fail("comprehensions are not allowed", hint: "compare single values") }
      guard take(",") else { break }
    }
    try expect(end)
    return items
  }

  private mutating func primary() throws(ExpressionError) -> Expression {
    let start = token.offset
    switch token.kind {
    case .number(let text):
      at += 1
      guard let number = Number(parsing: text.hasSuffix(".") ? text + "0" : text) else { throw fail("number out of range", at: start) }
      return Expression(.literal(.number(number)), at: start)
    case .string(var text):
      at += 1
      // Strings side by side are one.
      while case .string(let more) = token.kind {
        text += more
        at += 1
      }
      return Expression(.literal(.string(text)), at: start)
    case .word(let word): return try named(word, start)
    case .mark("("): return try parenthesised(start)
    case .mark("["):
      at += 1
      return Expression(.list(try items(until: "]")), at: start)
    case .mark("{"): return try dictionary(start)
    case .end: throw fail("the expression ends too early")
    case .mark, .quoted, .temporal: throw unexpected()
    }
  }

  private mutating func parenthesised(_ start: Int) throws(ExpressionError) -> Expression {
    at += 1
    if take(")") { return Expression(.list([]), at: start) }
    let first = try expression()
    if token.isWord("for") { throw fail("comprehensions are not allowed", hint: "compare single values") }
    guard take(",") else {
      try expect(")")
      return first
    }
    return Expression(.list([first] + (try items(until: ")"))), at: start)
  }

  private mutating func dictionary(_ start: Int) throws(ExpressionError) -> Expression {
    at += 1
    var entries: [(key: Expression, value: Expression)] = []
    while !token.isMark("}") {
      let key = try expression()
      guard take(":") else { throw fail("expected ':' but found \(token.shown)", hint: "sets are not allowed; a list is") }
      entries.append((key, try expression()))
      if token.isWord("for") { throw fail("comprehensions are not allowed", hint: "compare single values") }
      guard take(",") else { break }
    }
    try expect("}")
    return Expression(.python(.dictionary(entries)), at: start)
  }

  private mutating func named(_ word: String, _ start: Int) throws(ExpressionError) -> Expression {
    switch word {
    case "True", "False":
      at += 1
      return Expression(.literal(.boolean(word == "True")), at: start)
    case "None":
      at += 1
      return Expression(.literal(.null), at: start)
    case "req_json":
      at += 1
      return Expression(.name(word), at: start)
    default: break
    }
    guard let function = PythonFunction(rawValue: word) else { throw refused(word) }
    at += 1
    guard take("(") else { throw fail("function '\(word)' is only allowed in a call", at: start, hint: "\(word)(…)") }
    let arguments = try items(until: ")")
    let isMany = function == .min || function == .max
    guard isMany ? !arguments.isEmpty : arguments.count == 1 else {
      throw fail("'\(word)' does not take \(arguments.count) arguments", at: start)
    }
    return Expression(.python(.function(function, arguments)), at: start)
  }

  private func refused(_ word: String) -> ExpressionError {
    switch word {
    case "import", "lambda", "for", "yield", "await", "async", "class", "def", "exec", "if", "else", "and", "or", "in", "is", "not":
      return unexpected()
    case "true", "false": return fail("unknown name '\(word)'", hint: word == "true" ? "True" : "False")
    case "null": return fail("unknown name 'null'", hint: "None")
    default:
      if word.hasPrefix("__") { return fail("name '\(word)' is not allowed", hint: "compare the values of req_json") }
      return fail("name '\(word)' is not allowed", hint: "req_json['\(word)'], or a function of: \(PythonParser.functionNames)")
    }
  }
}
