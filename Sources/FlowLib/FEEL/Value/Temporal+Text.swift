private func pad(_ number: Int64, _ width: Int) -> String {
  let text = String(number.magnitude)
  return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

/// `.5` for half a second; nothing for none.
private func fractionText(_ nanoseconds: Int64) -> String {
  guard nanoseconds != 0 else { return "" }
  var digits = Substring(pad(nanoseconds, 9))
  while digits.last == "0" { digits.removeLast() }
  return "." + digits
}

extension CivilDate {
  package var text: String { pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2) }
}

extension ZoneMark {
  package var text: String {
    switch self {
    case .none: return ""
    case .named(let name): return "@" + name
    case .offset(0): return "Z"
    case .offset(let seconds):
      let size = Int64(seconds.magnitude)
      let tail = size % 60 == 0 ? "" : ":" + pad(size % 60, 2)
      return (seconds < 0 ? "-" : "+") + pad(size / 3600, 2) + ":" + pad(size / 60 % 60, 2) + tail
    }
  }
}

extension CivilTime {
  package var text: String { pad(hour, 2) + ":" + pad(minute, 2) + ":" + pad(second, 2) + fractionText(fraction) + zone.text }
}

extension CivilDateTime {
  package var text: String { date.text + "T" + time.text }
}

enum DurationText {
  static func daysTime(_ nanoseconds: Int128) -> String {
    guard nanoseconds != 0 else { return "PT0S" }
    let size = nanoseconds.magnitude
    let (days, rest) = size.quotientAndRemainder(dividingBy: UInt128(CivilTime.day))
    let nanos = Int64(rest)
    let clock = CivilTime(nanoseconds: nanos, zone: .none)
    var text = nanoseconds < 0 ? "-P" : "P"
    if days > 0 { text += "\(days)D" }
    guard nanos > 0 else { return text }
    text += "T"
    if clock.hour > 0 { text += "\(clock.hour)H" }
    if clock.minute > 0 { text += "\(clock.minute)M" }
    if clock.second > 0 || clock.fraction > 0 { text += "\(clock.second)\(fractionText(clock.fraction))S" }
    return text
  }

  static func yearsMonths(_ months: Int64) -> String {
    guard months != 0 else { return "P0M" }
    let (years, rest) = (months.magnitude / 12, months.magnitude % 12)
    return (months < 0 ? "-P" : "P") + (years > 0 ? "\(years)Y" : "") + (rest > 0 ? "\(rest)M" : "")
  }
}
