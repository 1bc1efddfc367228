import FlowCore
import FlowEtcd
import FlowStorage
import Foundation
import Testing

@Suite("plain keys in etcd", .serialized)
struct EtcdKeyWriterTests {
  private let etcd: TestEtcd
  private let root = "/plain-" + UUID().uuidString

  init() throws { etcd = try TestEtcd.shared.get() }

  private func writer(_ root: String) throws -> EtcdKeyWriter { try EtcdKeyWriter(etcd.configuration(), root: root) }

  private func keys(_ prefix: String) throws -> [String] {
    let client = try etcd.client()
    defer { client.close() }
    return try client.range(Array((prefix + "/").utf8), Array((prefix + "0").utf8), limit: 10_000, keysOnly: true).entries
      .map { String(decoding: $0.key, as: UTF8.self) }
  }

  @Test("many keys are written in their order of few requests, and cleared by prefix")
  func puts() throws {
    let writer = try writer(root)
    defer { writer.close() }
    #expect(try writer.holding(for: [root + "/a/"]) == .nothing)

    for number in 1000..<1400 { try writer.put([("\(root)/a/\(number)", Array(repeating: 7, count: 9_000)), ("\(root)/b/\(number)", [])]) }
    try writer.flush()

    #expect(try keys(root).count == 800)
    #expect(try writer.holding(for: [root + "/a/"]) == .keys("\(root)/a/1000"))
    try writer.clear([root + "/a/"])
    #expect(try keys(root).count == 400)
  }

  @Test("a value that etcd does not take is left out and named, the others are there")
  func tooLarge() throws {
    let writer = try writer(root)
    defer { writer.close() }

    try writer.put([("\(root)/a", [1]), ("\(root)/b", Array(repeating: 7, count: 2 << 20)), ("\(root)/c", [3])])
    try writer.flush()

    #expect(writer.tooLarge == ["\(root)/b"])
    #expect(try keys(root) == ["\(root)/a", "\(root)/c"])
  }

  @Test("a store of ours is seen at the root, above it, and where the keys would go (row A99)")
  func stores() throws {
    let store = try EtcdStore(etcd.configuration(), TestEtcd.options { $0.root = root })
    defer { store.close() }
    let found = EtcdHolding.store(root: root + "/")

    for below in ["", "/x", "/x/y"] {
      let writer = try writer(root + below)
      defer { writer.close() }
      #expect(try writer.holding(for: []) == found)
    }
    let above = try writer("/")
    defer { above.close() }
    #expect(try above.holding(for: [root]) == found)
    let beside = try writer(root + "-beside")
    defer { beside.close() }
    #expect(try beside.holding(for: []) == .nothing)
  }

  @Test("nothing is written where a store was made meanwhile")
  func race() throws {
    let writer = try writer(root)
    defer { writer.close() }
    #expect(try writer.holding(for: []) == .nothing)
    let store = try EtcdStore(etcd.configuration(), TestEtcd.options { $0.root = root })
    store.close()

    try writer.put([("\(root)/instances/a", [1])])

    #expect(throws: EtcdError.self) { try writer.flush() }
    #expect(try keys(root) == ["\(root)/format"])
  }
}
