/// The forms of ISO 8601 that timers and due dates are written in. Only the form is looked at; the engine reads the values.
enum ISOText {
  /// `P1Y2M3W4DT5H6M7.8S`: each unit at most once and in that order, one at least.
  static func isDuration(_ text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
    guard bytes.popFirst() == UInt8(ascii: "P"), !bytes.isEmpty else { return false }
    let parts = bytes.split(separator: UInt8(ascii: "T"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let date = parts.first, isUnits(date, of: "YMWD") else { return false }
    guard parts.count == 2 else { return !date.isEmpty }
    return !parts[1].isEmpty && isUnits(parts[1], of: "HMS")
  }

  private static func isUnits(_ text: ArraySlice<UInt8>, of order: String) -> Bool {
    var rest = text
    var units = Array(order.utf8)[...]
    while !rest.isEmpty {
      let digits = rest.prefix { isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "-") }
      rest = rest.dropFirst(digits.count)
      guard digits.contains(where: isDigit), let unit = rest.popFirst(), let position = units.firstIndex(of: unit) else { return false }
      units = units[(position + 1)...]
    }
    return true
  }

  /// `2026-11-20T12:00:00.000+01:00[Europe/Berlin]`; seconds, fraction and zone may be missing.
  static func isDateTime(_ text: String) -> Bool {
    let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, isDate(parts[0]) else { return false }
    let time = parts[1].prefix { ("0"..."9").contains($0) || $0 == ":" || $0 == "." || $0 == "," }
    return isTime(time) && isZone(parts[1].dropFirst(time.count))
  }

  private static func isDate(_ text: Substring) -> Bool {
    let fields = text.split(separator: "-", omittingEmptySubsequences: false)
    if fields.count == 1 { return text.utf8.count == 8 && text.utf8.allSatisfy(isDigit) }
    guard fields.count == 3, fields.allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else { return false }
    guard fields[0].utf8.count >= 4, let month = Int(fields[1]), let day = Int(fields[2]) else { return false }
    return (1...12).contains(month) && (1...31).contains(day)
  }

  private static func isTime(_ text: Substring) -> Bool {
    let whole = text.prefix { $0 != "." && $0 != "," }
    let fields = whole.split(separator: ":", omittingEmptySubsequences: false)
    if fields.count == 1 { return [4, 6].contains(whole.utf8.count) }
    guard (2...3).contains(fields.count), let hour = Int(fields[0]) else { return false }
    return hour <= 24 && fields.dropFirst().allSatisfy { Int($0).map { (0...60).contains($0) } ?? false }
  }

  private static func isZone(_ text: Substring) -> Bool {
    if text.isEmpty || text == "Z" { return true }
    if text.hasPrefix("Z[") || text.hasPrefix("[") { return text.hasSuffix("]") }
    guard text.hasPrefix("+") || text.hasPrefix("-") else { return false }
    let offset = text.dropFirst().prefix { $0 != "[" }
    let name = text.dropFirst(1 + offset.count)
    let digits = offset.filter { $0 != ":" }
    return [2, 4].contains(digits.utf8.count) && digits.utf8.allSatisfy(isDigit) && (name.isEmpty || name.hasSuffix("]"))
  }

  /// Six fields with seconds first, or a word such as `@daily`.
  static func isCron(_ text: String) -> Bool {
    if text.hasPrefix("@") { return ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"].contains(text) }
    let fields = text.split(separator: " ")
    return fields.count == 6 && fields.allSatisfy { $0.utf8.allSatisfy(isCronByte) }
  }

  private static func isCronByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || "*/,-?#".utf8.contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
