import FlowBPMN
import FlowCore

/// One YAML mapping of an annotation while it is read: gives values by key and type, remembers what it was asked for, and
/// tells what nobody asked for.
struct AnnotationFields {
  private let object: JSON.Object
  private let path: String
  private let line: Int
  private let element: String?
  private var asked: [String] = []
  private(set) var findings: [Finding] = []
  private(set) var unknown: [RexflowUnknown] = []

  init(_ object: JSON.Object, path: String, line: Int, element: String?) {
    self.object = object
    self.path = path
    self.line = line
    self.element = element
  }

  var names: [String] { object.names }

  /// nil when the key is missing or null.
  mutating func value(_ key: String) -> JSON? {
    asked.append(key)
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  /// A text; numbers and booleans are taken as they print.
  mutating func text(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    switch value {
    case .string(let text): return text
    case .int, .double, .decimal, .bool: return value.text
    case .null, .array, .object: return wrong(key, "a text")
    }
  }

  mutating func texts(_ key: String) -> [String] {
    guard let value = value(key) else { return [] }
    guard let items = value.array else { return wrong(key, "a list of texts") ?? [] }
    var texts: [String] = []
    for item in items {
      switch item {
      case .string(let text): texts.append(text)
      case .int, .double, .decimal, .bool: texts.append(item.text)
      case .null, .array, .object: return wrong(key, "a list of texts") ?? []
      }
    }
    return texts
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.int ?? value.string.flatMap({ Int64($0) }), let result = Int(exactly: number), range.contains(result)
    else { return wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") }
    return result
  }

  mutating func flag(_ key: String) -> Bool? {
    guard let value = value(key) else { return nil }
    return value.bool ?? wrong(key, "true or false")
  }

  mutating func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) -> Choice? where Choice.RawValue == String {
    guard let value = value(key) else { return nil }
    guard let choice = value.string.flatMap({ Choice(rawValue: $0.lowercased()) }) else {
      return wrong(key, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// A method that services are called with; more the original did not have, and HEAD is for probes.
  mutating func method(_ key: String) -> String? {
    guard let text = text(key)?.uppercased() else { return nil }
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return known.contains(text) ? text : wrong(key, "one of \(known.joined(separator: ", "))")
  }

  /// The mapping under a key; what is noticed in it comes back by `absorb`.
  mutating func fields(_ key: String) -> AnnotationFields? {
    guard let value = value(key) else { return nil }
    guard let object = value.object else { return wrong(key, "a mapping") }
    return AnnotationFields(object, path: path + "." + key, line: line, element: element)
  }

  mutating func absorb(_ inner: AnnotationFields) {
    findings.append(contentsOf: inner.findings)
    unknown.append(contentsOf: inner.unknown)
  }

  private mutating func wrong<Value>(_ key: String, _ wanted: String) -> Value? {
    findings.append(
      Finding(
        .error, "annotation-type", line: line, element: element, "\(path).\(key) must be \(wanted)",
        hint: "write it as \(key): … in the annotation"))
    return nil
  }

  /// Call when everything known was asked for. Keys in `ignored` had a meaning once and get another text.
  mutating func finish(ignored: Set<String> = []) {
    for (name, value) in object.members where !asked.contains(name) {
      unknown.append(RexflowUnknown(path: path + "." + name, value: value))
      if ignored.contains(name) {
        note("ignored-key", "\(path).\(name) has no meaning here and is ignored", hint: "remove the key")
      } else {
        let near = nearest(to: name, among: asked)
        note(
          "unknown-key", "nobody knows \(path).\(name); it is kept and ignored",
          hint: near.map { "did you mean '\($0)'?" } ?? "known keys: \(asked.sorted().joined(separator: ", "))")
      }
    }
  }

  mutating func note(_ code: String, _ message: String, hint: String) {
    findings.append(Finding(.warning, code, line: line, element: element, message, hint: hint))
  }
}

/// The candidate that two typing errors at most turn into `word`.
func nearest(to word: String, among candidates: [String]) -> String? {
  guard word.utf8.count <= 64 else { return nil }
  let ranked = candidates.map { (name: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
  guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
  return best.distance <= min(2, word.utf8.count / 2) ? best.name : nil
}

/// Levenshtein's distance.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for (i, a) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in right.enumerated() {
      let substituted = diagonal + (a == b ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
    }
  }
  return row[right.count]
}
