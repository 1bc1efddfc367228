/// The offsets of one time zone over all time, as a compiled time-zone file tells them.
///
/// - Source: RFC 8536 (TZif); leap seconds are not known, as nowhere in the house.
package struct ZoneRules: Sendable {
  /// Instants at which the offset changes, ascending, and the offsets from then on.
  private let instants: [Int64]
  private let offsets: [Int64]
  private let first: Int64
  /// What holds after the last change.
  private let rule: ZoneRule?

  package init(fixed offset: Int64) {
    (instants, offsets, first, rule) = ([], [], offset, nil)
  }

  /// Seconds east of UTC at an instant, in seconds since 1970.
  package func offset(at instant: Int64) -> Int64 {
    guard let last = instants.last, instant < last else { return rule?.offset(at: instant) ?? offsets.last ?? first }
    var (low, high) = (0, instants.count)
    while low < high {
      let middle = (low + high) / 2
      if instants[middle] <= instant { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : offsets[low - 1]
  }

  /// Seconds east of UTC when the zone's clock shows `local`; the earlier offset where the clock shows it twice or not at all.
  package func offset(atLocal local: Int64) -> Int64 {
    let (before, after) = (offset(at: local &- 86_400), offset(at: local &+ 86_400))
    if before == after || offset(at: local &- before) == before { return before }
    return offset(at: local &- after) == after ? after : before
  }
}

extension ZoneRules {
  /// Bytes of a time-zone file; the largest has 4 KB.
  package static let bytesMax = 64 << 10

  /// Nil when the bytes are no such file, or count leap seconds.
  package init?(parsing bytes: [UInt8]) {
    guard bytes.count <= ZoneRules.bytesMax, let header = Header(bytes, at: 0) else { return nil }
    guard header.version > 0 else {
      guard let block = Block(bytes, header, at: 44, wide: false) else { return nil }
      self.init(block, rule: nil)
      return
    }
    let second = 44 + header.size(wide: false)
    guard let wide = Header(bytes, at: second), let block = Block(bytes, wide, at: second + 44, wide: true) else { return nil }
    let footer = bytes.dropFirst(second + 44 + wide.size(wide: true))
    guard footer.first == 0x0A, let end = footer.dropFirst().firstIndex(of: 0x0A) else { return nil }
    let text = footer[(footer.startIndex + 1)..<end]
    let rule = ZoneRule(parsing: text)
    guard rule != nil || text.isEmpty else { return nil }
    self.init(block, rule: rule)
  }

  private init(_ block: Block, rule: ZoneRule?) {
    (instants, offsets, first) = (block.instants, block.offsets, block.first)
    self.rule = rule
  }

  private struct Header {
    let version: UInt8
    let leaps: Int
    let times: Int
    let types: Int
    private let flags: Int
    private let characters: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard bytes.count >= start + 44, bytes[start..<start + 4].elementsEqual("TZif".utf8) else { return nil }
      version = bytes[start + 4] >= 0x32 ? bytes[start + 4] - 0x30 : 0
      let counts = (0..<6).map { ZoneRules.number(bytes, start + 20 + 4 * $0, 4) }
      guard counts.allSatisfy({ 0...10_000 ~= $0 }) else { return nil }
      flags = Int(counts[0] + counts[1])
      leaps = Int(counts[2])
      times = Int(counts[3])
      types = Int(counts[4])
      characters = Int(counts[5])
    }

    func size(wide: Bool) -> Int {
      let width = wide ? 8 : 4
      return times * (width + 1) + types * 6 + characters + leaps * (width + 4) + flags
    }
  }

  private struct Block {
    var instants: [Int64] = []
    var offsets: [Int64] = []
    let first: Int64

    init?(_ bytes: [UInt8], _ header: Header, at start: Int, wide: Bool) {
      let width = wide ? 8 : 4
      guard header.leaps == 0, header.types > 0, bytes.count >= start + header.size(wide: wide) else { return nil }
      let kinds = start + header.times * width
      let table = kinds + header.times
      func offset(_ kind: Int) -> Int64? { kind < header.types ? ZoneRules.number(bytes, table + 6 * kind, 4) : nil }
      guard let zero = offset(0) else { return nil }
      first = zero
      for index in 0..<header.times {
        let instant = ZoneRules.number(bytes, start + index * width, width)
        guard let offset = offset(Int(bytes[kinds + index])), abs(offset) < 100_000 else { return nil }
        guard instants.last.map({ $0 < instant }) ?? true else { return nil }
        instants.append(instant)
        offsets.append(offset)
      }
    }
  }

  /// A signed number, the most significant byte first.
  private static func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> Int64 {
    var value: UInt64 = bytes[at] & 0x80 == 0 ? 0 : .max
    for byte in bytes[at..<at + width] { value = value << 8 | UInt64(byte) }
    return Int64(bitPattern: value)
  }
}
