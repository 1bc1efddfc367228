import FlowCore

extension Value {
  /// What FEEL's `string()` gives; strings inside others, and with `quoted` all, stand in quotes.
  ///
  /// - Parameter limit: about where the text is cut; the caller's memory budget.
  static func text(_ value: Value, quoted: Bool, limit: Int) -> String {
    var out = ""
    write(value, quoted: quoted, limit: limit, to: &out)
    return out
  }

  private static func write(_ value: Value, quoted: Bool, limit: Int, to out: inout String) {
    guard out.utf8.count <= limit else { return }
    switch value {
    case .null: out += "null"
    case .boolean(let flag): out += flag ? "true" : "false"
    case .number(let number): out += number.text
    case .string(let text): out += quoted ? quote(text, limit: limit) : text
    case .list(let list): writeList(list, limit: limit, to: &out)
    case .context(let context): writeContext(context, limit: limit, to: &out)
    case .date(let date): out += date.text
    case .time(let time): out += time.text
    case .dateTime(let dateTime): out += dateTime.text
    case .daysTime(let nanoseconds): out += DurationText.daysTime(nanoseconds)
    case .yearsMonths(let months): out += DurationText.yearsMonths(months)
    case .range(let range): writeRange(range, limit: limit, to: &out)
    case .function(.builtin(let builtin)): out += "function " + builtin.rawValue
    case .function(.written(let parameters, _, _)): out += "function(" + parameters.map(\.name).joined(separator: ", ") + ")"
    }
  }

  private static func quote(_ text: String, limit: Int) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      if out.utf8.count > limit { break }
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private static func writeList(_ list: List, limit: Int, to out: inout String) {
    out += "["
    for (index, item) in list.items.enumerated() {
      if out.utf8.count > limit { break }
      if index > 0 { out += ", " }
      write(item, quoted: true, limit: limit, to: &out)
    }
    out += "]"
  }

  /// Entries as they would be written: a name stands bare, any other key in quotes.
  private static func writeContext(_ context: Context, limit: Int, to out: inout String) {
    out += "{"
    for index in 0..<context.count {
      if out.utf8.count > limit { break }
      if index > 0 { out += ", " }
      let name = context.names[index]
      let isName =
        !name.isEmpty
        && name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0 == "_" || $0 == " " || $0.properties.numericType != nil }
      out += isName ? name + ":" : quote(name, limit: limit) + ": "
      write(context.values[index], quoted: true, limit: limit, to: &out)
    }
    out += "}"
  }

  private static func writeRange(_ range: RangeValue, limit: Int, to out: inout String) {
    out += range.includesLow ? "[" : "("
    if !range.low.isNull { write(range.low, quoted: true, limit: limit, to: &out) }
    out += ".."
    if !range.high.isNull { write(range.high, quoted: true, limit: limit, to: &out) }
    out += range.includesHigh ? "]" : ")"
  }
}
