import FlowCore

/// A key of a partition's counter: partition number in the top 13 bits (as Zeebe), counter below. Never reused.
package struct Key: Sendable, Hashable, Comparable {
  package let raw: UInt64

  package init(raw: UInt64) { self.raw = raw }

  package static func < (left: Key, right: Key) -> Bool { left.raw < right.raw }

  /// Keys are counted here and chosen by nobody, so that a multiplication spreads them well enough, at a tenth of the cost of the
  /// standard library's hash.
  package func _rawHashValue(seed: Int) -> Int {
    let spread = (raw ^ UInt64(bitPattern: Int64(seed))) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: spread ^ spread >> 32)
  }

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

  package var text: String {
    String(unsafeUninitializedCapacity: 37) { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      for (index, byte) in "flow-".utf8.enumerated() { start[index] = byte }
      InstanceID.write(key.raw, to: start + 5)
      InstanceID.write(entropy, to: start + 21)
      return 37
    }
  }

  private static func write(_ value: UInt64, to out: UnsafeMutablePointer<UInt8>) {
    for index in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 15
      out[index] = digit < 10 ? digit + 48 : digit + 87
    }
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
