/// A decimal number of up to 34 significant digits, as DMN asks for (IEEE 754 decimal128 without its NaN and infinities).
///
/// The value is `coefficient × 10^exponent`, negated when `isNegative`. Results that need more digits are rounded half to even.
/// What would leave the range of decimal128 is nil, so that each caller says what it means. Small integers have exponent 0 and
/// a coefficient of one machine word: they are added, multiplied and compared without any division.
package struct Number: Sendable {
  package let coefficient: UInt128
  package let exponent: Int32
  package let isNegative: Bool

  static let digits = 34
  /// Bounds of the decimal128 exponent for a full coefficient.
  static let exponentMax: Int32 = 6111
  static let exponentMin: Int32 = -6176

  init(unchecked coefficient: UInt128, exponent: Int32, isNegative: Bool) {
    self.coefficient = coefficient
    self.exponent = coefficient == 0 ? 0 : exponent
    self.isNegative = isNegative && coefficient != 0
  }

  package init(_ value: Int64) {
    self.init(unchecked: UInt128(value.magnitude), exponent: 0, isNegative: value < 0)
  }

  package init(_ value: Int) { self.init(Int64(value)) }

  package static let zero = Number(Int64(0))
  package static let one = Number(Int64(1))

  package var isZero: Bool { coefficient == 0 }

  package var negated: Number { Number(unchecked: coefficient, exponent: exponent, isNegative: !isNegative) }
  package var magnitude: Number { Number(unchecked: coefficient, exponent: exponent, isNegative: false) }

  /// Ten to the power of `index`, for 0 through 38.
  static func powerOfTen(_ index: Int) -> UInt128 { powersOfTen[min(max(index, 0), 38)] }

  private static let powersOfTen: [UInt128] = {
    var powers: [UInt128] = [1]
    for index in 0..<38 { powers.append(powers[index] * 10) }
    return powers
  }()

  static let limit = powerOfTen(digits)

  /// Decimal digits of a coefficient; 0 has none.
  static func digitCount(_ value: UInt128) -> Int {
    guard value != 0 else { return 0 }
    // log10(2) is a little more than 1233/4096; the guess is right or one too small.
    let bits = 128 - value.leadingZeroBitCount
    let guess = (bits * 1233) >> 12
    return value >= powerOfTen(guess) ? guess + 1 : guess
  }

  /// The same value without trailing zeros in its coefficient.
  package var reduced: Number { strippingZeros(to: Int32.max) }

  func strippingZeros(to ideal: Int32) -> Number {
    guard coefficient != 0 else { return .zero }
    var rest = coefficient
    var power = exponent
    while power < ideal {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
      guard remainder == 0 else { break }
      rest = quotient
      power += 1
    }
    return Number(unchecked: rest, exponent: power, isNegative: isNegative)
  }

  /// The value as an integer of one word, nil when it has a fraction or is too large.
  package var int64: Int64? {
    guard coefficient != 0 else { return 0 }
    let whole = exponent == 0 ? self : reduced
    guard whole.exponent >= 0, whole.exponent <= 18 else { return nil }
    let (product, overflow) = whole.coefficient.multipliedReportingOverflow(by: Number.powerOfTen(Int(whole.exponent)))
    guard !overflow, product <= UInt128(Int64.max) else { return nil }
    return isNegative ? -Int64(product) : Int64(product)
  }

  package var int: Int? { int64.flatMap { Int(exactly: $0) } }

  package var isInteger: Bool { exponent >= 0 || reduced.exponent >= 0 }

  /// The nearest binary number; for functions that have no decimal form (`exp`, `log`).
  package var double: Double { Double(scientific) ?? 0 }

  private var scientific: String { (isNegative ? "-" : "") + String(coefficient) + "e" + String(exponent) }
}

extension Number: Hashable, Comparable {
  package static func == (left: Number, right: Number) -> Bool { compare(left, right) == 0 }
  package static func < (left: Number, right: Number) -> Bool { compare(left, right) < 0 }

  package func hash(into hasher: inout Hasher) {
    let form = reduced
    hasher.combine(form.coefficient)
    hasher.combine(form.exponent)
    hasher.combine(form.isNegative)
  }

  /// -1, 0 or 1 as `left` is below, equal to or above `right`.
  static func compare(_ left: Number, _ right: Number) -> Int {
    if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
    let order = compareMagnitude(left, right)
    return left.isNegative ? -order : order
  }

  private static func compareMagnitude(_ left: Number, _ right: Number) -> Int {
    if left.exponent == right.exponent { return order(left.coefficient, right.coefficient) }
    if left.isZero || right.isZero { return order(left.coefficient, right.coefficient) }
    let leftTop = digitCount(left.coefficient) + Int(left.exponent)
    let rightTop = digitCount(right.coefficient) + Int(right.exponent)
    if leftTop != rightTop { return leftTop < rightTop ? -1 : 1 }
    // Same leading position: the exponents differ by less than 34, so a double width holds both.
    let shift = Int(left.exponent) - Int(right.exponent)
    let wideLeft = left.coefficient.multipliedFullWidth(by: powerOfTen(max(shift, 0)))
    let wideRight = right.coefficient.multipliedFullWidth(by: powerOfTen(max(-shift, 0)))
    if wideLeft.high != wideRight.high { return order(wideLeft.high, wideRight.high) }
    return order(wideLeft.low, wideRight.low)
  }

  private static func order(_ left: UInt128, _ right: UInt128) -> Int { left < right ? -1 : left > right ? 1 : 0 }
}
