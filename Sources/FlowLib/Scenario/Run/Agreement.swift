import FlowCore

extension JSON {
  /// Equal as data: objects in any order, numbers by value whatever they are written as.
  func agrees(with other: JSON) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.agrees(with: $1) }
    case (.object(let a), .object(let b)): a.count == b.count && b.holds(a)
    case (.int(let a), .int(let b)): a == b
    case (.int, _), (.double, _), (.decimal, _): double.flatMap { a in other.double.map { a == $0 } } ?? false
    case (.null, _), (.bool, _), (.string, _), (.array, _), (.object, _): false
    }
  }

  private var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    case .decimal(let text): Double(text)
    case .null, .bool, .string, .array, .object: nil
    }
  }
}

extension JSON.Object {
  /// Has all these members with values that agree, and may have more.
  func holds(_ wanted: JSON.Object) -> Bool {
    guard wanted.count > 16 else { return wanted.members.allSatisfy { name, value in self[name]?.agrees(with: value) ?? false } }
    let own = table
    return wanted.members.allSatisfy { name, value in own[name]?.agrees(with: value) ?? false }
  }

  /// For many looks: the subscript searches.
  var table: [String: JSON] { Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) }
}
