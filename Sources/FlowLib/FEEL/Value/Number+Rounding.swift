import Glibc

func realPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// How a number loses digits.
package enum Rounding: Sendable {
  case up, down, ceiling, floor, halfUp, halfDown, halfEven
}

extension Number {
  /// The number with at most `scale` digits behind the point (before it, when `scale` is negative).
  package func rounded(scale: Int, _ mode: Rounding) -> Number {
    let drop = -Int(exponent) - scale
    guard drop > 0, !isZero else { return self }
    // More digits than there are: only the directed modes leave anything of the number.
    let divisor = Number.powerOfTen(drop)
    let (quotient, remainder) = drop > 36 ? (0, coefficient) : coefficient.quotientAndRemainder(dividingBy: divisor)
    guard remainder != 0 else { return Number(unchecked: quotient, exponent: Int32(clamping: -scale), isNegative: isNegative) }
    let half = divisor / 2
    let aboveHalf = drop <= 36 && remainder > half
    let atHalf = drop <= 36 && remainder == half
    let away: Bool
    switch mode {
    case .up: away = true
    case .down: away = false
    case .ceiling: away = !isNegative
    case .floor: away = isNegative
    case .halfUp: away = aboveHalf || atHalf
    case .halfDown: away = aboveHalf
    case .halfEven: away = aboveHalf || atHalf && quotient & 1 == 1
    }
    let result = quotient + (away ? 1 : 0)
    return Number.checked(result, exponent: Int32(clamping: -scale), isNegative: isNegative) ?? self
  }

  package var floor: Number { rounded(scale: 0, .floor) }
  package var truncated: Number { rounded(scale: 0, .down) }

  /// e to this power; 15 digits.
  package var exponential: Number? { Number(exp(double)) }

  /// The natural logarithm; nil unless the number is above zero. 15 digits.
  package var logarithm: Number? { isNegative || isZero ? nil : Number(log(double)) }
}
