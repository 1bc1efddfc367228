import FlowCommandLine
import FlowCore

/// A value of the file with its place.
struct Node {
  let json: JSON
  let spot: JSONPlace
  let path: String

  subscript(name: String) -> Node? {
    guard let value = json[name], let place = spot.members[name] else { return nil }
    return Node(json: value, spot: place, path: path.isEmpty ? name : "\(path).\(name)")
  }

  /// The members of an object, the items of an array.
  var members: [(name: String, node: Node)] {
    (json.object?.members ?? []).compactMap { member in
      spot.members[member.name].map { (member.name, Node(json: member.value, spot: $0, path: "\(path).\(member.name)")) }
    }
  }
  var items: [Node] {
    zip(json.array ?? [], spot.items).enumerated().map { Node(json: $1.0, spot: $1.1, path: "\(path)[\($0)]") }
  }
}

/// Reads typed values out of JSON and keeps every mistake with its place, so that one run tells them all.
struct FieldReader {
  private let file: String
  private let lines: LineTable
  private(set) var mistakes: [ScenarioMistake] = []
  private(set) var elements: [Located<String>] = []

  init(file: String, bytes: [UInt8]) {
    self.file = file
    lines = LineTable(bytes)
  }

  func place(_ node: Node) -> SourcePlace { lines.place(of: node.spot.offset, path: node.path) }

  mutating func mistake(_ node: Node, _ message: String, hint: String? = nil) {
    mistake(at: place(node), message, hint: hint)
  }

  mutating func mistake(at offset: Int, path: String, _ message: String, hint: String? = nil) {
    mistake(at: lines.place(of: offset, path: path), message, hint: hint)
  }

  private mutating func mistake(at place: SourcePlace, _ message: String, hint: String?) {
    guard mistakes.count < Limits.findings else { return }
    mistakes.append(ScenarioMistake(file: file, place: place, message: message, hint: hint))
  }

  // MARK: Shapes

  /// True for an object that has only known members, each once.
  mutating func isObject(_ node: Node, of what: String, keys: [String]) -> Bool {
    guard let object = node.json.object else {
      mistake(node, "\(what) is an object, not \(FieldReader.kind(node.json))")
      return false
    }
    for (name, offset) in node.spot.repeated { mistake(at: offset, path: node.path, "\(JSON.quote(short(name))) comes twice") }
    for name in object.names where !keys.contains(name) && mistakes.count < Limits.findings {
      let hint = Suggestion.hint(for: name, among: keys) ?? "allowed are \(keys.joined(separator: ", "))"
      mistake(
        at: node.spot.members[name]?.nameOffset ?? node.spot.offset, path: node.path, "\(what) has no member \(JSON.quote(short(name)))",
        hint: hint)
    }
    return true
  }

  mutating func required(_ node: Node, _ name: String, of what: String) -> Node? {
    if let member = node[name] { return member }
    mistake(node, "\(what) needs \(JSON.quote(name))")
    return nil
  }

  // MARK: Values

  mutating func text(_ node: Node?, orElse missing: String = "") -> String {
    guard let node else { return missing }
    guard let text = node.json.string else {
      mistake(node, "a text is needed, not \(FieldReader.kind(node.json))")
      return missing
    }
    return text
  }

  /// A text that says something.
  mutating func name(_ node: Node?) -> String {
    let text = text(node)
    if let node, node.json.string == "" { mistake(node, "an empty text names nothing") }
    return text
  }

  mutating func optionalText(_ node: Node?) -> String? {
    guard let node, !node.json.isNull else { return nil }
    return text(node)
  }

  /// An element id, kept for the check against the models.
  mutating func element(_ node: Node?) -> String {
    guard let node else { return "" }
    let id = name(node)
    if !id.isEmpty { elements.append(Located(id, at: place(node))) }
    return id
  }

  /// The same for an id that is the name of a member.
  mutating func elementNamed(_ id: String, at member: Node) {
    elements.append(Located(id, at: lines.place(of: member.spot.nameOffset, path: member.path)))
  }

  mutating func boolean(_ node: Node?, orElse missing: Bool) -> Bool {
    guard let node else { return missing }
    guard let value = node.json.bool else {
      mistake(node, "true or false is needed, not \(FieldReader.kind(node.json))")
      return missing
    }
    return value
  }

  mutating func number(_ node: Node?, in range: ClosedRange<Int64>, orElse missing: Int) -> Int {
    guard let node else { return missing }
    guard let value = node.json.int, range.contains(value) else {
      let seen = node.json.int.map(String.init) ?? FieldReader.kind(node.json)
      mistake(node, "a whole number from \(range.lowerBound) to \(range.upperBound) is needed, not \(seen)")
      return missing
    }
    return Int(value)
  }

  mutating func optionalNumber(_ node: Node?, in range: ClosedRange<Int64>) -> Int? {
    guard let node, !node.json.isNull else { return nil }
    return number(node, in: range, orElse: 0)
  }

  mutating func list(_ node: Node?) -> [Node] {
    guard let node else { return [] }
    guard node.json.array != nil else {
      mistake(node, "a list is needed, not \(FieldReader.kind(node.json))")
      return []
    }
    return node.items
  }

  mutating func texts(_ node: Node?) -> [String] { list(node).map { name($0) } }

  mutating func elements(_ node: Node?) -> [String] { list(node).map { element($0) } }

  /// A JSON object that is data and not ours to judge; null is an empty one.
  mutating func document(_ node: Node?) -> JSON.Object {
    guard let node, !node.json.isNull else { return [:] }
    guard let object = node.json.object else {
      mistake(node, "an object of variables is needed, not \(FieldReader.kind(node.json))")
      return [:]
    }
    for (name, offset) in node.spot.repeated { mistake(at: offset, path: node.path, "\(JSON.quote(short(name))) comes twice") }
    return object
  }

  mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ node: Node, of what: String, _ type: Word.Type) -> Word? {
    let text = text(node)
    if let word = Word(rawValue: text) { return word }
    guard node.json.string != nil else { return nil }
    let known = Word.allCases.map(\.rawValue)
    mistake(
      node, "\(JSON.quote(short(text))) is no \(what)",
      hint: Suggestion.hint(for: text, among: known) ?? "allowed are \(known.joined(separator: ", "))")
    return nil
  }

  mutating func duration(_ node: Node?) -> CalendarDuration {
    guard let node else { return CalendarDuration() }
    let text = text(node)
    if let duration = CalendarDuration(iso: text) { return duration }
    if node.json.string != nil {
      mistake(node, "\(JSON.quote(short(text))) is no ISO 8601 duration up to 100 years", hint: "such as PT5M or P1DT12H")
    }
    return CalendarDuration()
  }

  mutating func instant(_ node: Node?, orElse missing: Instant) -> Instant {
    guard let node else { return missing }
    let text = text(node)
    if let instant = Instant(iso: text) { return instant }
    if node.json.string != nil { mistake(node, "\(JSON.quote(short(text))) is no ISO 8601 time", hint: "such as 2030-01-07T09:00:00Z") }
    return missing
  }

  mutating func status(_ node: Node?) -> StatusCode? {
    guard let node, !node.json.isNull else { return nil }
    let text = text(node)
    if let code = StatusCode.allCases.first(where: { $0.name == text }) { return code }
    let known = StatusCode.allCases.map(\.name)
    if node.json.string != nil {
      mistake(
        node, "\(JSON.quote(short(text))) is no status code",
        hint: Suggestion.hint(for: text, among: known) ?? "gRPC's names: \(known.joined(separator: ", "))")
    }
    return nil
  }

  private func short(_ text: String) -> String { FieldReader.short(text) }

  static func short(_ text: String) -> String { text.count > 80 ? text.prefix(80) + "…" : text }

  static func kind(_ json: JSON) -> String {
    switch json {
    case .null: "null"
    case .bool: "true or false"
    case .int, .double, .decimal: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
