import FlowCore
import FlowStorage
import Glibc

/// What is looked at before a store on etcd is used: whose data it is, which format, and whether it is older than what was seen.
struct EtcdOpening {
  static let format = 1
  private static let title = "rexflow store "

  let client: EtcdClient
  let layout: EtcdLayout
  let options: EtcdStoreOptions

  /// - Returns: what this machine remembers from now on.
  func run() throws(StoreError) -> EtcdMemory {
    let remembered = try EtcdMemory.read(options.memoryPath)
    let (found, problem) = try look(remembered)
    if let problem { throw problem }
    return found
  }

  private func look(_ remembered: EtcdMemory?) throws(StoreError) -> (EtcdMemory, StoreError?) {
    do throws(EtcdError) {
      // Waits for a member that has a leader, so that what follows is answered soon.
      let revision = try client.revision()
      let status = try client.status()
      warn(status)
      var found = EtcdMemory(path: options.memoryPath, cluster: status.clusterID, identity: [], revision: revision)
      switch try identify() {
      case .success(let identity): found.identity = identity
      case .failure(let problem): return (found, problem)
      }
      return (found, check(found, against: remembered))
    } catch {
      throw StoreError(error)
    }
  }

  private func warn(_ status: EtcdMemberStatus) {
    for bug in EtcdVersion.bugs(of: status.version) {
      options.log.warning(
        "this version of etcd has a known bug that can lose data",
        ["etcd.version": status.version, "bug": bug.issue, "what": bug.what, "try": "use \(bug.fixed) or newer"])
    }
  }

  /// Reads the format key, or makes it when nothing of anybody is there.
  private func identify() throws(EtcdError) -> Result<[UInt8], StoreError> {
    if try client.get(layout.value(StoreMigration.markerKey)) != nil {
      guard options.clearsUnfinished else { return .failure(StoreMigration.unfinished("etcd below '\(layout.root)'")) }
      try client.delete(layout.everything, layout.everything.afterPrefix)
    }
    for _ in 0..<8 {
      if let entry = try client.get(layout.format) { return parse(entry.value) }
      guard !options.readsOnly else { return .failure(.unavailable("etcd holds no store below '\(layout.root)'")) }
      if let foreign = try foreignKey() { return .failure(EtcdOpening.foreign(foreign, root: layout.root)) }
      var generator = SystemRandomNumberGenerator()
      let identity = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let text = "\(EtcdOpening.title)\(EtcdOpening.format)\n\(RecordKey(identity))\n"
      do throws(EtcdError) {
        let outcome = try client.txn([.modRevision(layout.format, 0)], then: [.put(layout.format, Array(text.utf8))])
        if outcome.succeeded { return .success(Array(RecordKey(identity).description.utf8)) }
      } catch .outcomeUnknown {
        // Read in the next round.
        continue
      }
    }
    throw .unreachable("the format of the store could not be written")
  }

  private func parse(_ value: [UInt8]) -> Result<[UInt8], StoreError> {
    let lines = String(decoding: value, as: UTF8.self).split(separator: "\n")
    guard let first = lines.first, first.hasPrefix(EtcdOpening.title), let number = Int(first.dropFirst(EtcdOpening.title.count)) else {
      return .failure(EtcdOpening.foreign("format", root: layout.root))
    }
    guard number <= EtcdOpening.format else { return .failure(.tooNew(found: number, supported: EtcdOpening.format)) }
    guard lines.count > 1 else { return .failure(.corrupt("the store's identity is missing in etcd")) }
    return .success(Array(lines[1].utf8))
  }

  /// A key below the root that is not of elections, which may begin before the store is made.
  private func foreignKey() throws(EtcdError) -> String? {
    let (all, cluster) = (layout.everything, layout.cluster)
    let before = try client.range(all, cluster, limit: 1, keysOnly: true).entries
    let behind = try client.range(cluster.afterPrefix, all.afterPrefix, limit: 1, keysOnly: true).entries
    return (before + behind).first.map { String(decoding: $0.key, as: UTF8.self) }
  }

  private static func foreign(_ key: String, root: String) -> StoreError {
    .unavailable(
      "etcd holds data of another program below '\(root)' (\(key)); use a root of your own with REXFLOW_ROOT_PREFIX, or move that data away"
    )
  }

  /// What a store that is open says of it: nobody may go on from what was there before it answered.
  static func wentBack(from seen: Int64, to revision: Int64) -> String {
    "etcd went back from revision \(seen) to \(revision): an older backup was restored under us; stop all flowd, and restore a newer one"
  }

  private func check(_ found: EtcdMemory, against remembered: EtcdMemory?) -> StoreError? {
    guard let remembered, !options.acceptsOlder else { return nil }
    let path = options.memoryPath ?? ""
    if remembered.identity != found.identity {
      return .corrupt("etcd holds another store than this node used before; remove \(path) if that is meant")
    }
    guard found.revision < remembered.revision else { return nil }
    return .corrupt(
      "etcd is at revision \(found.revision) but was at \(remembered.revision): an older backup was restored, and what came after it is "
        + "lost; restore a newer one, or remove \(path) to go on with what is there")
  }
}

/// What this machine remembers of an etcd, in a small file.
struct EtcdMemory: Sendable, Equatable {
  var path: String?
  var cluster: UInt64
  var identity: [UInt8]
  var revision: Int64

  init(path: String?, cluster: UInt64, identity: [UInt8], revision: Int64) {
    self.path = path
    self.cluster = cluster
    self.identity = identity
    self.revision = revision
  }

  private static let maxBytes = 4096

  /// Nil when there is no such file yet. One that does not have the form says nothing either.
  static func read(_ path: String?) throws(StoreError) -> EtcdMemory? {
    guard let path else { return nil }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      guard errno == ENOENT else { throw .unavailable("open \(path): \(String(cString: strerror(errno)))") }
      return nil
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: maxBytes)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw .unavailable("read \(path): \(String(cString: strerror(errno)))") }
    let words = String(decoding: bytes[..<count], as: UTF8.self).split { $0 == " " || $0 == "\n" }
    guard words.count == 3, let cluster = UInt64(words[0], radix: 16), let revision = Int64(words[2]) else { return nil }
    return EtcdMemory(path: path, cluster: cluster, identity: Array(words[1].utf8), revision: revision)
  }

  /// Replaces the file; a crash leaves the old or the new one. Failing is no reason to stop: only a check is weaker then.
  func write() -> Bool {
    guard let path else { return true }
    let text = "\(String(cluster, radix: 16)) \(String(decoding: identity, as: UTF8.self)) \(revision)\n"
    let fresh = path + ".new"
    let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    let bytes = Array(text.utf8)
    let written = Glibc.write(file, bytes, bytes.count)
    close(file)
    return written == bytes.count && rename(fresh, path) == 0
  }
}
