import FlowBPMN
import FlowBPMNRead
import FlowCore
import FlowCrypto
import FlowEngine
import FlowStorage
import Synchronization

/// The models of deployments in the store's key-value part: file and element table as blobs, named by an entry per deployment.
final class ModelStore: Sendable {
  let store: any Store
  /// Models of deployments that were deleted, with the position of the deletion: replay from an older mark still compiles them.
  private let retired = Mutex<[String: Position]>([:])

  init(store: any Store) { self.store = store }

  /// The deployment was deleted at this position.
  func retire(_ id: String, at position: Position) { retired.withLock { $0[id] = position } }

  /// Removes the models of deployments that were deleted at or below the mark; returns their ids.
  func sweep(mark: Position) throws(StoreError) -> [String] {
    let due = retired.withLock { retired in retired.filter { $0.value <= mark }.keys.sorted() }
    for id in due {
      // Applied again meanwhile, it is not retired any more.
      guard retired.withLock({ $0.removeValue(forKey: id) }) != nil else { continue }
      try remove(id: id)
    }
    return due
  }

  private static func key(_ deploymentID: String) -> String { "deployments/\(deploymentID)/model" }

  /// Writes a process's model before the deployment that names it is journaled. A file with several is kept once.
  func save(_ model: PreparedModel, _ process: Process, id: String) throws(StoreError) {
    _ = retired.withLock { $0.removeValue(forKey: id) }
    let file = try store.putBlob(model.bytes)
    let table = try store.putBlob(ElementTable(of: process).json.bytes)
    let entry: JSON = ["file": .string(file.description), "elements": .string(table.description)]
    _ = try store.commit(KVTransaction(puts: [(ModelStore.key(id), entry.bytes)]))
  }

  /// Ids of all deployments that have a model here.
  func all() throws(StoreError) -> [String] {
    var ids: [String] = []
    var from = "deployments/"
    while true {
      let page = try store.range(from: from, to: "deployments/".keyAfterPrefix, limit: Limits.pageRows)
      ids += page.entries.map { String($0.key.dropFirst("deployments/".count).dropLast("/model".count)) }
      guard page.more, let last = page.entries.last else { return ids }
      from = last.key + "\u{0}"
    }
  }

  func remove(id: String) throws(StoreError) {
    _ = try store.commit(KVTransaction(deletes: [ModelStore.key(id)]), urgency: .owed)
  }

  /// The file as it was applied.
  func file(id: String) throws(StoreError) -> [UInt8]? {
    guard let entry = try entry(id) else { return nil }
    return try blob(entry, "file", id)
  }

  /// Compiles a deployment again, with the numbers that were written at apply.
  func load(_ deployment: Deployment) throws(StoreError) -> ExecutableProcess {
    guard let entry = try entry(deployment.id) else { throw .corrupt("the model of deployment \(deployment.id) is missing") }
    let model = readDefinitions(try blob(entry, "file", deployment.id))
    let table = try elementTable(try blob(entry, "elements", deployment.id), deployment.id)
    guard let definitions = model.definitions, let process = definitions.process(of: deployment) else {
      throw .corrupt("the stored model of deployment \(deployment.id) can not be read")
    }
    let compiled = compile(process, in: definitions, table: table)
    guard let executable = compiled.process else {
      let why = compiled.findings.map(\.message).joined(separator: "; ")
      throw .corrupt("the stored model of deployment \(deployment.id) does not compile: \(why)")
    }
    return executable
  }

  private func entry(_ id: String) throws(StoreError) -> JSON? {
    guard let found = try store.get(ModelStore.key(id)) else { return nil }
    do throws(JSONError) { return try JSON(parsing: found.value) } catch { throw .corrupt("entry of deployment \(id): \(error)") }
  }

  private func blob(_ entry: JSON, _ name: String, _ id: String) throws(StoreError) -> [UInt8] {
    guard let hash = entry[name]?.string.flatMap({ Hex.bytes($0) }).flatMap({ BlobHash($0) }), let bytes = try store.blob(hash) else {
      throw .corrupt("\(name) of deployment \(id) is missing")
    }
    return bytes
  }

  private func elementTable(_ bytes: [UInt8], _ id: String) throws(StoreError) -> ElementTable {
    do { return try ElementTable(json: JSON(parsing: bytes)) } catch { throw .corrupt("element table of deployment \(id): \(error)") }
  }
}

extension Definitions {
  /// The process that became a deployment.
  fileprivate func process(of deployment: Deployment) -> Process? { candidates.first { $0.id == deployment.processID } }
}
