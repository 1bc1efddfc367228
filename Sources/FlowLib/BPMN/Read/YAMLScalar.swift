import FlowCore

/// The core types of YAML 1.1 as PyYAML resolves them; dates stay texts.
enum YAMLScalar {
  /// nil when an explicit tag does not fit.
  static func resolve(_ text: String, tag: String?, isPlain: Bool) -> JSON? {
    switch tag {
    case nil: return isPlain ? plain(text) : .string(text)
    case "!", "tag:yaml.org,2002:str": return .string(text)
    case "tag:yaml.org,2002:null": return .null
    case "tag:yaml.org,2002:bool": return bool(text)
    case "tag:yaml.org,2002:int": return integer(text)
    case "tag:yaml.org,2002:float": return float(text) ?? Double(text).map(JSON.double)
    case .some: return nil
    }
  }

  private static func plain(_ text: String) -> JSON {
    guard let first = text.utf8.first else { return .null }
    if isDigit(first) || "+-.".utf8.contains(first) { return integer(text) ?? float(text) ?? .string(text) }
    if text == "~" || text == "null" || text == "Null" || text == "NULL" { return .null }
    return bool(text) ?? .string(text)
  }

  private static func bool(_ text: String) -> JSON? {
    switch text {
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
    default: nil
    }
  }

  /// Decimal, `0b`, `0x`, octal with a leading zero, base 60 (`1:30`); underscores anywhere behind the first digit.
  private static func integer(_ text: String) -> JSON? {
    var digits = Substring(text)
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
    guard let first = digits.utf8.first, isDigit(first) else { return nil }
    let clean = digits.filter { $0 != "_" }
    guard let magnitude = magnitude(clean) else { return nil }
    return .int(isNegative ? -magnitude : magnitude)
  }

  private static func magnitude(_ digits: String) -> Int64? {
    if digits.hasPrefix("0b") { return digits.utf8.count > 2 ? unsigned(digits.dropFirst(2), radix: 2) : nil }
    if digits.hasPrefix("0x") { return unsigned(digits.dropFirst(2), radix: 16) }
    if digits.contains(":") { return sexagesimal(digits) }
    if digits.hasPrefix("0"), digits != "0" { return unsigned(digits.dropFirst(), radix: 8) }
    return unsigned(Substring(digits), radix: 10)
  }

  private static func unsigned(_ digits: Substring, radix: Int) -> Int64? {
    guard let first = digits.first, first != "-", first != "+" else { return nil }
    return Int64(digits, radix: radix)
  }

  private static func sexagesimal(_ text: String) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let first = parts.first, !first.hasPrefix("0") else { return nil }
    var total: Int64 = 0
    for (index, part) in parts.enumerated() {
      guard let value = unsigned(part, radix: 10), index == 0 || (value < 60 && part.utf8.count <= 2) else { return nil }
      let (scaled, overflow) = total.multipliedReportingOverflow(by: 60)
      let (sum, overflowed) = scaled.addingReportingOverflow(value)
      guard !overflow, !overflowed else { return nil }
      total = sum
    }
    return total
  }

  /// A decimal point is needed, and a sign in the exponent: `1e3` is a text in YAML 1.1.
  private static func float(_ text: String) -> JSON? {
    switch text {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
    case ".nan", ".NaN", ".NAN": return .double(.nan)
    default: break
    }
    let clean = text.filter { $0 != "_" }
    let body = clean.hasPrefix("-") || clean.hasPrefix("+") ? clean.dropFirst() : Substring(clean)
    let halves = body.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    guard let mantissa = halves.first, mantissa.contains("."), mantissa.utf8.contains(where: isDigit) else { return nil }
    guard mantissa.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) else { return nil }
    if halves.count == 2 { guard let sign = halves[1].first, sign == "+" || sign == "-" else { return nil } }
    let normal = (mantissa.hasPrefix(".") ? "0" : "") + mantissa + (mantissa.hasSuffix(".") ? "0" : "")
    let exponent = halves.count == 2 ? "e" + halves[1] : ""
    guard let value = Double(normal + exponent), value.isFinite else { return nil }
    return .double(clean.hasPrefix("-") ? -value : value)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
