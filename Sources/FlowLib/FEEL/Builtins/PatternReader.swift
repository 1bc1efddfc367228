import FlowCore

/// What a pattern says, before it is a program.
indirect enum PatternTree {
  case empty
  case set(CharacterSet)
  case sequence([PatternTree])
  case choice([PatternTree])
  case group(PatternTree, number: Int?)
  case loop(PatternTree, low: Int, high: Int?, isGreedy: Bool)
  case start
  case end
}

struct PatternReader {
  private let text: [Unicode.Scalar]
  private let flags: Pattern.Flags
  private var at = 0
  private var depth = 0
  private(set) var groups = 0

  init(_ source: String, _ flags: Pattern.Flags) {
    text = Array(source.unicodeScalars)
    self.flags = flags
  }

  private var next: Unicode.Scalar? { at < text.count ? text[at] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    at += 1
    return true
  }

  private func fail(_ message: String) -> PatternError { PatternError(message: "\(message) at character \(at + 1)") }

  mutating func read() throws(PatternError) -> PatternTree {
    guard text.count <= Limits.patternStates else { throw PatternError(message: "is longer than \(Limits.patternStates) characters") }
    if flags.literal { return .sequence(text.map { .set(single($0)) }) }
    let tree = try choice()
    guard at == text.count else { throw fail("has a ')' too many") }
    return tree
  }

  private func single(_ scalar: Unicode.Scalar) -> CharacterSet {
    // What differs in case alone is listed too, since not every such character leads back to this one.
    let others = flags.ignoresCase ? Pattern.otherCases(scalar) : []
    return CharacterSet(ranges: ([scalar] + others).map { $0.value...$0.value }, ignoresCase: flags.ignoresCase)
  }

  private mutating func choice() throws(PatternError) -> PatternTree {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 64 else { throw fail("is nested deeper than 64 groups") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternError) -> PatternTree {
    var parts: [PatternTree] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      if flags.extended, scalar.properties.isWhitespace {
        at += 1
        continue
      }
      parts.append(try repeated(try atom()))
    }
    return .sequence(parts)
  }

  private mutating func atom() throws(PatternError) -> PatternTree {
    guard let scalar = next else { return .empty }
    at += 1
    switch scalar {
    case "(": return try group()
    case "[": return .set(try set())
    case ".": return .set(CharacterSet(ranges: flags.dotAll ? [] : [0x0A...0x0A, 0x0D...0x0D], isNegated: true))
    case "^": return .start
    case "$": return .end
    case "\\": return .set(try escape())
    case "*", "+", "?", "{": throw fail("repeats nothing")
    default: return .set(single(scalar))
    }
  }

  private mutating func group() throws(PatternError) -> PatternTree {
    var number: Int?
    if take("?") {
      guard take(":") else { throw fail("has a group that is not supported ('(?:' is)") }
    } else {
      groups += 1
      number = groups
    }
    let inner = try choice()
    guard take(")") else { throw fail("lacks a ')'") }
    return .group(inner, number: number)
  }

  private mutating func repeated(_ atom: PatternTree) throws(PatternError) -> PatternTree {
    let low: Int
    let high: Int?
    if take("*") {
      (low, high) = (0, nil)
    } else if take("+") {
      (low, high) = (1, nil)
    } else if take("?") {
      (low, high) = (0, 1)
    } else if take("{") {
      (low, high) = try bounds()
    } else {
      return atom
    }
    let isGreedy = !take("?")
    if let next, "*+?{".unicodeScalars.contains(next) { throw fail("repeats a repetition") }
    return .loop(atom, low: low, high: high, isGreedy: isGreedy)
  }

  private mutating func bounds() throws(PatternError) -> (Int, Int?) {
    guard let low = count() else { throw fail("has a broken repetition") }
    var high: Int? = low
    if take(",") { high = count() }
    guard take("}"), high.map({ $0 >= low }) ?? true else { throw fail("has a broken repetition") }
    return (low, high)
  }

  private mutating func count() -> Int? {
    var value: Int?
    while let digit = next.flatMap({ $0.isASCII ? Int(String($0)) : nil }) {
      value = min(10_000, (value ?? 0) * 10 + digit)
      at += 1
    }
    return value
  }

  // MARK: characters

  private mutating func set() throws(PatternError) -> CharacterSet {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 64 else { throw fail("is nested deeper than 64 groups") }
    var set = CharacterSet(isNegated: take("^"), ignoresCase: flags.ignoresCase)
    var isFirst = true
    while let scalar = next {
      if scalar == "]", !isFirst {
        at += 1
        return set
      }
      isFirst = false
      if scalar == "-", at + 1 < text.count, text[at + 1] == "[" {
        at += 2
        set.excluded.append(try self.set())
        guard take("]") else { throw fail("subtracts inside a set") }
        return set
      }
      try member(into: &set)
    }
    throw fail("lacks a ']'")
  }

  private mutating func member(into set: inout CharacterSet) throws(PatternError) {
    let low = try memberScalar(into: &set)
    guard let low else { return }
    let isRange = next == "-" && at + 1 < text.count && text[at + 1] != "]" && text[at + 1] != "["
    guard isRange else {
      set.ranges.append(low.value...low.value)
      return
    }
    at += 1
    guard let high = try memberScalar(into: &set), high.value >= low.value else { throw fail("has a range that runs backwards") }
    set.ranges.append(low.value...high.value)
  }

  /// One character of a set; nil when a class (`\d`) was added instead.
  private mutating func memberScalar(into set: inout CharacterSet) throws(PatternError) -> Unicode.Scalar? {
    guard let scalar = next else { throw fail("lacks a ']'") }
    at += 1
    guard scalar == "\\" else { return scalar }
    let escaped = try escape()
    if escaped.classes.isEmpty, !escaped.isNegated, let range = escaped.ranges.first { return Unicode.Scalar(range.lowerBound) }
    set.classes.append { escaped.contains($0) }
    return nil
  }

  private mutating func escape() throws(PatternError) -> CharacterSet {
    guard let letter = next else { throw fail("ends in a backslash") }
    at += 1
    switch letter {
    case "n": return single("\n")
    case "r": return single("\r")
    case "t": return single("\t")
    case "d", "D": return named({ $0.properties.generalCategory == .decimalNumber }, isNegated: letter == "D")
    case "s", "S": return named({ " \t\n\r".unicodeScalars.contains($0) }, isNegated: letter == "S")
    case "w", "W": return named({ Pattern.isWord($0) }, isNegated: letter == "W")
    case "i", "I": return named({ $0.properties.isAlphabetic || $0 == "_" || $0 == ":" }, isNegated: letter == "I")
    case "c", "C": return named({ Pattern.isWord($0) || "-.:_".unicodeScalars.contains($0) }, isNegated: letter == "C")
    case "p", "P": return try category(isNegated: letter == "P")
    case "u": return try unicode()
    case "1"..."9": throw fail("refers back to a group, which has no linear-time form")
    default:
      guard !letter.properties.isAlphabetic else { throw fail("has an unknown escape '\\\(letter)'") }
      return single(letter)
    }
  }

  private func named(_ test: @escaping @Sendable (Unicode.Scalar) -> Bool, isNegated: Bool) -> CharacterSet {
    CharacterSet(classes: [test], isNegated: isNegated)
  }

  /// `\u{1F600}` and `\u00E9`.
  private mutating func unicode() throws(PatternError) -> CharacterSet {
    let braced = take("{")
    var digits = ""
    while let scalar = next, scalar.properties.isASCIIHexDigit, digits.utf8.count < (braced ? 6 : 4) {
      digits.unicodeScalars.append(scalar)
      at += 1
    }
    guard !braced || take("}"), let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw fail("has a broken '\\u'")
    }
    return single(scalar)
  }

  private mutating func category(isNegated: Bool) throws(PatternError) -> CharacterSet {
    guard take("{") else { throw fail("has a broken '\\p'") }
    var name = ""
    while let scalar = next, scalar != "}" {
      name.unicodeScalars.append(scalar)
      at += 1
    }
    guard take("}"), let test = Pattern.category(name) else { throw fail("names no category of Unicode") }
    return named(test, isNegated: isNegated)
  }
}

extension Pattern {
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
  }

  /// A general category (`Lu`), a group of them (`L`), or a block of characters (`IsGreek`); nil for what is none of these.
  static func category(_ name: String) -> (@Sendable (Unicode.Scalar) -> Bool)? {
    if name.hasPrefix("Is") { return block(String(name.dropFirst(2))) }
    let wanted = categories.filter { name.count == 1 ? $0.key.hasPrefix(name) : $0.key == name }.map(\.value)
    guard !wanted.isEmpty, !name.isEmpty else { return nil }
    return { wanted.contains($0.properties.generalCategory) }
  }

  private static let categories: [String: Unicode.GeneralCategory] = [
    "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter, "Lo": .otherLetter,
    "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark, "Nd": .decimalNumber, "Nl": .letterNumber, "No": .otherNumber,
    "Pc": .connectorPunctuation, "Pd": .dashPunctuation, "Ps": .openPunctuation, "Pe": .closePunctuation,
    "Pi": .initialPunctuation, "Pf": .finalPunctuation, "Po": .otherPunctuation, "Zs": .spaceSeparator, "Zl": .lineSeparator,
    "Zp": .paragraphSeparator, "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol, "So": .otherSymbol, "Cc": .control,
    "Cf": .format, "Co": .privateUse, "Cn": .unassigned,
  ]

  /// The blocks that patterns ask for most, by the names of XML Schema.
  private static let blocks: [String: ClosedRange<UInt32>] = [
    "BasicLatin": 0...0x7F, "Latin-1Supplement": 0x80...0xFF, "LatinExtended-A": 0x100...0x17F, "LatinExtended-B": 0x180...0x24F,
    "IPAExtensions": 0x250...0x2AF, "SpacingModifierLetters": 0x2B0...0x2FF, "CombiningDiacriticalMarks": 0x300...0x36F,
    "Greek": 0x370...0x3FF, "GreekandCoptic": 0x370...0x3FF, "Cyrillic": 0x400...0x4FF, "Armenian": 0x530...0x58F,
    "Hebrew": 0x590...0x5FF, "Arabic": 0x600...0x6FF, "Devanagari": 0x900...0x97F, "Bengali": 0x980...0x9FF, "Thai": 0xE00...0xE7F,
    "Georgian": 0x10A0...0x10FF, "HangulJamo": 0x1100...0x11FF, "LatinExtendedAdditional": 0x1E00...0x1EFF,
    "GreekExtended": 0x1F00...0x1FFF, "GeneralPunctuation": 0x2000...0x206F, "SuperscriptsandSubscripts": 0x2070...0x209F,
    "CurrencySymbols": 0x20A0...0x20CF, "LetterlikeSymbols": 0x2100...0x214F, "NumberForms": 0x2150...0x218F, "Arrows": 0x2190...0x21FF,
    "MathematicalOperators": 0x2200...0x22FF, "BoxDrawing": 0x2500...0x257F, "GeometricShapes": 0x25A0...0x25FF,
    "MiscellaneousSymbols": 0x2600...0x26FF, "Dingbats": 0x2700...0x27BF, "CJKSymbolsandPunctuation": 0x3000...0x303F,
    "Hiragana": 0x3040...0x309F, "Katakana": 0x30A0...0x30FF, "CJKUnifiedIdeographs": 0x4E00...0x9FFF, "HangulSyllables": 0xAC00...0xD7A3,
    "PrivateUse": 0xE000...0xF8FF, "HalfwidthandFullwidthForms": 0xFF00...0xFFEF,
  ]

  private static func block(_ name: String) -> (@Sendable (Unicode.Scalar) -> Bool)? {
    guard let range = blocks[name] else { return nil }
    return { range.contains($0.value) }
  }
}

struct PatternCompiler {
  private(set) var program: [Pattern.Instruction] = []

  mutating func emit(_ instruction: Pattern.Instruction) throws(PatternError) {
    guard program.count < Limits.patternStates else { throw PatternError(message: "needs more than \(Limits.patternStates) states") }
    program.append(instruction)
  }

  mutating func compile(_ tree: PatternTree) throws(PatternError) {
    switch tree {
    case .empty: break
    case .set(let set): try emit(.scalar(set))
    case .start: try emit(.start)
    case .end: try emit(.end)
    case .sequence(let parts): for part in parts { try compile(part) }
    case .choice(let branches): try choose(branches)
    case .group(let inner, let number):
      if let number, number < 10 { try emit(.save(2 * number)) }
      try compile(inner)
      if let number, number < 10 { try emit(.save(2 * number + 1)) }
    case .loop(let inner, let low, let high, let isGreedy): try loop(inner, low, high, isGreedy)
    }
  }

  private mutating func choose(_ branches: [PatternTree]) throws(PatternError) {
    var ends: [Int] = []
    for (index, branch) in branches.enumerated() {
      guard index < branches.count - 1 else {
        try compile(branch)
        break
      }
      let fork = program.count
      try emit(.split(fork + 1, fork + 1))
      try compile(branch)
      ends.append(program.count)
      try emit(.jump(0))
      program[fork] = .split(fork + 1, program.count)
    }
    for end in ends { program[end] = .jump(program.count) }
  }

  private mutating func loop(_ inner: PatternTree, _ low: Int, _ high: Int?, _ isGreedy: Bool) throws(PatternError) {
    for _ in 0..<low {
      let before = program.count
      try compile(inner)
      // What compiles to nothing may be repeated without end.
      if program.count == before { return }
    }
    guard let high else {
      let fork = program.count
      try emit(.split(fork + 1, fork + 1))
      try compile(inner)
      try emit(.jump(fork))
      program[fork] = isGreedy ? .split(fork + 1, program.count) : .split(program.count, fork + 1)
      return
    }
    var forks: [Int] = []
    for _ in low..<high {
      forks.append(program.count)
      try emit(.split(program.count + 1, program.count + 1))
      try compile(inner)
    }
    for fork in forks { program[fork] = isGreedy ? .split(fork + 1, program.count) : .split(program.count, fork + 1) }
  }
}
