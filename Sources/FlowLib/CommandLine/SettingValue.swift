import FlowCore
import Glibc

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

  /// `host:port` of each part of `a`, `a:9001,b`, `::1,[::1]:9001`; blanks around a part do not count, and what is named twice counts once.
  ///
  /// - Parameter port: of a part that names none.
  /// - Returns: nil when one of them is no address, or there are too many.
  package static func addresses(_ text: String, port: Int) -> [String]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= Limits.daemonAddresses else { return nil }
    var found: [String] = []
    for part in parts {
      guard let (host, own) = daemonAddress(trimmed(part)) else { return nil }
      let written = (host.contains(":") ? "[\(host)]" : host) + ":\(own ?? port)"
      if !found.contains(written) { found.append(written) }
    }
    return found
  }

  private static func trimmed(_ part: Substring) -> Substring {
    var part = part.drop { $0 == " " }
    while part.last == " " { part.removeLast() }
    return part
  }

  /// An IPv6 address without a port needs no brackets.
  private static func daemonAddress(_ text: Substring) -> (host: String, port: Int?)? {
    if text.count(where: { $0 == ":" }) > 1, !text.hasPrefix("[") { return isIPv6(text) ? (String(text), nil) : nil }
    var (host, port) = (text, Int?.none)
    if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
      guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
      (host, port) = (text[..<colon], Int(number))
    }
    guard host.hasPrefix("[") else { return isHostName(host) ? (String(host), port) : nil }
    let inner = host.dropFirst().dropLast()
    return host.hasSuffix("]") && isIPv6(inner) ? (String(inner), port) : nil
  }

  private static func isHostName(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= Limits.hostBytes
      && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && !";/?#@[]:%\\\"'".unicodeScalars.contains($0) }
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    let address = text.prefix { $0 != "%" }
    var bytes = in6_addr()
    return text.utf8.count <= Limits.hostBytes && inet_pton(AF_INET6, String(address), &bytes) == 1
      && text.dropFirst(address.count + 1).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }

  private static func addressesProblem(_ text: String) -> String? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= Limits.daemonAddresses else { return "more than \(Limits.daemonAddresses) addresses" }
    for part in parts where daemonAddress(trimmed(part)) == nil {
      let what = trimmed(part).isEmpty ? "an empty address in '\(text)'" : "'\(trimmed(part))' is not HOST or HOST:PORT"
      return parts.count > 1 ? what + "; several addresses are parted by commas" : what
    }
    return nil
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
    case .addresses: return addressesProblem(text)
    case .choice(let words):
      if words.contains(where: { $0.lowercased() == text.lowercased() }) { return nil }
      let near = Suggestion.nearest(to: text, among: words).map { "; did you mean '\($0)'?" } ?? ""
      return "'\(text)' is not one of " + words.joined(separator: ", ") + near
    }
  }
}
