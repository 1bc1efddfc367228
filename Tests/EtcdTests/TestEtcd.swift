import FlowCore
import FlowEtcd
import FlowStorage
import Foundation
import Synchronization

/// An etcd of the tests' own, started by scripts/etcd; ends with this object, or with this process.
final class TestEtcd: @unchecked Sendable {
  // Safety: all is set in init; Process and Pipe are only used there and in stop.
  let url: String
  let endpoints: [String]
  /// Process ids of the members, in the order of the endpoints.
  let members: [pid_t]
  private let process = Process()
  private let input = Pipe()

  struct NotStarted: Error, CustomStringConvertible {
    let description: String
  }

  /// For all tests that need no etcd of their own; each has a root of its own.
  static let shared = Result { try TestEtcd() }

  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// - Parameter folder: data that is there before and afterwards, on the same ports each time.
  init(members count: Int = 1, flags: [String] = [], folder: String? = nil) throws {
    let output = Pipe()
    process.executableURL = Self.repository.appendingPathComponent("scripts/etcd")
    process.arguments = ["--with-stdin", "--members", "\(count)"] + (folder.map { ["--data-dir", $0] } ?? []) + ["--"] + flags
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    var text = ""
    while text.split(separator: "\n").count < count + 1 || !text.hasSuffix("\n") {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw NotStarted(description: "etcd did not start; its message is above. scripts/setup installs it") }
      text += String(decoding: bytes, as: UTF8.self)
    }
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    url = lines[0][0]
    endpoints = lines.dropFirst().map { $0[3] }
    members = lines.dropFirst().compactMap { pid_t($0[2]) }
  }

  deinit { stop() }

  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func configuration(attemptMs: Int64 = 3_000) -> EtcdConfiguration {
    var configuration = EtcdConfiguration(endpoints: endpoints)
    configuration.attemptMs = attemptMs
    return configuration
  }

  func client() throws -> EtcdClient { try EtcdClient(configuration()) }

  /// Stores below one fresh root, one after the other.
  func opener(_ change: (inout EtcdStoreOptions) -> Void = { _ in }) -> () throws -> any Store {
    let options = Self.options(change)
    return { [self] in try EtcdStore(configuration(), options) }
  }

  static func options(_ change: (inout EtcdStoreOptions) -> Void = { _ in }) -> EtcdStoreOptions {
    var options = EtcdStoreOptions()
    options.root = "/test-" + UUID().uuidString
    options.maintains = false
    options.timeoutMs = 20_000
    change(&options)
    return options
  }
}

/// A condition that others bring about, waited for with a deadline.
func eventually(_ seconds: Int = 20, _ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    if try condition() { return true }
    sched_yield()
  }
  return false
}
