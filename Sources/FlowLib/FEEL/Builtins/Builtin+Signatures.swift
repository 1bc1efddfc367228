extension Builtin {
  /// Parameter lists, by which named arguments are put in order; `name?` may be left out, `…` takes any number.
  private var signatures: [[String]] {
    switch self {
    case .date: [["from"], ["year", "month", "day"]]
    case .time: [["from"], ["hour", "minute", "second", "offset?"]]
    case .dateAndTime: [["from"], ["date", "time"], ["date", "timezone"]]
    case .duration, .fromJSON, .range: [["from"], ["value"]]
    case .string, .dayOfWeek, .dayOfYear, .weekOfYear, .monthOfYear, .lastDayOfMonth: [["from"], ["date"], ["value"]]
    case .yearsAndMonthsDuration: [["from", "to"]]
    case .number: [["from", "grouping separator?", "decimal separator?"], ["from", "groupingSeparator?", "decimalSeparator?"]]
    case .not: [["negand"]]
    case .isDefined, .toJSON, .toBase64: [["value"]]
    case .getOrElse: [["value", "default"]]
    case .assert: [["value", "condition", "cause?"]]
    case .substring: [["string", "start position", "length?"], ["string", "start", "length?"]]
    case .stringLength, .upperCase, .lowerCase, .trim, .isBlank: [["string"]]
    case .substringBefore, .substringAfter, .contains, .startsWith, .endsWith: [["string", "match"]]
    case .replace: [["input", "pattern", "replacement", "flags?"]]
    case .matches: [["input", "pattern", "flags?"]]
    case .split: [["string", "delimiter", "flags?"]]
    case .extract: [["input", "pattern"], ["string", "pattern"]]
    case .stringJoin: [["list", "delimiter?", "prefix?", "suffix?"], ["list", "delimiter"]]
    case .listContains: [["list", "element"]]
    case .count, .reverse, .distinctValues, .duplicateValues, .flatten, .isEmpty: [["list"]]
    case .partition: [["list", "size"]]
    case .min, .max, .sum, .mean, .all, .and, .any, .or, .product, .median, .stddev, .mode: [["list"], ["…"]]
    case .sublist: [["list", "start position", "length?"], ["list", "start", "length?"]]
    case .append: [["list", "item"], ["list", "…"]]
    case .concatenate, .union: [["…"]]
    case .insertBefore: [["list", "position", "newItem"]]
    case .remove: [["list", "position"]]
    case .indexOf: [["list", "match"]]
    case .sort: [["list", "precedes?"], ["list", "function?"]]
    case .listReplace: [["list", "position", "newItem"], ["list", "match", "newItem"]]
    case .decimal: [["n", "scale", "mode?"]]
    case .floor, .ceiling: [["n", "scale?"]]
    case .roundUp, .roundDown, .roundHalfUp, .roundHalfDown: [["n", "scale"]]
    case .abs: [["n"], ["number"]]
    case .sqrt, .log, .exp, .odd, .even: [["number"]]
    case .modulo: [["dividend", "divisor"]]
    case .getValue: [["m", "key"], ["context", "key"], ["context", "keys"]]
    case .getEntries: [["m"], ["context"]]
    case .context: [["entries"]]
    case .contextPut, .put: [["context", "key", "value"], ["context", "keys", "value"]]
    case .contextMerge: [["contexts"], ["…"]]
    case .putAll: [["contexts"], ["…"]]
    case .before, .after, .coincides: [["point1", "point2"], ["range", "point"], ["point", "range"], ["range1", "range2"]]
    case .meets, .metBy, .overlaps, .overlapsBefore, .overlapsAfter: [["range1", "range2"]]
    case .finishes, .starts, .during: [["point", "range"], ["range1", "range2"]]
    case .finishedBy, .includes, .startedBy: [["range", "point"], ["range1", "range2"]]
    case .now, .today: [[]]
    case .is: [["value1", "value2"]]
    case .cycle: [["interval"], ["repetitions", "interval"]]
    }
  }

  /// How many arguments each signature takes; an end of `Int.max` is open.
  private static let arities: [Builtin: [ClosedRange<Int>]] = Dictionary(
    uniqueKeysWithValues: allCases.map { builtin in
      (
        builtin,
        builtin.signatures.map { names in
          let needed = names.count(where: { !$0.hasSuffix("?") && $0 != "…" })
          return needed...(names.last == "…" ? Int.max : names.count)
        }
      )
    })

  func accepts(_ count: Int) -> Bool { Builtin.arities[self]?.contains { $0.contains(count) } ?? false }

  /// The values in the order of the parameters, nulls for optional ones left out in the middle; nil when no list fits.
  func ordered(_ names: [String], _ values: [Value]) -> [Value]? {
    guard Set(names).count == names.count else { return nil }
    for signature in signatures {
      let plain = signature.map { $0.hasSuffix("?") ? String($0.dropLast()) : $0 }
      guard names.allSatisfy({ plain.contains($0) }) else { continue }
      let missing = signature.contains { !$0.hasSuffix("?") && !names.contains($0) }
      guard !missing else { continue }
      let last = plain.lastIndex { names.contains($0) } ?? -1
      return plain.prefix(last + 1).map { name in names.firstIndex(of: name).map { values[$0] } ?? .null }
    }
    return nil
  }
}
