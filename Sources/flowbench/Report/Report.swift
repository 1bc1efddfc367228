import FlowCommandLine
import FlowCore
import Glibc

/// Prints a line for each figure as it comes, and at the end how the figures stand against the budgets.
final class Report {
  private let asJSON: Bool
  private var checks: [Verdict] = []

  init(asJSON: Bool) { self.asJSON = asJSON }

  func machine(_ machine: Machine) {
    if asJSON { emit(machine.json.bytes) } else { emit(Array(machine.text.utf8)) }
  }

  /// `<what> <value> <unit> <name> <value> …`.
  func line(_ what: String, _ value: Double, _ unit: String, _ extras: KeyValuePairs<String, Double> = [:]) {
    if asJSON {
      var object: JSON.Object = ["kind": "measure", "what": .string(what), "value": .double(value), "unit": .string(unit)]
      for (name, value) in extras { object[name] = .double(value) }
      return emit(JSON.object(object).bytes)
    }
    let rest = extras.map { " \($0.key) \(plain($0.value))" }.joined()
    emit(Array("\(what) \(plain(value)) \(unit)\(rest)".utf8))
  }

  /// A sentence beside the figures: what is missing, or why a figure means less than it says.
  func note(_ text: String) {
    emit(asJSON ? (["kind": "note", "text": .string(text)] as JSON).bytes : Array("note: \(text)".utf8))
  }

  /// Remembers how a figure stands against its budget.
  func check(_ verdict: Verdict) { checks.append(verdict) }

  func verdicts() {
    if !asJSON, !checks.isEmpty { emit(Array("-- against the budgets: measured / budget".utf8)) }
    for check in checks { emit(asJSON ? check.json.bytes : Array(check.text.utf8)) }
    guard !asJSON else { return }
    let judged = checks.filter { $0.isMet != nil }
    if !judged.isEmpty {
      emit(Array("\(judged.filter { $0.isMet == true }.count) met, \(judged.filter { $0.isMet == false }.count) missed".utf8))
    }
  }

  private func emit(_ line: [UInt8]) { Output.write(line + [0x0A], to: STDOUT_FILENO) }
}

/// One figure beside its budget, or beside somebody else's figure.
struct Verdict {
  enum Bound { case atLeast, atMost, compare }

  let what: String
  let measured: Double
  let bound: Bound
  let reference: Double
  let unit: String

  init(_ what: String, _ measured: Double, _ bound: Bound, _ reference: Double, _ unit: String) {
    self.what = what
    self.measured = measured
    self.bound = bound
    self.reference = reference
    self.unit = unit
  }

  var ratio: Double { reference == 0 ? 0 : measured / reference }

  /// Nil for a mere comparison.
  var isMet: Bool? {
    switch bound {
    case .atLeast: measured >= reference
    case .atMost: measured <= reference
    case .compare: nil
    }
  }

  var text: String {
    let sign =
      switch bound {
      case .atLeast: "≥"
      case .atMost: "≤"
      case .compare: "against"
      }
    let word =
      switch isMet {
      case true?: "✓ met"
      case false?: "✗ missed"
      case nil: "· compare"
      }
    return "\(word) \(what) \(plain(measured)) \(sign) \(plain(reference)) \(unit), ratio \(plain(ratio))"
  }

  var json: JSON {
    var object: JSON.Object = [
      "kind": "ratio", "what": .string(what), "measured": .double(measured), "reference": .double(reference), "unit": .string(unit),
      "ratio": .double(ratio),
    ]
    object["met"] = isMet.map { .bool($0) } ?? .null
    return .object(object)
  }
}

/// Whole above 100, one decimal above 10, then two, then three: as many digits as the figures are good for.
func plain(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "none" }
  let digits = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 1 ? 2 : 3
  let scale = [1, 10, 100, 1000][digits]
  let scaled = Int((abs(value) * Double(scale)).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(scaled)" }
  let fraction = String(scaled % scale)
  return "\(sign)\(scaled / scale).\(String(repeating: "0", count: digits - fraction.utf8.count))\(fraction)"
}
