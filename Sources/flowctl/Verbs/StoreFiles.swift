import FlowCommandLine

/// Store files without flowd: what `store` needs of the storage adapters and the engine's replay.
enum StoreFiles {
  /// Opens a backup, replays it and hashes the state, as flowd does for the last chunk.
  static func stateHash(ofBackup path: String) throws(Failure) -> String { throw missing("verify \(path)") }

  static func stateHash(ofDirectory path: String) throws(Failure) -> String { throw missing("hash \(path)") }

  /// Makes a store from a backup in a directory that holds none.
  static func restore(_ path: String, to directory: String, _ context: Context) throws(Failure) -> Int32 {
    throw missing("restore \(path)")
  }

  private static func missing(_ what: String) -> Failure {
    Failure(ExitCode.negative, "can not \(what)", why: "this build has no store in flowctl")
  }
}
