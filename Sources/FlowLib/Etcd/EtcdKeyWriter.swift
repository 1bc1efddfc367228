import FlowCore
import FlowStorage

/// What lies below a root of etcd.
package enum EtcdHolding: Sendable, Equatable {
  case nothing
  /// A store of ours, or one that is being made; its root.
  case store(root: String)
  /// Keys of somebody else; the first of them.
  case keys(String)
}

/// Writes plain keys below a root of etcd where no store of ours lives. Written again they are the same, so that what had no answer is
/// written again.
package final class EtcdKeyWriter {
  private static let attempts = 3
  /// What a key, its lengths and its place in the request take beside its bytes.
  private static let entryBytes = 32

  private let client: EtcdClient
  private let root: String
  private let layout: EtcdLayout
  private var waiting: [EtcdOperation] = []
  private var bytes = 0
  /// Keys whose values etcd found too large; they are not there.
  package private(set) var tooLarge: [String] = []

  /// - Parameter root: `/rexflow`; without a slash at its end.
  package init(_ configuration: EtcdConfiguration, root: String) throws(EtcdError) {
    client = try EtcdClient(configuration)
    self.root = root
    layout = EtcdLayout(root: root)
  }

  package func close() { client.close() }

  /// - Parameter prefixes: what is going to be written; a store must not live there either.
  package func holding(for prefixes: [String]) throws(EtcdError) -> EtcdHolding {
    for other in EtcdKeyWriter.roots(above: root) + prefixes where try isStore(EtcdLayout(root: other)) {
      return .store(root: EtcdLayout(root: other).root)
    }
    // A flowd that is about to make its store stands for election first.
    let cluster = try client.range(layout.elections, layout.elections.afterPrefix, limit: 1, keysOnly: true)
    if !cluster.entries.isEmpty { return .store(root: layout.root) }
    let first = try client.range(layout.everything, layout.everything.afterPrefix, limit: 1, keysOnly: true).entries.first
    return first.map { .keys(String(decoding: $0.key, as: UTF8.self)) } ?? .nothing
  }

  private func isStore(_ layout: EtcdLayout) throws(EtcdError) -> Bool {
    let found = try client.get([layout.format, layout.value(StoreMigration.markerKey)]).entries
    return found.contains { $0 != nil }
  }

  /// `/a/b`, `/a`, and the root of everything.
  private static func roots(above root: String) -> [String] {
    let words = root.split(separator: "/")
    return (0...words.count).reversed().map { words[..<$0].map { "/" + $0 }.joined() }
  }

  package func clear(_ prefixes: [String]) throws(EtcdError) {
    for prefix in prefixes {
      let key = Array(prefix.utf8)
      try client.delete(key, key.afterPrefix)
    }
  }

  /// Keys that belong together are written together, as far as one request takes them.
  package func put(_ entries: [(key: String, value: [UInt8])]) throws(EtcdError) {
    let size = entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.count + EtcdKeyWriter.entryBytes }
    if bytes + size > Limits.kvBytes || waiting.count + entries.count > Limits.kvOperations { try flush() }
    for entry in entries {
      waiting.append(.put(Array(entry.key.utf8), entry.value))
      bytes += entry.key.utf8.count + entry.value.count + EtcdKeyWriter.entryBytes
      if bytes > Limits.kvBytes { try flush() }
    }
  }

  package func flush() throws(EtcdError) {
    let operations = waiting
    (waiting, bytes) = ([], 0)
    guard !operations.isEmpty else { return }
    do throws(EtcdError) {
      try write(operations)
    } catch .tooLarge(let why) {
      // Each alone: a value may be more than this etcd takes at all.
      guard operations.count == 1 else {
        for operation in operations {
          waiting = [operation]
          try flush()
        }
        return
      }
      guard case .put(let key, _, _) = operations[0] else { throw .tooLarge(why) }
      tooLarge.append(String(decoding: key, as: UTF8.self))
    }
  }

  private func write(_ operations: [EtcdOperation]) throws(EtcdError) {
    var attempt = 1
    while true {
      do throws(EtcdError) {
        let outcome = try client.txn([.modRevision(layout.format, 0)], then: operations)
        guard outcome.succeeded else {
          throw EtcdError.refused(
            Status(.failedPrecondition, "a store of flowd was made below '\(layout.root)' meanwhile", hint: "choose another root"))
        }
        return
      } catch .outcomeUnknown(let why) {
        guard attempt < EtcdKeyWriter.attempts else { throw .outcomeUnknown(why) }
        attempt += 1
      }
    }
  }
}
