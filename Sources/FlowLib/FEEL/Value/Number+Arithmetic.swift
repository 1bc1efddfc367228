extension Number {
  /// The nearest number to `high·2^128 + low` times ten to the `exponent`; `sticky` says that a little more was cut off.
  /// The value must be below 10^72.
  static func rounded(
    high: UInt128, low: UInt128, exponent: Int32, isNegative: Bool, sticky: Bool = false
  ) -> Number? {
    if high == 0, low < limit, !sticky { return checked(low, exponent: exponent, isNegative: isNegative) }
    let (top, _) = limit.dividingFullWidth((high, low))
    let excess = digitCount(top)
    guard excess > 0 else { return checked(low, exponent: exponent, isNegative: isNegative) }
    let divisor = powerOfTen(excess)
    var (quotient, remainder) = divisor.dividingFullWidth((high, low))
    let half = divisor / 2
    let up = remainder > half || remainder == half && (sticky || quotient & 1 == 1)
    if up { quotient += 1 }
    return checked(quotient, exponent: exponent + Int32(excess), isNegative: isNegative)
  }

  /// Brings coefficient and exponent into range; nil when the number is too large, zero when it is too small.
  static func checked(_ coefficient: UInt128, exponent: Int32, isNegative: Bool) -> Number? {
    var coefficient = coefficient
    var exponent = exponent
    if coefficient == limit {
      coefficient /= 10
      exponent += 1
    }
    guard coefficient != 0 else { return .zero }
    if exponent > exponentMax {
      let shift = Int(exponent - exponentMax)
      guard shift + digitCount(coefficient) <= digits else { return nil }
      return Number(unchecked: coefficient * powerOfTen(shift), exponent: exponentMax, isNegative: isNegative)
    }
    if exponent < exponentMin {
      let drop = Int(exponentMin) - Int(exponent)
      guard drop <= digits else { return .zero }
      return Number(unchecked: coefficient / powerOfTen(drop), exponent: exponentMin, isNegative: isNegative)
    }
    return Number(unchecked: coefficient, exponent: exponent, isNegative: isNegative)
  }

  package static func sum(_ left: Number, _ right: Number) -> Number? {
    if left.exponent == right.exponent {
      return addAligned((0, left.coefficient), left.isNegative, (0, right.coefficient), right.isNegative, left.exponent)
    }
    if left.isZero { return right }
    if right.isZero { return left }
    return left.exponent > right.exponent ? addShifted(left, right) : addShifted(right, left)
  }

  package static func difference(_ left: Number, _ right: Number) -> Number? { sum(left, right.negated) }

  /// Adds when `upper` has the larger exponent.
  private static func addShifted(_ upper: Number, _ lower: Number) -> Number? {
    var big = upper
    var shift = Int(upper.exponent) - Int(lower.exponent)
    if shift > 36 {
      let room = min(digits - digitCount(upper.coefficient), shift)
      big = Number(
        unchecked: upper.coefficient * powerOfTen(room), exponent: upper.exponent - Int32(room), isNegative: upper.isNegative)
      shift -= room
      // Less than a thousandth of the last place can not change the rounded sum.
      if shift > 36 { return big }
    }
    let wide = big.coefficient.multipliedFullWidth(by: powerOfTen(shift))
    return addAligned((wide.high, wide.low), big.isNegative, (0, lower.coefficient), lower.isNegative, lower.exponent)
  }

  private typealias Wide = (high: UInt128, low: UInt128)

  private static func addAligned(
    _ left: Wide, _ leftNegative: Bool, _ right: Wide, _ rightNegative: Bool, _ exponent: Int32
  ) -> Number? {
    if leftNegative == rightNegative {
      let (low, carry) = left.low.addingReportingOverflow(right.low)
      return rounded(high: left.high &+ right.high &+ (carry ? 1 : 0), low: low, exponent: exponent, isNegative: leftNegative)
    }
    let leftLarger = left.high != right.high ? left.high > right.high : left.low >= right.low
    let (big, small) = leftLarger ? (left, right) : (right, left)
    let (low, borrow) = big.low.subtractingReportingOverflow(small.low)
    return rounded(
      high: big.high &- small.high &- (borrow ? 1 : 0), low: low, exponent: exponent,
      isNegative: leftLarger ? leftNegative : rightNegative)
  }

  package static func product(_ left: Number, _ right: Number) -> Number? {
    let wide = left.coefficient.multipliedFullWidth(by: right.coefficient)
    return rounded(
      high: wide.high, low: wide.low, exponent: left.exponent + right.exponent, isNegative: left.isNegative != right.isNegative)
  }

  /// Nil when `right` is zero.
  package static func quotient(_ left: Number, _ right: Number) -> Number? {
    guard !right.isZero else { return nil }
    var (whole, rest) = left.coefficient.quotientAndRemainder(dividingBy: right.coefficient)
    var exponent = left.exponent - right.exponent
    let ideal = exponent
    let negative = left.isNegative != right.isNegative
    // The remainder is below 10^34, so four more digits fit in 128 bits at a time.
    while rest != 0, whole < limit {
      let (next, remainder) = (rest * 10_000).quotientAndRemainder(dividingBy: right.coefficient)
      whole = whole * 10_000 + next
      rest = remainder
      exponent -= 4
    }
    let result = rounded(high: 0, low: whole, exponent: exponent, isNegative: negative, sticky: rest != 0)
    return rest == 0 ? result?.strippingZeros(to: ideal) : result
  }

  /// `left - right × floor(left / right)`: the remainder has the sign of the divisor, as FEEL's `modulo` and Python's `%`.
  package static func modulo(_ left: Number, _ right: Number) -> Number? {
    guard !right.isZero else { return nil }
    if left.exponent >= 0, right.exponent >= 0, let dividend = left.int64, let divisor = right.int64, divisor != -1 {
      let rest = dividend % divisor
      return Number(rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest)
    }
    guard let ratio = quotient(left, right), let taken = product(right, ratio.rounded(scale: 0, .floor)) else { return nil }
    return difference(left, taken)
  }

  /// `base` to an integer power by squaring, to another one by logarithms (15 digits).
  package static func power(_ base: Number, _ exponent: Number) -> Number? {
    guard let count = exponent.int64 else {
      guard !base.isNegative else { return nil }
      return Number(realPower(base.double, exponent.double))
    }
    if base.isZero { return count > 0 ? .zero : count == 0 ? .one : nil }
    if base == .one { return .one }
    var result = Number.one
    var factor = base
    var rest = count.magnitude
    while rest != 0 {
      if rest & 1 == 1 {
        guard let next = product(result, factor) else { return count < 0 ? .zero : nil }
        result = next
      }
      rest >>= 1
      guard rest != 0 else { break }
      guard let square = product(factor, factor) else { return count < 0 ? .zero : nil }
      factor = square
      // Underflow ends the climb: every further factor is zero too.
      if factor.isZero { return count < 0 ? nil : .zero }
    }
    return count < 0 ? quotient(.one, result) : result
  }

  /// Nil for a negative number. Newton's method from the binary root; two rounds give all 34 digits.
  package var squareRoot: Number? {
    guard !isNegative else { return nil }
    guard !isZero else { return .zero }
    // An even power of ten is taken out first, so that the binary guess neither overflows nor vanishes.
    let half = Int32((Double(Number.digitCount(coefficient)) + Double(exponent)) / 2)
    let scaled = Number(unchecked: coefficient, exponent: exponent - 2 * half, isNegative: false)
    guard var root = Number(scaled.double.squareRoot()) else { return nil }
    for _ in 0..<3 {
      guard let ratio = Number.quotient(scaled, root), let sum = Number.sum(root, ratio) else { return nil }
      guard let next = Number.quotient(sum, Number(2)) else { return nil }
      root = next
    }
    let short = root.reduced
    return Number.checked(short.coefficient, exponent: short.exponent + half, isNegative: false)
  }
}
