/// FEEL's context: named values in the order in which they were written. A name occurs once.
package struct Context: Sendable {
  package private(set) var names: [String]
  package private(set) var values: [Value]
  package private(set) var depth: Int
  private(set) var weight: Int
  /// Kept from 16 entries on, so that large contexts are not searched one by one.
  private var index: [String: Int]

  package init() {
    names = []
    values = []
    depth = 1
    weight = 2
    index = [:]
  }

  package init(_ name: String, _ value: Value) {
    names = [name]
    values = [value]
    depth = value.depth + 1
    weight = Weight.sum(name.utf8.count + 2, value.weight)
    index = [:]
  }

  package var count: Int { names.count }

  private func position(_ name: String) -> Int? {
    names.count < 16 ? names.firstIndex(of: name) : index[name]
  }

  package subscript(name: String) -> Value? { position(name).map { values[$0] } }

  /// Replaces in place, or appends.
  package mutating func set(_ name: String, _ value: Value) {
    depth = max(depth, value.depth + 1)
    // What is replaced stays counted: too much at most.
    weight = Weight.sum(weight, Weight.sum(name.utf8.count + 2, value.weight))
    if let at = position(name) {
      values[at] = value
      return
    }
    names.append(name)
    values.append(value)
    if names.count == 16 {
      for (at, known) in names.enumerated() { index[known] = at }
    } else if names.count > 16 {
      index[name] = names.count - 1
    }
  }
}
