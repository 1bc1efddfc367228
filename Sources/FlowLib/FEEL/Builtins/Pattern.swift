import FlowCore

/// Why a pattern can not be used.
struct PatternError: Error {
  let message: String
}

/// A regular expression of XPath's kind without back references, run as a set of threads: time is linear in the text.
///
/// - Source: XQuery 1.0 and XPath 2.0 Functions and Operators, section 7.6.1; K. Thompson, 1968.
struct Pattern: Sendable {
  enum Instruction: Sendable {
    case scalar(CharacterSet)
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case start
    case end
    case match
  }

  struct Flags {
    var ignoresCase = false
    var multiline = false
    var dotAll = false
    var extended = false
    var literal = false
  }

  let program: [Instruction]
  let slotCount: Int
  let multiline: Bool
  var states: Int { program.count }

  init(_ source: String, flags text: String) throws(PatternError) {
    var flags = Flags()
    for flag in text.unicodeScalars {
      switch flag {
      case "i": flags.ignoresCase = true
      case "m": flags.multiline = true
      case "s": flags.dotAll = true
      case "x": flags.extended = true
      case "q": flags.literal = true
      default: throw PatternError(message: "flag '\(flag)' is not known")
      }
    }
    var reader = PatternReader(source, flags)
    let tree = try reader.read()
    var compiler = PatternCompiler()
    try compiler.emit(.save(0))
    try compiler.compile(tree)
    try compiler.emit(.save(1))
    try compiler.emit(.match)
    program = compiler.program
    slotCount = 2 * min(reader.groups + 1, 10)
    multiline = flags.multiline
  }
}

/// Characters as ranges, or all but them, less others (`[A-Z-[OI]]`).
struct CharacterSet: Sendable {
  var ranges: [ClosedRange<UInt32>] = []
  var classes: [@Sendable (Unicode.Scalar) -> Bool] = []
  var isNegated = false
  var excluded: [CharacterSet] = []
  var ignoresCase = false

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    if holds(scalar) { return true }
    return false
  }

  private func holds(_ scalar: Unicode.Scalar) -> Bool {
    let listed = lists(scalar) || ignoresCase && Pattern.otherCases(scalar).contains { lists($0) }
    guard listed != isNegated else { return false }
    return !excluded.contains { $0.contains(scalar) }
  }

  private func lists(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } || classes.contains { $0(scalar) }
  }
}

extension Pattern {
  /// The characters that differ from this one in case alone: `K`, `k` and the Kelvin sign.
  static func otherCases(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    let upper = one(scalar.properties.uppercaseMapping) ?? scalar
    let lower = one(scalar.properties.lowercaseMapping) ?? scalar
    let others = [upper, lower, one(upper.properties.lowercaseMapping) ?? upper, one(lower.properties.uppercaseMapping) ?? lower]
    return others.filter { $0 != scalar }
  }

  private static func one(_ mapping: String) -> Unicode.Scalar? {
    let scalars = mapping.unicodeScalars
    return scalars.count == 1 ? scalars.first : nil
  }

  /// The states that are alive at one place of the text, earlier branches first. Kept for the next place but one.
  private struct Threads {
    var order: [(state: Int, slots: [Int])] = []
    /// The place for which each state was last added.
    var seen: [Int]

    init(_ count: Int) { seen = [Int](repeating: -1, count: count) }
  }

  /// What the first character of a match must be, where the pattern begins with one.
  private var first: CharacterSet? {
    guard program.count > 1, case .scalar(let set) = program[1] else { return nil }
    return set
  }

  /// Where the first match begins and ends, then each group's ends (-1 when it took no part); the leftmost, earlier branches first.
  ///
  /// - Parameter cost: counts the states looked at; the search gives up past `limit`, and the caller's budget then says so.
  func firstMatch(in text: [Unicode.Scalar], from start: Int, cost: inout Int, limit: Int) -> [Int]? {
    var (current, next) = (Threads(program.count), Threads(program.count))
    cost += program.count / 8
    let (fresh, first) = ([Int](repeating: -1, count: slotCount), first)
    var best: [Int]?
    var at = start
    while at <= text.count, cost <= limit {
      cost += 1
      let canBegin = first.map { at < text.count && $0.contains(text[at]) } ?? true
      if best == nil, canBegin { add(0, fresh, at, text, &current, &cost) }
      if current.order.isEmpty, best != nil { break }
      step(at, text, &current, &next, &best, &cost)
      current.order.removeAll(keepingCapacity: true)
      swap(&current, &next)
      at += 1
    }
    return best
  }

  /// Takes one character in every thread, up to the first that has matched: those behind it are of lower rank.
  private func step(
    _ at: Int, _ text: [Unicode.Scalar], _ current: inout Threads, _ next: inout Threads, _ best: inout [Int]?, _ cost: inout Int
  ) {
    for thread in current.order {
      switch program[thread.state] {
      case .match:
        best = thread.slots
        return
      case .scalar(let set):
        if at < text.count, set.contains(text[at]) { add(thread.state + 1, thread.slots, at + 1, text, &next, &cost) }
      case .split, .jump, .save, .start, .end: break
      }
    }
  }

  /// Follows everything that takes no character, with a stack of its own.
  private func add(
    _ state: Int, _ slots: [Int], _ at: Int, _ text: [Unicode.Scalar], _ threads: inout Threads, _ cost: inout Int
  ) {
    var stack = [(state, slots)]
    while let (state, slots) = stack.popLast() {
      guard threads.seen[state] != at else { continue }
      threads.seen[state] = at
      cost += 1 + slots.count / 8
      switch program[state] {
      case .jump(let target): stack.append((target, slots))
      case .split(let first, let second):
        stack.append((second, slots))
        stack.append((first, slots))
      case .save(let slot):
        var changed = slots
        if slot < changed.count { changed[slot] = at }
        stack.append((state + 1, changed))
      case .start: if at == 0 || multiline && text[at - 1] == "\n" { stack.append((state + 1, slots)) }
      case .end: if at == text.count || multiline && text[at] == "\n" { stack.append((state + 1, slots)) }
      case .scalar, .match: threads.order.append((state, slots))
      }
    }
  }
}
