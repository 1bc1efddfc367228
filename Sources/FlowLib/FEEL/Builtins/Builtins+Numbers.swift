import FlowCore

/// DMN 1.5, table 76: numeric functions.
extension Evaluator {
  mutating func numbers(_ builtin: Builtin, _ v: [Value]) throws(EvaluationError) -> Value {
    if builtin == .abs { return magnitude(v[0]) ?? refuse(builtin, v) }
    guard let number = v[0].number else { return refuse(builtin, v) }
    let result: Number?
    switch builtin {
    case .decimal: result = decimal(number, v)
    case .floor: result = scaled(number, v, .floor)
    case .ceiling: result = scaled(number, v, .ceiling)
    case .roundUp: result = scaled(number, v, .up)
    case .roundDown: result = scaled(number, v, .down)
    case .roundHalfUp: result = scaled(number, v, .halfUp)
    case .roundHalfDown: result = scaled(number, v, .halfDown)
    case .modulo: result = v[1].number.flatMap { Number.modulo(number, $0) }
    case .sqrt: result = number.squareRoot
    case .log: result = number.logarithm
    case .exp: result = number.exponential
    case .odd, .even:
      guard number.isInteger, let rest = Number.modulo(number, Number(2)) else { return refuse(builtin, v) }
      return .boolean(rest.isZero == (builtin == .even))
    default: result = nil
    }
    return result.map { .number($0) } ?? refuse(builtin, v)
  }

  private func magnitude(_ value: Value) -> Value? {
    switch value {
    case .number(let number): .number(number.magnitude)
    case .daysTime(let nanoseconds): .daysTime(abs(nanoseconds))
    case .yearsMonths(let months): months == Int64.min ? nil : .yearsMonths(abs(months))
    case .null, .boolean, .string, .list, .context, .date, .time, .dateTime, .range, .function: nil
    }
  }

  /// The second argument as a scale that decimal128 has; 0 when it is left out.
  private func scale(_ v: [Value]) -> Int? {
    guard v.count > 1 else { return 0 }
    guard let scale = v[1].number?.int, scale >= -6111, scale <= 6176 else { return nil }
    return scale
  }

  private func scaled(_ number: Number, _ v: [Value], _ mode: Rounding) -> Number? {
    scale(v).map { number.rounded(scale: $0, mode) }
  }

  private func decimal(_ number: Number, _ v: [Value]) -> Number? {
    guard let scale = scale(v) else { return nil }
    guard v.count > 2 else { return number.rounded(scale: scale, .halfEven) }
    switch v[2].string?.uppercased() {
    case "UP": return number.rounded(scale: scale, .up)
    case "DOWN": return number.rounded(scale: scale, .down)
    case "CEILING": return number.rounded(scale: scale, .ceiling)
    case "FLOOR": return number.rounded(scale: scale, .floor)
    case "HALF_UP": return number.rounded(scale: scale, .halfUp)
    case "HALF_DOWN": return number.rounded(scale: scale, .halfDown)
    case "HALF_EVEN": return number.rounded(scale: scale, .halfEven)
    case "UNNECESSARY":
      let same = number.rounded(scale: scale, .down)
      return same == number ? same : nil
    default: return nil
    }
  }
}
