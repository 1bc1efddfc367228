/// The functions that every expression sees, by their names in DMN 1.5, chapter 10.3.4, and those that Camunda adds.
package enum Builtin: String, CaseIterable, Sendable {
  // Conversions
  case date, time, dateAndTime = "date and time", duration, yearsAndMonthsDuration = "years and months duration", string, number
  case not, isDefined = "is defined", getOrElse = "get or else", assert, toJSON = "to json", fromJSON = "from json", range
  case toBase64 = "to base64"
  // Strings
  case substring, stringLength = "string length", upperCase = "upper case", lowerCase = "lower case"
  case substringBefore = "substring before", substringAfter = "substring after", replace, contains, startsWith = "starts with"
  case endsWith = "ends with", matches, split, stringJoin = "string join", extract, trim, isBlank = "is blank"
  // Lists
  case listContains = "list contains", count, min, max, sum, mean, all, and, any, or, sublist, append, concatenate
  case insertBefore = "insert before", remove, reverse, indexOf = "index of", union, distinctValues = "distinct values"
  case duplicateValues = "duplicate values", flatten, product, median, stddev, mode, sort, listReplace = "list replace"
  case isEmpty = "is empty", partition
  // Numbers
  case decimal, floor, ceiling, roundUp = "round up", roundDown = "round down", roundHalfUp = "round half up"
  case roundHalfDown = "round half down", abs, modulo, sqrt, log, exp, odd, even
  // Contexts
  case getValue = "get value", getEntries = "get entries", context, contextPut = "context put", put, contextMerge = "context merge"
  case putAll = "put all"
  // Ranges
  case before, after, meets, metBy = "met by", overlaps, overlapsBefore = "overlaps before", overlapsAfter = "overlaps after"
  case finishes, finishedBy = "finished by", includes, during, starts, startedBy = "started by", coincides
  // Temporals
  case now, today, dayOfWeek = "day of week", dayOfYear = "day of year", weekOfYear = "week of year", monthOfYear = "month of year"
  case lastDayOfMonth = "last day of month", `is`, cycle

  package enum Table: Sendable { case conversion, string, list, number, context, range, temporal }

  /// Functions of others that can not be had: an expression gives the same whenever and wherever it is asked.
  static let refused: [String: String] = [
    "random number": "no random numbers: an expression gives the same whenever it is asked",
    "uuid": "no random identifiers: an expression gives the same whenever it is asked",
  ]

  private static let byName: [String: Builtin] = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  package init?(name: String) {
    guard let builtin = Builtin.byName[name] else { return nil }
    self = builtin
  }

  var table: Table {
    switch self {
    case .date, .time, .dateAndTime, .duration, .yearsAndMonthsDuration, .string, .number, .not, .isDefined, .getOrElse, .assert, .toJSON,
      .fromJSON, .range, .toBase64:
      .conversion
    case .substring, .stringLength, .upperCase, .lowerCase, .substringBefore, .substringAfter, .replace, .contains, .startsWith, .endsWith,
      .matches, .split, .stringJoin, .extract, .trim, .isBlank:
      .string
    case .listContains, .count, .min, .max, .sum, .mean, .all, .and, .any, .or, .sublist, .append, .concatenate, .insertBefore, .remove,
      .reverse, .indexOf, .union, .distinctValues, .duplicateValues, .flatten, .product, .median, .stddev, .mode, .sort, .listReplace,
      .isEmpty, .partition:
      .list
    case .decimal, .floor, .ceiling, .roundUp, .roundDown, .roundHalfUp, .roundHalfDown, .abs, .modulo, .sqrt, .log, .exp, .odd, .even:
      .number
    case .getValue, .getEntries, .context, .contextPut, .put, .contextMerge, .putAll: .context
    case .before, .after, .meets, .metBy, .overlaps, .overlapsBefore, .overlapsAfter, .finishes, .finishedBy, .includes, .during, .starts,
      .startedBy, .coincides:
      .range
    case .now, .today, .dayOfWeek, .dayOfYear, .weekOfYear, .monthOfYear, .lastDayOfMonth, .is, .cycle: .temporal
    }
  }
}
