import FlowSQLite
import FlowStorage
import Foundation

/// A directory of its own, gone when dropped.
final class Scratch: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "flow-store-" + UUID().uuidString
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The stores that the one suite runs over.
enum Subject: String, CaseIterable, CustomStringConvertible {
  case memory, sqlite

  var description: String { rawValue }

  /// Opens the same data each time.
  func opener(_ scratch: Scratch) -> () throws -> any Store {
    switch self {
    case .memory:
      let disk = MemoryDisk()
      return { MemoryStore(disk) }
    case .sqlite: return { try SQLiteStore(scratch.path, reserveBytes: 0) }
    }
  }
}
