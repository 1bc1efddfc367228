/// How the texts of settings become values.
package enum SettingValue {
  package static func boolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off": false
    default: nil
    }
  }

  /// Milliseconds of `500ms`, `90s`, `2m`, `1h`, `7d`; a bare number counts seconds. nil when it is none, negative or above 100 years.
  package static func milliseconds(_ text: String) -> Int64? {
    let units: [(suffix: String, factor: Double)] = [
      ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1000),
    ]
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }), let first = text.utf8.first,
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: "."),
      let number = Double(text.dropLast(unit.suffix.count))
    else { return nil }
    let value = (number * unit.factor).rounded()
    return value >= 0 && value < 3_200_000_000_000 ? Int64(value) : nil
  }

  /// `host:port`, `[::1]:9001`, `:9001` (all interfaces, host empty).
  package static func address(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
      return nil
    }
    let host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 { return (String(host.dropFirst().dropLast()), port) }
    return host.contains(":") || host.contains("[") || host.contains(" ") ? nil : (String(host), port)
  }

  /// Why a text is no value of this type; nil when it is one.
  package static func problem(_ text: String, _ type: ValueType) -> String? {
    switch type {
    case .text, .file, .directory, .dynamic: return nil
    case .integer(let range):
      if let value = Int(text), range.contains(value) { return nil }
      let bounds = range.upperBound == Int.max ? "from \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      return "'\(text)' is not a whole number \(bounds)"
    case .duration: return milliseconds(text) == nil ? "'\(text)' is not a duration like 90s, 500ms, 2m" : nil
    case .address: return address(text) == nil ? "'\(text)' is not host:port" : nil
    case .choice(let words):
      if words.contains(where: { $0.lowercased() == text.lowercased() }) { return nil }
      let near = Suggestion.nearest(to: text, among: words).map { "; did you mean '\($0)'?" } ?? ""
      return "'\(text)' is not one of " + words.joined(separator: ", ") + near
    }
  }
}
