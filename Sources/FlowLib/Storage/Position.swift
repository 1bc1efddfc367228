/// A partition's number: cluster-wide, given once, never reused; 13 bits, because it is the top of every instance key.
package struct PartitionID: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let raw: UInt16

  package init(_ raw: UInt16) { self.raw = raw }

  package static func < (left: PartitionID, right: PartitionID) -> Bool { left.raw < right.raw }
  package var description: String { String(raw) }
}

/// A place in a partition's journal: the number of its batch, the first is 1; 0 is the place before it.
package struct Position: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let raw: UInt64

  package init(_ raw: UInt64) { self.raw = raw }

  package static let start = Position(0)
  package var next: Position { Position(raw &+ 1) }
  package static func < (left: Position, right: Position) -> Bool { left.raw < right.raw }
  package var description: String { String(raw) }
}

/// The fencing token of a partition's owner; a higher one shuts out all lower ones for good.
package struct Epoch: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let raw: UInt64

  package init(_ raw: UInt64) { self.raw = raw }

  package static let none = Epoch(0)
  package var next: Epoch { Epoch(raw &+ 1) }
  package static func < (left: Epoch, right: Epoch) -> Bool { left.raw < right.raw }
  package var description: String { String(raw) }
}

/// The number of a commit to the key-value part: rising, with gaps where a store counts other things too; 0 is before the first.
package struct Revision: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let raw: UInt64

  package init(_ raw: UInt64) { self.raw = raw }

  package static let none = Revision(0)
  package var next: Revision { Revision(raw &+ 1) }
  package static func < (left: Revision, right: Revision) -> Bool { left.raw < right.raw }
  package var description: String { String(raw) }
}
