extension Number {
  /// Reads `-12.5e3`; digits past the 34th are rounded half to even. Nil when it is not a number or out of range.
  package init?(parsing text: some StringProtocol) {
    self.init(parsing: Array(text.utf8)[...])
  }

  package init?(parsing bytes: ArraySlice<UInt8>) {
    var at = bytes.startIndex
    let negative = at < bytes.endIndex && bytes[at] == UInt8(ascii: "-")
    if at < bytes.endIndex, negative || bytes[at] == UInt8(ascii: "+") { at += 1 }
    var mantissa = Mantissa()
    var seenPoint = false
    var any = false
    while at < bytes.endIndex {
      let byte = bytes[at]
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if byte &- 48 < 10 {
        any = true
        mantissa.append(UInt128(byte &- 48), behindPoint: seenPoint)
      } else {
        break
      }
      at += 1
    }
    guard any, let power = Number.exponentPart(bytes[at...]) else { return nil }
    guard let number = mantissa.number(power: power, isNegative: negative) else { return nil }
    self = number
  }

  /// The first 38 digits, and what is needed to round the rest correctly.
  private struct Mantissa {
    var coefficient: UInt128 = 0
    var exponent: Int64 = 0
    var sticky = false

    mutating func append(_ digit: UInt128, behindPoint: Bool) {
      if coefficient < Number.powerOfTen(37) {
        coefficient = coefficient * 10 + digit
        if behindPoint { exponent -= 1 }
      } else {
        sticky = sticky || digit != 0
        if !behindPoint { exponent += 1 }
      }
    }

    func number(power: Int64, isNegative: Bool) -> Number? {
      let total = exponent + power
      guard coefficient != 0 else { return .zero }
      guard total < 10_000 else { return nil }
      guard total > -10_000 else { return .zero }
      return Number.rounded(high: 0, low: coefficient, exponent: Int32(total), isNegative: isNegative, sticky: sticky)
    }
  }

  /// The `e-12` behind the digits; 0 when there is nothing, nil when there is something else.
  private static func exponentPart(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard let first = bytes.first else { return 0 }
    guard first | 0x20 == UInt8(ascii: "e") else { return nil }
    var digits = bytes.dropFirst()
    let negative = digits.first == UInt8(ascii: "-")
    if negative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for digit in digits {
      guard digit &- 48 < 10 else { return nil }
      // Past a million the sign alone decides; the text may go on for as long as it likes.
      if value < 1_000_000 { value = value * 10 + Int64(digit &- 48) }
    }
    return negative ? -value : value
  }

  /// The shortest decimal text of a binary number; nil for infinities and NaN.
  package init?(_ value: Double) {
    guard value.isFinite else { return nil }
    self.init(parsing: value.description)
  }

  /// Plain digits without trailing zeros; an exponent only when the number is longer than 40 places.
  package var text: String {
    let form = reduced
    let digits = String(form.coefficient)
    let sign = isNegative ? "-" : ""
    let power = Int(form.exponent)
    if power == 0 { return sign + digits }
    if power > 0 {
      return power + digits.utf8.count <= 40 ? sign + digits + String(repeating: "0", count: power) : sign + digits + "e" + String(power)
    }
    if -power < digits.utf8.count {
      let split = digits.index(digits.endIndex, offsetBy: power)
      return sign + digits[..<split] + "." + digits[split...]
    }
    guard -power <= 40 else { return sign + digits + "e" + String(power) }
    return sign + "0." + String(repeating: "0", count: -power - digits.utf8.count) + digits
  }
}
