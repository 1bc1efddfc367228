import FlowCore

/// DMN 1.5, table 74: string functions, and Camunda's. Lengths and positions count Unicode scalars.
extension Evaluator {
  mutating func strings(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    if builtin == .stringJoin { return try join(builtin, v) }
    guard let text = v[0].string else { return refuse(builtin, v) }
    try spend(text.utf8.count / 64)
    switch builtin {
    case .stringLength: return .number(Number(text.unicodeScalars.count))
    case .upperCase: return try made(text.uppercased())
    case .lowerCase: return try made(text.lowercased())
    case .trim: return try made(Evaluator.trimmed(text))
    case .isBlank: return .boolean(Evaluator.trimmed(text).isEmpty)
    case .substring: return try substring(builtin, text, v)
    case .replace, .matches, .split, .extract: return try patterns(builtin, text, v)
    default: break
    }
    guard v.count == 2, let match = v[1].string else { return refuse(builtin, v) }
    switch builtin {
    case .startsWith: return .boolean(text.utf8.starts(with: match.utf8))
    case .endsWith: return .boolean(text.utf8.reversed().starts(with: match.utf8.reversed()))
    case .contains: return .boolean(try find(match, in: text) != nil)
    case .substringBefore: return try made(try find(match, in: text).map { String(decoding: Array(text.utf8)[..<$0], as: UTF8.self) } ?? "")
    case .substringAfter:
      let at = try find(match, in: text)
      return try made(at.map { String(decoding: Array(text.utf8)[($0 + match.utf8.count)...], as: UTF8.self) } ?? "")
    default: return refuse(builtin, v)
    }
  }

  static func trimmed(_ text: String) -> String {
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(Substring(scalars))
  }

  /// The first byte position of `match`, by Knuth, Morris and Pratt: linear in both texts.
  mutating func find(_ match: String, in text: String) throws(EvaluationError) -> Int? {
    let needle = Array(match.utf8)
    guard !needle.isEmpty else { return 0 }
    try spend((needle.count + text.utf8.count) / 64)
    var fallback = [Int](repeating: 0, count: needle.count)
    var length = 0
    for index in 1..<max(1, needle.count) {
      while length > 0, needle[index] != needle[length] { length = fallback[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      fallback[index] = length
    }
    length = 0
    for (index, byte) in text.utf8.enumerated() {
      while length > 0, byte != needle[length] { length = fallback[length - 1] }
      if byte == needle[length] { length += 1 }
      if length == needle.count { return index + 1 - length }
    }
    return nil
  }

  private mutating func substring(_ builtin: Builtin, _ text: String, _ v: [Value]) throws(EvaluationError) -> Value {
    guard let start = v[1].number?.truncated.int, start != 0 else { return refuse(builtin, v) }
    let scalars = Array(text.unicodeScalars)
    guard start.magnitude <= UInt(scalars.count) else { return refuse(builtin, v) }
    let from = start > 0 ? start - 1 : scalars.count + start
    var count = scalars.count - from
    if v.count > 2, !v[2].isNull {
      // A length beyond the end is taken as up to the end, as Camunda has it.
      guard let wanted = v[2].number?.truncated, wanted >= .one else { return refuse(builtin, v) }
      count = min(count, wanted.int ?? count)
    }
    var out = String.UnicodeScalarView()
    if count > 0 { out.append(contentsOf: scalars[from..<from + count]) }
    return try made(String(out))
  }

  private mutating func join(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    let items: [Value]
    switch v[0] {
    case .list(let list): items = list.items
    case .string: items = [v[0]]
    case .null, .boolean, .number, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: return refuse(builtin, v)
    }
    var delimiter = ""
    if v.count > 1, !v[1].isNull {
      guard let text = v[1].string else { return refuse(builtin, v) }
      delimiter = text
    }
    let ends = v.dropFirst(2).map { $0.string ?? "" }
    try build(ends.reduce(16) { $0 + $1.utf8.count })
    var out = ends.first ?? ""
    var isFirst = true
    for item in items where !item.isNull {
      guard let text = item.string else { return refuse(builtin, v) }
      try spend()
      try build(delimiter.utf8.count + text.utf8.count)
      out += (isFirst ? "" : delimiter) + text
      isFirst = false
    }
    return .string(out + (ends.count > 1 ? ends[1] : ""))
  }

  // MARK: patterns

  private mutating func patterns(_ builtin: Builtin, _ text: String, _ v: [Value]) throws(EvaluationError) -> Value {
    guard let source = v[1].string else { return refuse(builtin, v) }
    try spend(source.utf8.count / 4)
    let flagsAt = builtin == .replace ? 3 : 2
    let flags = v.count > flagsAt ? v[flagsAt].string ?? (v[flagsAt].isNull ? "" : "?") : ""
    let pattern: Pattern
    do throws(PatternError) {
      pattern = try Pattern(source, flags: flags)
    } catch {
      return null("'\(builtin.rawValue)': pattern \(error.message)")
    }
    try build(pattern.states * 32)
    let scalars = Array(text.unicodeScalars)
    switch builtin {
    case .matches: return .boolean(try match(pattern, scalars, from: 0) != nil)
    case .replace:
      guard let replacement = v[2].string else { return refuse(builtin, v) }
      if try match(pattern, [], from: 0) != nil { return null("'replace': pattern matches an empty text") }
      guard let template = Replacement(replacement, isLiteral: flags.contains("q")) else {
        return null("'replace': in a replacement '$' stands before a digit and '\\' before '$' or '\\'")
      }
      return try replaced(pattern, scalars, template)
    case .split: return source.isEmpty ? try characters(scalars) : try pieces(pattern, scalars, between: true)
    default: return try pieces(pattern, scalars, between: false)
    }
  }

  /// Finds the next match; pays for the characters and states that it looks at.
  private mutating func match(_ pattern: Pattern, _ text: [Unicode.Scalar], from start: Int) throws(EvaluationError) -> [Int]? {
    var cost = 0
    let slots = pattern.firstMatch(in: text, from: start, cost: &cost, limit: budget.steps * 16)
    try spend(cost / 16 + 1)
    return slots
  }

  private mutating func pieces(_ pattern: Pattern, _ text: [Unicode.Scalar], between: Bool) throws(EvaluationError) -> Value {
    var items: [Value] = []
    var from = 0
    var search = 0
    while search <= text.count, let slots = try match(pattern, text, from: search) {
      if between, slots[1] == slots[0] {
        // An empty match splits nothing.
        search = slots[1] + 1
        continue
      }
      items.append(try piece(text, between ? from : slots[0], between ? slots[0] : slots[1]))
      from = slots[1]
      search = slots[1] > slots[0] ? slots[1] : slots[1] + 1
    }
    if between { items.append(try piece(text, from, text.count)) }
    return try made(items)
  }

  private mutating func characters(_ text: [Unicode.Scalar]) throws(EvaluationError) -> Value {
    var items: [Value] = []
    for scalar in text { items.append(try made(String(Character(scalar)))) }
    return try made(items)
  }

  private mutating func piece(_ text: [Unicode.Scalar], _ from: Int, _ to: Int) throws(EvaluationError) -> Value {
    var out = String.UnicodeScalarView()
    if from < to { out.append(contentsOf: text[from..<to]) }
    return try made(String(out))
  }

  private mutating func replaced(
    _ pattern: Pattern, _ text: [Unicode.Scalar], _ template: Replacement
  ) throws(EvaluationError) -> Value {
    var out = String.UnicodeScalarView()
    var from = 0
    var search = 0
    while search <= text.count, let slots = try match(pattern, text, from: search) {
      // One by one: appending a piece as a whole costs as much as the text before it.
      for scalar in text[from..<slots[0]] { out.append(scalar) }
      try fill(template, slots, text, into: &out)
      from = slots[1]
      search = slots[1] > slots[0] ? slots[1] : slots[1] + 1
    }
    for scalar in text[min(from, text.count)...] { out.append(scalar) }
    return try made(String(out))
  }

  /// Each piece is paid for before it is copied.
  private mutating func fill(
    _ template: Replacement, _ slots: [Int], _ text: [Unicode.Scalar], into out: inout String.UnicodeScalarView
  ) throws(EvaluationError) {
    try build(8)
    try spend(template.pieces.count / 16)
    for piece in template.pieces {
      switch piece {
      case .text(let scalars):
        try build(scalars.count)
        for scalar in scalars { out.append(scalar) }
      case .group(let number):
        guard 2 * number + 1 < slots.count, slots[2 * number] >= 0, slots[2 * number + 1] >= slots[2 * number] else { continue }
        try build(4 * (slots[2 * number + 1] - slots[2 * number]))
        for scalar in text[slots[2 * number]..<slots[2 * number + 1]] { out.append(scalar) }
      }
    }
  }
}

/// What stands in place of a match: `$1` is the first group, `\$` a dollar.
///
/// - Source: XQuery 1.0 and XPath 2.0 Functions and Operators, section 7.6.3.
struct Replacement {
  enum Piece {
    case text([Unicode.Scalar])
    case group(Int)
  }

  private(set) var pieces: [Piece] = []

  /// Nil when a `$` or a backslash stands where it means nothing.
  init?(_ source: String, isLiteral: Bool) {
    let template = Array(source.unicodeScalars)
    guard !isLiteral else {
      pieces = [.text(template)]
      return
    }
    var plain: [Unicode.Scalar] = []
    var at = 0
    while at < template.count {
      guard template[at] == "$" || template[at] == "\\" else {
        plain.append(template[at])
        at += 1
        continue
      }
      guard at + 1 < template.count else { return nil }
      let next = template[at + 1]
      if template[at] == "$" {
        guard next.value &- 48 < 10 else { return nil }
        pieces += [.text(plain), .group(Int(next.value - 48))]
        plain = []
      } else {
        guard next == "$" || next == "\\" else { return nil }
        plain.append(next)
      }
      at += 2
    }
    pieces.append(.text(plain))
  }
}
