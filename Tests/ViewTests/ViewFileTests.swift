import FlowCore
import FlowEngine
import FlowSQLite
import FlowStorage
import FlowView
import Foundation
import Testing

@Suite("a view's file")
struct ViewFileTests {
  private let path = NSTemporaryDirectory() + "flow-view-file-" + UUID().uuidString

  private func id(_ number: Int) -> String { "flow-" + String(format: "%032x", number) }

  private func made() throws -> View {
    let view = try View(path) { Instant(milliseconds: 10) }
    for number in [3, 1, 2] {
      let row = InstanceRow(
        id: id(number), deployment: "calc-1", created: Instant(milliseconds: 1), metadata: [MetadataPair("n", "\(number)")])
      let position = view.taken(PartitionID(1)).next
      #expect(view.apply(PartitionID(1), position, [.instanceCreated(row)]) == .taken)
    }
    _ = try view.get("", notBefore: NotBefore(PartitionID(1), Position(3), deadlineMs: 20_000))
    return view
  }

  @Test("all rows come in the order of their ids, also while the view is in use")
  func order() throws {
    defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
    let view = try made()
    let whileUsed = try #require(try ViewFile(path))
    var ids: [String] = []
    try whileUsed.eachRow { row in
      ids.append(row.id)
      return true
    }
    #expect(ids == [1, 2, 3].map(id) && whileUsed.positions == [PartitionID(1): Position(3)])
    view.close()

    var first: [InstanceRow] = []
    try #require(try ViewFile(path)).eachRow { row in
      first.append(row)
      return false
    }
    #expect(first.count == 1 && first.first?.metadata == [MetadataPair("n", "1")] && first.first?.deployment == "calc-1")
  }

  @Test("no file is none; another file, and a newer format, are refused and stay as they are")
  func others() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try ViewFile(path) == nil)
    let other = try Database(path)
    try other.execute("CREATE TABLE instance(id TEXT)")
    #expect(throws: StoreError.self) { try ViewFile(path) }
    try other.execute("PRAGMA user_version=99")
    #expect(throws: StoreError.tooNew(found: 99, supported: 1)) { try ViewFile(path) }
    #expect(try other.integer("PRAGMA user_version") == 99)
  }
}
