/// Reads the lexical forms of XML Schema and ISO 8601 that FEEL takes. Every reader wants the whole text.
struct TemporalReader {
  private var rest: ArraySlice<UInt8>

  init(_ text: some StringProtocol) { rest = Array(text.utf8)[...] }

  var atEnd: Bool { rest.isEmpty }

  mutating func take(_ byte: Character) -> Bool {
    guard let wanted = byte.asciiValue, rest.first == wanted else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// Between `low` and `high` digits as a number.
  mutating func digits(_ low: Int, _ high: Int) -> (value: Int64, count: Int)? {
    var value: Int64 = 0
    var count = 0
    while count < high, let byte = rest.first, byte &- 48 < 10 {
      value = value * 10 + Int64(byte &- 48)
      count += 1
      rest = rest.dropFirst()
    }
    return count >= low ? (value, count) : nil
  }

  mutating func two() -> Int64? { digits(2, 2)?.value }

  mutating func date() -> CivilDate? {
    let negative = take("-")
    guard let (year, width) = digits(4, 9), width == 4 || year >= 10_000 else { return nil }
    guard take("-"), let month = two(), take("-"), let day = two() else { return nil }
    return CivilDate(year: negative ? -year : year, month: month, day: day)
  }

  mutating func time() -> CivilTime? {
    guard let hour = two(), take(":"), let minute = two(), take(":"), let second = two() else { return nil }
    var nanos: Int64 = 0
    if take(".") {
      guard let (value, count) = digits(1, 9) else { return nil }
      nanos = (0..<(9 - count)).reduce(value) { scaled, _ in scaled * 10 }
      while digits(1, 9) != nil {}
    }
    guard let zone = zone() else { return nil }
    return CivilTime(hour: hour, minute: minute, second: second, nanosecond: nanos, zone: zone)
  }

  /// `Z`, `+01:00` or `@Europe/Paris`, to the end of the text.
  mutating func zone() -> ZoneMark? {
    if atEnd { return ZoneMark.none }
    if take("Z") || take("z") { return .offset(0) }
    if take("@") {
      let name = rest
      let isName = !name.isEmpty && name.allSatisfy { $0 | 0x20 >= 97 && $0 | 0x20 <= 122 || $0 &- 48 < 10 || "/_+-".utf8.contains($0) }
      guard isName, name.count <= 64 else { return nil }
      rest = []
      return .named(String(decoding: name, as: UTF8.self))
    }
    let negative = take("-")
    guard negative || take("+"), let hours = two(), take(":"), let minutes = two(), hours <= 18, minutes < 60 else { return nil }
    var seconds = hours * 3600 + minutes * 60
    if take(":") {
      guard let extra = two(), extra < 60 else { return nil }
      seconds += extra
    }
    guard seconds <= 18 * 3600 else { return nil }
    return .offset(negative ? -seconds : seconds)
  }

  mutating func dateTime() -> CivilDateTime? {
    guard let date = date(), take("T"), let time = time() else { return nil }
    return CivilDateTime(date, time)
  }
}

extension ZoneMark {
  /// A zone as a function's argument names it: `Europe/Paris`, `Z`, `+01:00`.
  init?(named text: String) {
    var reader = TemporalReader(text.first.map { "Zz+-".contains($0) && text != "Zulu" } ?? true ? text : "@" + text)
    guard let mark = reader.zone(), mark != .none, reader.atEnd else { return nil }
    self = mark
  }
}

extension Value {
  static func dateText(_ text: String) -> CivilDate? {
    var reader = TemporalReader(text)
    let date = reader.date()
    return reader.atEnd ? date : nil
  }

  static func timeText(_ text: String) -> CivilTime? {
    var reader = TemporalReader(text)
    _ = reader.take("T")
    let time = reader.time()
    return reader.atEnd ? time : nil
  }

  static func dateTimeText(_ text: String) -> CivilDateTime? {
    var reader = TemporalReader(text)
    let value = reader.dateTime()
    return reader.atEnd ? value : nil
  }

  /// Either kind of duration; a duration that mixes both is none.
  static func durationText(_ text: String) -> Value? {
    var reader = DurationReader(text)
    return reader.read()
  }

  /// What `@"…"` means.
  static func temporalText(_ text: String) -> Value? {
    if let date = dateText(text) { return .date(date) }
    if let dateTime = dateTimeText(text) { return .dateTime(dateTime) }
    if let time = timeText(text) { return .time(time) }
    return durationText(text)
  }
}

private struct DurationReader {
  private var reader: TemporalReader
  private var months: Int128 = 0
  private var nanos: Int128 = 0
  private var hasMonths = false
  private var hasTime = false

  init(_ text: String) { reader = TemporalReader(text) }

  mutating func read() -> Value? {
    let negative = reader.take("-")
    guard reader.take("P") else { return nil }
    guard part("Y", months: 12), part("M", months: 1), part("D", seconds: 86_400) else { return nil }
    if reader.take("T") { guard clock() else { return nil } }
    guard reader.atEnd, hasMonths != hasTime else { return nil }
    if hasMonths { return Int64(exactly: negative ? -months : months).map { .yearsMonths($0) } }
    return .daysTime(negative ? -nanos : nanos)
  }

  private mutating func clock() -> Bool {
    guard !reader.atEnd, part("H", seconds: 3600), part("M", seconds: 60) else { return false }
    return secondsPart()
  }

  /// Takes `12Y` when it comes next; false when the number is broken.
  private mutating func part(_ letter: Character, months factor: Int128) -> Bool {
    guard let value = number(before: letter) else { return true }
    months += Int128(value) * factor
    hasMonths = true
    return true
  }

  private mutating func part(_ letter: Character, seconds factor: Int128) -> Bool {
    guard let value = number(before: letter) else { return true }
    nanos += Int128(value) * factor * 1_000_000_000
    hasTime = true
    return true
  }

  private mutating func number(before letter: Character) -> Int64? {
    var ahead = reader
    guard let (value, _) = ahead.digits(1, 18), ahead.take(letter) else { return nil }
    reader = ahead
    return value
  }

  private mutating func secondsPart() -> Bool {
    var ahead = reader
    guard let (whole, _) = ahead.digits(1, 18) else { return reader.atEnd }
    var fraction: Int64 = 0
    if ahead.take(".") {
      guard let (value, count) = ahead.digits(1, 9) else { return false }
      fraction = (0..<(9 - count)).reduce(value) { scaled, _ in scaled * 10 }
      while ahead.digits(1, 9) != nil {}
    }
    guard ahead.take("S") else { return false }
    nanos += Int128(whole) * 1_000_000_000 + Int128(fraction)
    hasTime = true
    reader = ahead
    return true
  }
}
