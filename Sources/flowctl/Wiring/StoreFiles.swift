import FlowCommandLine
import FlowCore
import FlowRuntime
import FlowSQLite
import FlowServer
import FlowStorage
import FlowView
import Glibc

/// Store files without flowd: what `store` needs of the storage adapters and the engine's replay.
enum StoreFiles {
  /// Makes a store of the backup in a temporary folder, replays it and hashes its state.
  static func stateHash(ofBackup path: String) throws(Failure) -> String {
    try withDirectory(ofBackup: path) { directory throws(Failure) in try stateHash(ofDirectory: directory) }
  }

  /// Makes a data directory of the backup that is gone afterwards.
  static func withDirectory<Value>(ofBackup path: String, _ body: (String) throws(Failure) -> Value) throws(Failure) -> Value {
    try needs(path)
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let directory = folder + "/data"
    try store(doing: "read \(path)") { () throws(StoreError) in try SQLiteStore.restore(path, to: directory) }
    return try body(directory)
  }

  static func stateHash(ofDirectory path: String) throws(Failure) -> String {
    guard access(path + "/journal.db", F_OK) == 0 else {
      throw Failure(ExitCode.notFound, "\(path) holds no store", hint: "--data-dir names flowd's data directory")
    }
    return try store(doing: "read the store in \(path)") { () throws(StoreError) in
      let store = try SQLiteStore(path, reserveBytes: 0)
      defer { store.close() }
      let image = try Server.image(of: store)
      if let replayed = image.replayedHash, replayed != image.recoveredHash {
        throw StoreError.corrupt("records and journal differ: recovery gives \(image.recoveredHash), the journal alone \(replayed)")
      }
      return image.recoveredHash
    }
  }

  /// Makes a store from a backup in a directory that holds none.
  static func restore(_ path: String, to directory: String, _ context: Context) throws(Failure) -> Int32 {
    try needs(path)
    guard try store(doing: "restore into \(directory)", { () throws(StoreError) in try SQLiteStore.takesRestore(directory) }) else {
      throw Failure(ExitCode.conflict, "\(directory) is not empty", hint: "a directory that is empty or not there")
    }
    var hasView = false
    try store(doing: "restore \(path)") { () throws(StoreError) in
      try SQLiteStore.restore(
        path, to: directory,
        and: { () throws(StoreError) in hasView = try View.restore(fromBackup: path, to: directory + "/" + View.fileName) })
    }
    let hash = try stateHash(ofDirectory: directory)
    let missing = hasView ? "" : "; finished instances are not in this backup: `ps` shows those that live"
    context.note("\(directory): restored, state hash \(hash)\(missing)")
    return ExitCode.ok
  }

  static func store<Value>(doing what: String, _ body: () throws(StoreError) -> Value) throws(Failure) -> Value {
    do throws(StoreError) { return try body() } catch {
      throw Failure(exitCode(of: error), "can not \(what)", why: error.description)
    }
  }

  private static func exitCode(of error: StoreError) -> Int32 {
    switch error {
    case .locked, .tooNew: ExitCode.conflict
    case .corrupt: ExitCode.invalidDocument
    case .fenced, .full, .io, .tooLarge, .trimmed, .compacted, .invalid, .closed, .unavailable, .unknown: ExitCode.negative
    }
  }

  /// A file that is to be read is there.
  private static func needs(_ path: String) throws(Failure) {
    guard access(path, R_OK) != 0 else { return }
    let code = errno
    throw Failure(FileProblem(path, errno: code), exitCode: code == ENOENT ? ExitCode.notFound : ExitCode.negative)
  }
}

/// A folder of this process alone, gone afterwards.
enum TemporaryFolder {
  static func make() throws(Failure) -> String {
    var template = Array("/tmp/flowctl-store-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(ExitCode.negative, "no temporary folder", why: String(cString: strerror(errno)))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func remove(_ path: String) {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name != ".", name != ".." else { continue }
      if entry.pointee.d_type == UInt8(DT_DIR) { remove(path + "/" + name) } else { unlink(path + "/" + name) }
    }
    closedir(folder)
    rmdir(path)
  }
}
