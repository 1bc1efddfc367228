import FlowCore

/// A key of a partition's counter: partition number in the top 13 bits (as Zeebe), counter below. Never reused.
package struct Key: Sendable, Hashable, Comparable {
  package let raw: UInt64

  package init(raw: UInt64) { self.raw = raw }

  package static func < (left: Key, right: Key) -> Bool { left.raw < right.raw }

  package static let counterBits: UInt64 = 51

  package static func first(partition: UInt64) -> Key { Key(raw: partition << counterBits | 1) }

  package var next: Key { Key(raw: raw &+ 1) }
}

/// The name of one run: `flow-` and 32 hex digits, the first half its key, the second half entropy.
package struct InstanceID: Sendable, Hashable {
  package let key: Key
  package let entropy: UInt64

  package init(key: Key, entropy: UInt64) {
    self.key = key
    self.entropy = entropy
  }

  /// Reads the text form; nil when it is not an instance id.
  package init?(_ text: String) {
    let digits = text.utf8.dropFirst(5)
    guard text.hasPrefix("flow-"), digits.count == 32,
      let middle = digits.index(digits.startIndex, offsetBy: 16, limitedBy: digits.endIndex),
      let key = UInt64(Substring(digits[..<middle]), radix: 16), let entropy = UInt64(Substring(digits[middle...]), radix: 16)
    else { return nil }
    self.init(key: Key(raw: key), entropy: entropy)
  }

  package var text: String { "flow-" + InstanceID.hex(key.raw) + InstanceID.hex(entropy) }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

/// The number of a flow node in its deployment's element table.
package struct ElementIndex: Sendable, Hashable, Comparable {
  package let raw: Int

  package init(_ raw: Int) { self.raw = raw }

  package static func < (left: ElementIndex, right: ElementIndex) -> Bool { left.raw < right.raw }
}

/// The number of a sequence flow in its deployment's element table.
package struct FlowIndex: Sendable, Hashable, Comparable {
  package let raw: Int

  package init(_ raw: Int) { self.raw = raw }

  package static func < (left: FlowIndex, right: FlowIndex) -> Bool { left.raw < right.raw }
}

/// One activation of a flow node within its instance. 0 is the process itself, the outermost scope.
package struct ActivityID: Sendable, Hashable, Comparable {
  package let raw: UInt64

  package init(_ raw: UInt64) { self.raw = raw }

  package static let process = ActivityID(0)

  package static func < (left: ActivityID, right: ActivityID) -> Bool { left.raw < right.raw }
}
