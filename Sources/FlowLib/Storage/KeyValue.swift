import FlowCore

/// One entry of the key-value part. Keys are ordered by their UTF-8 bytes.
package struct KVEntry: Sendable, Equatable {
  package var key: String
  package var value: [UInt8]
  /// The commit that wrote this value.
  package var revision: Revision

  package init(key: String, value: [UInt8], revision: Revision) {
    self.key = key
    self.value = value
    self.revision = revision
  }
}

/// Entries in order of their keys, as they all were at `revision`.
package struct KVPage: Sendable, Equatable {
  package var entries: [KVEntry]
  /// The part's revision when it was read: watch from here to go on without a gap.
  package var revision: Revision
  /// More entries follow the last one.
  package var more: Bool

  package init(entries: [KVEntry], revision: Revision, more: Bool) {
    self.entries = entries
    self.revision = revision
    self.more = more
  }
}

/// What must hold for a transaction to be done.
package enum KVCompare: Sendable, Equatable {
  case absent(String)
  case exists(String)
  /// The key's value was written by this commit and not touched since.
  case unchanged(String, since: Revision)
}

/// All or nothing: when every compare holds, all puts and deletes become one revision.
package struct KVTransaction: Sendable, Equatable {
  package var compares: [KVCompare]
  package var puts: [(key: String, value: [UInt8])]
  package var deletes: [String]

  package init(compares: [KVCompare] = [], puts: [(key: String, value: [UInt8])] = [], deletes: [String] = []) {
    self.compares = compares
    self.puts = puts
    self.deletes = deletes
  }

  package static func == (left: KVTransaction, right: KVTransaction) -> Bool {
    left.compares == right.compares && left.deletes == right.deletes && left.puts.count == right.puts.count
      && zip(left.puts, right.puts).allSatisfy { $0.key == $1.key && $0.value == $1.value }
  }
}

package enum KVOutcome: Sendable, Equatable {
  case committed(Revision)
  /// Nothing was written: this compare did not hold.
  case conflict(KVCompare)
}

/// What one commit did to the keys of a watch; `value` is nil for a delete.
package struct KVChange: Sendable, Equatable {
  package var key: String
  package var value: [UInt8]?

  package init(key: String, value: [UInt8]?) {
    self.key = key
    self.value = value
  }
}

extension KVTransaction {
  package func check() throws(StoreError) {
    let operations = compares.count + puts.count + deletes.count
    guard operations <= Limits.kvOperations else {
      throw .tooLarge("a transaction of \(operations) operations", limit: Limits.kvOperations)
    }
    var bytes = 0
    var seen: Set<[UInt8]> = []
    for key in puts.map(\.key) + deletes {
      try KVTransaction.check(key: key)
      bytes += key.utf8.count
      guard seen.insert(Array(key.utf8)).inserted else { throw .invalid("key \(key) comes twice in one transaction") }
    }
    bytes += puts.reduce(0) { $0 + $1.value.count }
    guard bytes <= Limits.kvBytes else { throw .tooLarge("a transaction of \(bytes) bytes", limit: Limits.kvBytes) }
  }

  private static func check(key: String) throws(StoreError) {
    guard !key.isEmpty, key.utf8.count <= Limits.kvKeyBytes else {
      throw .tooLarge("a key of \(key.utf8.count) bytes", limit: Limits.kvKeyBytes)
    }
  }
}

extension String {
  /// The order of the key-value part; `<` on String would compare by Unicode rules, which no store does.
  package func precedesAsKey(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
